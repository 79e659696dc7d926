;; Attacks: memory.grow by nothing, which gives the host a new buffer each time.
;; ends: fuel-exhausted
(module
  (memory (export "memory") 1)
  (func (export "_start") (loop (drop (memory.grow (i32.const 0))) (br 0))))
