;; Attacks: the start function, which runs before any entry point, never ends.
;; ends: fuel-exhausted
(module
  (func $spin (loop (br 0)))
  (start $spin)
  (func (export "_start")))
