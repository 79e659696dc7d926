;; Attacks: lengths of 2^32 - 1, in a loop that catches nothing and needs no memory: were a length added before it is
;; checked, and the sum kept, enough of them would take a 64-bit counter once around.
;; ends: fuel-exhausted
(module
  (memory (export "memory") 1)
  (func $fill (memory.fill (i32.const 0) (i32.const 0) (i32.const -1)))
  (tag $t)
  (func (export "_start")
    (loop $again
      (try (do (call $fill)) (catch_all))
      (br $again))))
