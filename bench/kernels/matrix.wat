;; The product of two square matrices of doubles: nested loops, floating point.
(module (memory 16) (func (export "run") (param $n i32) (result f64)
  (local $i i32) (local $j i32) (local $k i32) (local $sum f64) (local $all f64)
  (local.set $i (i32.const 0))
  (loop $cells
    (f64.store (i32.shl (local.get $i) (i32.const 3)) (f64.convert_i32_s (i32.rem_u (local.get $i) (i32.const 7))))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $cells (i32.lt_u (local.get $i) (i32.mul (local.get $n) (local.get $n)))))
  (local.set $i (i32.const 0))
  (loop $rows (local.set $j (i32.const 0))
    (loop $columns (local.set $k (i32.const 0)) (local.set $sum (f64.const 0))
      (loop $inner
        (local.set $sum (f64.add (local.get $sum) (f64.mul
          (f64.load (i32.shl (i32.add (i32.mul (local.get $i) (local.get $n)) (local.get $k)) (i32.const 3)))
          (f64.load (i32.shl (i32.add (i32.mul (local.get $k) (local.get $n)) (local.get $j)) (i32.const 3))))))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br_if $inner (i32.lt_u (local.get $k) (local.get $n))))
      (local.set $all (f64.add (local.get $all) (local.get $sum)))
      (local.set $j (i32.add (local.get $j) (i32.const 1)))
      (br_if $columns (i32.lt_u (local.get $j) (local.get $n))))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $rows (i32.lt_u (local.get $i) (local.get $n))))
  (local.get $all)))
