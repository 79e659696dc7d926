;; Attacks: one operator that writes 12 MB, over and over: an operator counter sees a handful of units.
;; ends: fuel-exhausted
(module
  (memory (export "memory") 200)
  (func (export "_start")
    (loop (memory.fill (i32.const 0) (i32.const 7) (i32.const 12582912)) (br 0))))
