;; Attacks: the memory is grown to the cap by the start function, before the entry point touches all of it.
;; ends: exited 0
(module
  (memory (export "memory") 1)
  (func $s (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))))
  (start $s)
  (func (export "_start")
    (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 1))))
