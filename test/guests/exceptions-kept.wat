;; Attacks: exceptions with a large payload, one inside of the handler of another, so that all are alive at once.
;; ends: stack-exhausted
;; fuel: 100000000
(module
  (tag $t (param i64 i64 i64 i64 i64 i64 i64 i64))
  (func $nest
    (try
      (do (throw $t (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)))
      (catch_all (call $nest) (rethrow 0))))
  (func (export "_start") (call $nest)))
