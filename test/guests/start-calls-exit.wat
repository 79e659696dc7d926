;; Attacks: the host is called from the start function, when it does not have the instance yet.
;; ends: exited 5
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $s (call $exit (i32.const 5)))
  (start $s)
  (func (export "_start") unreachable))
