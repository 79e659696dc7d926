;; Attacks: catches its own exit and goes on for ever, with fuel for minutes: what was left of the fuel must be gone.
;; ends: exited 7
;; fuel: 100000000000
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (try (do (call $exit (i32.const 7))) (catch_all))
    (loop (br 0))))
