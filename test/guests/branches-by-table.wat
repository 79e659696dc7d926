;; Attacks: a br_table of many labels in an endless loop, all to the loop itself.
;; ends: fuel-exhausted
(module
  (func (export "_start") (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_table $l $l $l $l $l $l $l $l $l $l $l $l $l $l $l $l (local.get $i)))))
