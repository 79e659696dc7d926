;; Attacks: no function loops or calls itself by name; they go round through a table, by tail calls that use no stack.
;; ends: fuel-exhausted
(module
  (type $t (func (param i32)))
  (table 3 funcref)
  (elem (i32.const 0) $a $b $c)
  (func $a (param i32) (return_call_indirect (type $t) (local.get 0) (i32.const 1)))
  (func $b (param i32) (return_call_indirect (type $t) (local.get 0) (i32.const 2)))
  (func $c (param i32) (return_call_indirect (type $t) (i32.add (local.get 0) (i32.const 1)) (i32.const 0)))
  (func (export "_start") (call $a (i32.const 0))))
