/** What `wasm-opt -ttf` may use in the modules that it makes: what the naive oracle of the tests knows. */
export const BINARYEN_FEATURES = [
  "--enable-bulk-memory",
  "--enable-simd",
  "--enable-multivalue",
  "--enable-tail-call",
  "--enable-sign-ext",
  "--enable-nontrapping-float-to-int",
  "--enable-mutable-globals",
];
