;; Attacks: hands the exception of a host call that ends the run on to an outer handler, by delegate, and goes on.
;; ends: exited 7
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (block $out
      (try $outer
        (do (try (do (call $exit (i32.const 7))) (delegate $outer)))
        (catch_all (br $out))))
    (loop (call $exit (i32.const 0)) (br 0))))
