;; What steers control: which arm is charged, what is free, what is never reached.
(module
  (func (export "free") (param i32)
    nop block nop end loop end i32.const 1 drop return)
  (func (export "if_else") (param i32) (result i32)
    local.get 0 if (result i32) i32.const 1 i32.const 2 i32.add else i32.const 3 end)
  (func (export "if_alone") (param i32)
    local.get 0 if i32.const 1 drop end)
  (func (export "loop") (param i32)
    loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end)
  (func (export "loop_twice") (param i32) (local i32)
    loop
      i32.const 3 local.set 1
      loop local.get 1 i32.const 1 i32.sub local.tee 1 br_if 0 end
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end)
  (func (export "loop_left") (param i32)
    block loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end)
  (func (export "table") (param i32) (result i32)
    block block block local.get 0 br_table 0 1 2 end i32.const 10 return end i32.const 20 i32.const 1 i32.add return end
    i32.const 30)
  (func (export "past_dead_code") (param i32)
    block br 0 i32.const 1 drop loop br 0 end i32.const 2 drop end i32.const 3 drop)
  (func (export "returned_early") (param i32) (result i32)
    local.get 0 if i32.const 7 return end i32.const 1 i32.const 2 i32.add)
  (func (export "select") (param i32) (result i32)
    i32.const 1 i32.const 2 local.get 0 select
    i32.const 3 i32.const 4 local.get 0 select (result i32) i32.add)
  (func (export "values") (param i32) (result i32)
    local.get 0 i32.const 5 block (param i32 i32) (result i32) i32.add end)
  (func (export "values_br") (param i32) (result i32)
    block (result i32 i32) i32.const 5 i32.const 6 local.get 0 br_if 0 i32.add i32.const 1 end i32.sub)
)
