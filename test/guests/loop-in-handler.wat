;; Attacks: the loop is closed by an exception: throw, catch, branch back, with nothing but a handler between.
;; ends: fuel-exhausted
(module
  (tag $t)
  (func (export "_start")
    (loop $again
      (try (do (throw $t)) (catch $t (br $again))))))
