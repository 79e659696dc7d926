import { createRequire } from "node:module";

type Bindings = typeof import("@cedar-policy/cedar-wasm/nodejs");

export type { DetailedError, PolicyJson, SchemaJson, StatefulAuthorizationCall } from "@cedar-policy/cedar-wasm/nodejs";

/** The Cedar that policies are validated with; part of what a digest vouches for. Checked when Cedar is loaded. */
export const CEDAR_VERSION = "4.13.0";

/** What of the JavaScript API is used here; the language's own library does not describe it. */
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

const PACKAGE = "@cedar-policy/cedar-wasm/nodejs";
const require = createRequire(import.meta.url);
let loaded: Bindings | undefined;

/**
 * Gives Cedar, loading 4.3 MB of WebAssembly at the first call (some 80 ms, most of it compilation). Throws where
 * the package is missing or is another version: an installation that is not whole.
 */
export function cedar(): Bindings {
  if (loaded !== undefined) return loaded;
  compileForCedar(true);
  let bindings: Bindings;
  try {
    bindings = require(PACKAGE) as Bindings;
  } finally {
    compileForCedar(false);
  }
  const version = bindings.getCedarVersion();
  if (version !== CEDAR_VERSION) {
    throw new Error(`cedar is version ${version}, this program was made for ${CEDAR_VERSION}: install tollgate again`);
  }
  loaded = bindings;
  return bindings;
}

/**
 * Compiles Cedar off the main thread, so that {@link cedar} finds the code in the engine's cache: V8 shares the
 * native code of equal module bytes while a module made from them is alive.
 */
export async function compileCedar(): Promise<void> {
  if (loaded !== undefined) return;
  const { readFile } = await import("node:fs/promises");
  const bytes = await readFile(require.resolve(PACKAGE).replace(/\.js$/, "_bg.wasm"));
  compileForCedar(true);
  let module: object;
  try {
    module = await WebAssembly.compile(bytes);
  } finally {
    compileForCedar(false);
  }
  cedar();
  void module;
}

/** What a module is compiled by while Cedar is, and as it was before. */
const CEDARS_FLAGS = ["--no-wasm-lazy-compilation", "--no-wasm-dynamic-tiering", "--no-wasm-tier-up"];
const USUAL_FLAGS = ["--wasm-lazy-compilation", "--wasm-dynamic-tiering", "--wasm-tier-up"];

/**
 * V8 compiles each WebAssembly function when it is first called, on the calling thread, and those that are called often once
 * more, optimized: for Cedar that made the first check and decision 250 ms, and kept a core busy for a second afterwards,
 * which the end of the process waits for. Compiled whole, by the baseline compiler alone and by all of the engine's threads,
 * it is 75 ms, and the first hundred decisions take a quarter of their time; later ones take up to twice as long, and those
 * are remembered. The flags are what they were again as soon as Cedar is compiled: nothing else is, meanwhile, because
 * nothing runs before it was decided on.
 */
function compileForCedar(begins: boolean): void {
  // Loaded here, because loading it takes a start some milliseconds.
  const { setFlagsFromString } = require("node:v8") as typeof import("node:v8");
  for (const flag of begins ? CEDARS_FLAGS : USUAL_FLAGS) setFlagsFromString(flag);
}

/**
 * Forgets an instance that trapped or ran out of stack: its memory may be damaged, the next {@link cedar} makes a
 * new one. What was preparsed in it is gone.
 */
export function dropCedar(): void {
  loaded = undefined;
  delete require.cache[require.resolve(PACKAGE)];
}
