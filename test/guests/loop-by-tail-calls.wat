;; Attacks: mutual tail calls, in functions so short that none needs a check of its own.
;; ends: fuel-exhausted
(module
  (func $a (return_call $b))
  (func $b (return_call $a))
  (func (export "_start") (call $a)))
