// Small programs of different habits: calls, loops over memory, arithmetic, indirect calls. Each takes an amount of work
// that takes some milliseconds and gives a number that depends on all of it.

/** Recursion: nothing but calls, where metering has the least to hide behind. */
const FIBONACCI = `(module (func $fib (export "run") (param $n i32) (result i32)
  (if (result i32) (i32.lt_s (local.get $n) (i32.const 2)) (then (local.get $n))
    (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1))) (call $fib (i32.sub (local.get $n) (i32.const 2))))))))`;

/** The sieve of Eratosthenes: short loops over bytes. */
const SIEVE = `(module (memory 16) (func (export "run") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $found i32)
  (memory.fill (i32.const 0) (i32.const 0) (local.get $n))
  (local.set $i (i32.const 2))
  (loop $next
    (if (i32.eqz (i32.load8_u (local.get $i))) (then
      (local.set $found (i32.add (local.get $found) (i32.const 1)))
      (local.set $j (i32.shl (local.get $i) (i32.const 1)))
      (block $done (loop $mark
        (br_if $done (i32.ge_u (local.get $j) (local.get $n)))
        (i32.store8 (local.get $j) (i32.const 1))
        (local.set $j (i32.add (local.get $j) (local.get $i)))
        (br $mark)))))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
  (local.get $found)))`;

/** FNV-1a over a megabyte: one tight loop whose every step needs the one before. */
const HASH = `(module (memory 16) (func (export "run") (param $n i32) (result i32) (local $at i32) (local $hash i32)
  (local.set $hash (i32.const 0x811c9dc5))
  (loop $next
    (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.load8_u (local.get $at))) (i32.const 0x01000193)))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $at) (local.get $n))))
  (local.get $hash)))`;

/** The product of two square matrices of doubles: nested loops, floating point. */
const MATRIX = `(module (memory 16) (func (export "run") (param $n i32) (result f64)
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
  (local.get $all)))`;

/** A table of three small functions called in turn, as an interpreter calls its operations. */
const DISPATCH = `(module (type $step (func (param i32) (result i32))) (table 3 funcref) (elem (i32.const 0) $a $b $c)
  (func $a (param i32) (result i32) (i32.add (local.get 0) (i32.const 7)))
  (func $b (param i32) (result i32) (i32.mul (local.get 0) (i32.const 31)))
  (func $c (param i32) (result i32) (i32.xor (local.get 0) (i32.const 0x5bd1e995)))
  (func (export "run") (param $n i32) (result i32) (local $value i32)
    (loop $next
      (local.set $value (call_indirect (type $step) (local.get $value) (i32.rem_u (local.get $n) (i32.const 3))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $value)))`;

export const KERNELS = {
  fibonacci: { text: FIBONACCI, amount: 24 },
  sieve: { text: SIEVE, amount: 200_000 },
  hash: { text: HASH, amount: 1_000_000 },
  matrix: { text: MATRIX, amount: 90 },
  dispatch: { text: DISPATCH, amount: 300_000 },
};
