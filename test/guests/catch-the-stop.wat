;; Attacks: catches whatever ends it, in every frame, and starts over.
;; ends: fuel-exhausted
(module
  (func $burn (loop (br 0)))
  (func $again
    (try (do (call $burn)) (catch_all (call $again)))
    (call $again))
  (func (export "_start") (try (do (call $again)) (catch_all (call $again)))))
