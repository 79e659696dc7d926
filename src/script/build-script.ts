import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type BundleOptions, bundleScript } from "./bundle.ts";
import { type Engine, readEngine } from "./engine.ts";
import { evaluateScript, ScriptError } from "./evaluate.ts";
import { placeIn, SOURCE_LINES } from "./guest/source-lines.ts";
import { functionsFor, type ScriptGrants } from "./host-functions.ts";
import { linkEngine } from "./link.ts";

/** What a script guest is made of. */
export interface ScriptSource extends BundleOptions {
  readonly grants: ScriptGrants;
}

/** A script guest, and the files that it was made of beside the engine, by their paths from the current directory. */
export interface BuiltScript {
  readonly bytes: Uint8Array;
  readonly inputs: readonly string[];
}

let engine: Engine | undefined;

/**
 * Builds a script guest: a WASI command that starts as a JavaScript engine with the script already evaluated. The bytes
 * depend on the engine, the script and the grants alone. Rejects where the script does not compile or throws.
 */
export async function buildScript(source: ScriptSource): Promise<BuiltScript> {
  engine ??= readEngine(readFileSync(createRequire(import.meta.url).resolve("quickjs-wasi/quickjs.wasm")));
  const linked = linkEngine(engine, functionsFor(source.grants));
  const { code, inputs, lines } = await bundleScript(source);
  // On the script's own first line, so that its lines stay what they are.
  const own = lines === undefined ? "" : `globalThis.${SOURCE_LINES}=${JSON.stringify(lines)};`;
  const keepLines = lines !== undefined;
  try {
    const state = evaluateScript(linked, own + code, { fileName: "tool.js", keepLines });
    return { bytes: linked.baked(state), inputs };
  } catch (error) {
    const place = error instanceof ScriptError && lines !== undefined ? placeIn(lines, error.message) : undefined;
    if (place === undefined) throw error;
    throw new ScriptError(`${place}: ${(error as Error).message.split("\n")[0]}`);
  }
}
