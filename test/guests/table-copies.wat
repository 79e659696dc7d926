;; Attacks: table operations of many elements.
;; ends: fuel-exhausted
(module
  (table $t 50000 funcref)
  (func (export "_start")
    (loop
      (table.copy (i32.const 1) (i32.const 0) (i32.const 49999))
      (table.fill (i32.const 0) (ref.null func) (i32.const 50000))
      (br 0))))
