;; Attacks: 20 results a call, which a host would have to put into an array, in an endless loop.
;; ends: fuel-exhausted
(module
  (func $many (result i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)
    (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)
    (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0))
  (func (export "_start")
    (loop
      (call $many)
      drop drop drop drop drop drop drop drop drop drop drop drop drop drop drop drop drop drop drop drop
      (br 0))))
