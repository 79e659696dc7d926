;; Attacks: no loop is jumped back to from its own body but only from a loop inside, with a block between or without.
;; ends: fuel-exhausted
(module
  (func (export "_start") (local $n i32)
    (loop $outer
      (block
        (loop $inner
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br $outer))))))
