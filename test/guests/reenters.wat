;; Attacks: calls its own exported entry point again and again, which is a host's way in.
;; ends: stack-exhausted
;; fuel: 100000000
(module
  (func $f (export "_start") (call $f) (call $f)))
