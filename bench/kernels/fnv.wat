;; FNV-1a over a megabyte: one tight loop whose every step needs the one before.
(module (memory 16) (func (export "run") (param $n i32) (result i32) (local $at i32) (local $hash i32)
  (local.set $hash (i32.const 0x811c9dc5))
  (loop $next
    (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.load8_u (local.get $at))) (i32.const 0x01000193)))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $at) (local.get $n))))
  (local.get $hash)))
