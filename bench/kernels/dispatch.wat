;; A table of three small functions called in turn, as an interpreter calls its operations.
(module (type $step (func (param i32) (result i32))) (table 3 funcref) (elem (i32.const 0) $a $b $c)
  (func $a (param i32) (result i32) (i32.add (local.get 0) (i32.const 7)))
  (func $b (param i32) (result i32) (i32.mul (local.get 0) (i32.const 31)))
  (func $c (param i32) (result i32) (i32.xor (local.get 0) (i32.const 0x5bd1e995)))
  (func (export "run") (param $n i32) (result i32) (local $value i32)
    (loop $next
      (local.set $value (call_indirect (type $step) (local.get $value) (i32.rem_u (local.get $n) (i32.const 3))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $value)))
