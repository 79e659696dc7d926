;; Attacks: the only way back to each of three loops is a br_table in the innermost, or a branch that is always taken.
;; ends: fuel-exhausted
(module
  (func (export "_start") (local $n i32)
    (loop $a
      (loop $b
        (loop $c
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_if $a (i32.and (local.get $n) (i32.const 1)))
          (br_table $a $b $c (i32.and (local.get $n) (i32.const 3))))))))
