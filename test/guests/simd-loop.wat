;; Attacks: the dearest operators for the least fuel.
;; ends: fuel-exhausted
(module
  (func (export "_start") (local $v v128) (local $f f64)
    (local.set $f (f64.const 1.5))
    (loop
      (local.set $v (i8x16.popcnt (i64x2.mul (f64x2.sqrt (f64x2.div (local.get $v) (local.get $v))) (local.get $v))))
      (local.set $f (f64.sqrt (f64.div (local.get $f) (f64.const 3e-308))))
      (br 0))))
