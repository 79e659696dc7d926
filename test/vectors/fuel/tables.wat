;; Tables and references.
(module
  (table $t 8 10 funcref)
  (elem $e func $f $f $f)
  (elem declare func $f)
  (func $f)
  (func (export "get_set") (param i32) (result i32)
    i32.const 1
    ref.func $f
    table.set $t
    i32.const 1
    table.get $t
    ref.is_null)
  (func (export "size") (param i32) (result i32)
    table.size $t)
  (func (export "null") (param i32) (result i32)
    ref.null func
    ref.is_null
    ref.null extern
    ref.is_null
    i32.add)
  (func (export "fill") (param i32)
    i32.const 0
    ref.null func
    local.get 0
    table.fill $t)
  (func (export "copy") (param i32)
    i32.const 4
    i32.const 0
    local.get 0
    table.copy $t $t)
  (func (export "init") (param i32)
    i32.const 0
    i32.const 0
    i32.const 3
    table.init $t $e)
  (func (export "drop_elements") (param i32)
    elem.drop $e)
  (func (export "grow_by_2") (param i32) (result i32)
    ref.null func
    i32.const 2
    table.grow $t)
  (func (export "grow_too_far") (param i32) (result i32)
    ref.null func
    i32.const 3
    table.grow $t)
)
