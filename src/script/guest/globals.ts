// biome-ignore-all lint/performance/noBarrelFile: the bundler takes from it what a script names
// What a script may name without importing it, beside the language's own. Only what a script does name is in its image.

export { Buffer } from "buffer";
export { AbortController, AbortSignal } from "./abort.ts";
export { console } from "./console.ts";
export { crypto } from "./crypto.ts";
export { performance } from "./performance.ts";
export { TextDecoder, TextEncoder } from "./text-encoding.ts";
export { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from "./timers.ts";
