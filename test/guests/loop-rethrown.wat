;; Attacks: exceptions that are thrown again through many frames and caught at the top, for ever.
;; ends: fuel-exhausted
(module
  (tag $t)
  (func $deep (param i32)
    (if (i32.eqz (local.get 0)) (then (throw $t)))
    (try (do (call $deep (i32.sub (local.get 0) (i32.const 1)))) (catch_all (rethrow 0))))
  (func (export "_start")
    (loop $again
      (try (do (call $deep (i32.const 20))) (catch_all))
      (br $again))))
