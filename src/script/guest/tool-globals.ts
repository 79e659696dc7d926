// biome-ignore-all lint/performance/noBarrelFile: the bundler takes from it what a tool names
// What a user's tool may name without importing it. Only what it does name is in its module.

export { default as structuredClone } from "core-js-pure/actual/structured-clone.js";
export { default as URL } from "core-js-pure/actual/url/index.js";
export { default as URLSearchParams } from "core-js-pure/actual/url-search-params/index.js";
export {
  AbortController,
  AbortSignal,
  Buffer,
  clearImmediate,
  clearInterval,
  clearTimeout,
  console,
  crypto,
  performance,
  setImmediate,
  setInterval,
  setTimeout,
  TextDecoder,
  TextEncoder,
} from "./globals.ts";
