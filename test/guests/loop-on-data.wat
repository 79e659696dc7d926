;; Attacks: whether the loop ends hangs on data that only a run can know.
;; ends: fuel-exhausted
(module
  (memory (export "memory") 1)
  (data (i32.const 64) "\01\02\03\04")
  (func (export "_start") (local $at i32)
    (loop
      (local.set $at (i32.and (i32.add (local.get $at) (i32.const 1)) (i32.const 3)))
      (i32.store8 (i32.const 128) (i32.add (i32.load8_u (i32.const 128)) (i32.load8_u offset=64 (local.get $at))))
      (br_if 0 (i32.load8_u offset=64 (local.get $at))))))
