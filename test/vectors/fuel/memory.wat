;; Variables, memory accesses, bulk memory operations and growth.
(module
  (memory (export "memory") 1 3)
  (data $d "0123456789")
  (global $g (mut i64) (i64.const 5))
  (func (export "loads_stores") (param i32)
    i32.const 8
    i32.load offset=16
    drop
    i32.const 8
    i32.load8_s offset=16
    drop
    i32.const 8
    i32.load8_u offset=16
    drop
    i32.const 8
    i32.load16_s offset=16
    drop
    i32.const 8
    i32.load16_u offset=16
    drop
    i32.const 8
    i64.load offset=16
    drop
    i32.const 8
    i64.load8_s offset=16
    drop
    i32.const 8
    i64.load8_u offset=16
    drop
    i32.const 8
    i64.load16_s offset=16
    drop
    i32.const 8
    i64.load16_u offset=16
    drop
    i32.const 8
    i64.load32_s offset=16
    drop
    i32.const 8
    i64.load32_u offset=16
    drop
    i32.const 8
    f32.load offset=16
    drop
    i32.const 8
    f64.load offset=16
    drop
    i32.const 8
    i32.const 1
    i32.store offset=16
    i32.const 8
    i32.const 1
    i32.store8 offset=16
    i32.const 8
    i32.const 1
    i32.store16 offset=16
    i32.const 8
    i64.const 1
    i64.store offset=16
    i32.const 8
    i64.const 1
    i64.store8 offset=16
    i32.const 8
    i64.const 1
    i64.store16 offset=16
    i32.const 8
    i64.const 1
    i64.store32 offset=16
    i32.const 8
    f32.const 1
    f32.store offset=16
    i32.const 8
    f64.const 1
    f64.store offset=16
    memory.size
    drop)
  (func (export "variables") (param i32)
    local.get 0
    local.tee 0
    local.set 0
    global.get $g
    global.set $g)
  (func (export "fill_128") (param i32)
    i32.const 0
    i32.const 7
    i32.const 128
    memory.fill)
  (func (export "fill_129") (param i32)
    i32.const 0
    i32.const 7
    i32.const 129
    memory.fill)
  (func (export "fill_argument") (param i32)
    i32.const 0
    i32.const 7
    local.get 0
    memory.fill)
  (func (export "fill_nothing") (param i32)
    i32.const 0
    i32.const 7
    local.get 0
    memory.fill)
  (func (export "copy_argument") (param i32)
    i32.const 100
    i32.const 0
    local.get 0
    memory.copy)
  (func (export "init") (param i32)
    i32.const 0
    i32.const 2
    i32.const 5
    memory.init $d)
  (func (export "drop_data") (param i32)
    data.drop $d)
  (func (export "grow_by_2") (param i32) (result i32)
    i32.const 2
    memory.grow)
  (func (export "grow_too_far") (param i32) (result i32)
    i32.const 3
    memory.grow)
  (func (export "grow_by_nothing") (param i32) (result i32)
    local.get 0
    memory.grow)
)
