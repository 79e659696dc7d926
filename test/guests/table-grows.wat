;; Attacks: grows a table for as long as it goes, then goes on trying.
;; ends: fuel-exhausted
(module
  (table $t 0 externref)
  (func (export "_start")
    (loop (drop (table.grow $t (ref.null extern) (i32.const 1000))) (br 0))))
