;; Writes the inside of a JSON string that holds JSON text: " and \ get a backslash before them, and every byte
;; below 0x20 (between tokens only, in valid JSON) becomes a space.
;;
;; Memory: input block at 0, output from 65 536 on; a block of 65 536 bytes needs at most 131 072 + 16 bytes there.
(module
  (memory (export "memory") 4)
  ;; Bytes below 0x20 that became spaces since the module was made: only its change is of interest.
  (global $spaces (export "spaces") (mut i32) (i32.const 0))
  ;; length: bytes of input, a multiple of 16 is read but what is beyond is not written.
  ;; Answers the number of bytes written.
  (func (export "escape") (param $length i32) (result i32)
    (local $from i32) (local $to i32) (local $skip i32) (local $byte i32) (local $v v128)
    (local.set $to (i32.const 65536))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $length)))
        (local.set $v (v128.load (local.get $from)))
        ;; Stored before it is looked at: what is special is overwritten below.
        (v128.store (local.get $to) (local.get $v))
        (local.set $skip
          (i32.ctz
            (i32.or
              (i32.const 0x10000)
              (i8x16.bitmask
                (v128.or
                  (v128.or
                    (i8x16.eq (local.get $v) (v128.const i8x16 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34))
                    (i8x16.eq (local.get $v) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92)))
                  (i8x16.lt_u (local.get $v) (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32)))))))
        (local.set $from (i32.add (local.get $from) (local.get $skip)))
        (local.set $to (i32.add (local.get $to) (local.get $skip)))
        (br_if $next (i32.eq (local.get $skip) (i32.const 16)))
        (br_if $done (i32.ge_u (local.get $from) (local.get $length)))
        (local.set $byte (i32.load8_u (local.get $from)))
        ;; Special bytes come in runs (\" and \\): the whole run goes byte by byte.
        (loop $special
          (local.set $from (i32.add (local.get $from) (i32.const 1)))
          (if (i32.lt_u (local.get $byte) (i32.const 32))
            (then
              (i32.store8 (local.get $to) (i32.const 32))
              (local.set $to (i32.add (local.get $to) (i32.const 1)))
              (global.set $spaces (i32.add (global.get $spaces) (i32.const 1))))
            (else
              (i32.store8 (local.get $to) (i32.const 92))
              (i32.store8 offset=1 (local.get $to) (local.get $byte))
              (local.set $to (i32.add (local.get $to) (i32.const 2)))))
          (br_if $done (i32.ge_u (local.get $from) (local.get $length)))
          (local.set $byte (i32.load8_u (local.get $from)))
          (br_if $special
            (i32.or
              (i32.or (i32.eq (local.get $byte) (i32.const 92)) (i32.eq (local.get $byte) (i32.const 34)))
              (i32.lt_u (local.get $byte) (i32.const 32)))))
        (br $next)))
    ;; The last vector may reach beyond the input.
    (local.set $to (i32.sub (local.get $to) (i32.sub (local.get $from) (local.get $length))))
    (i32.sub (local.get $to) (i32.const 65536))))
