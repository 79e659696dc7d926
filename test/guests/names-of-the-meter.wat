;; Attacks: its own exports and functions are named like the meter's, but for what is reserved.
;; ends: exited 3
(module $tollgate:fuel
  (global $tollgate:fuel (export "tollgate.fuel") (mut i64) (i64.const 9223372036854775807))
  (global (export "Tollgate:fuel") (mut i64) (i64.const 9223372036854775807))
  (func $tollgate:start (export " tollgate:start") (unreachable))
  (func (export "run") (result i32)
    (global.set $tollgate:fuel (i64.const 9223372036854775807))
    (i32.const 3)))
