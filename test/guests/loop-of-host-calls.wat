;; Attacks: all the work is done in the host, which counts no operators.
;; ends: fuel-exhausted
(module
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (loop (drop (call $prestat (i32.const 3) (i32.const 0))) (br 0))))
