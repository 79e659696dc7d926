// Folders of tools to deploy, written as their makers would.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wat } from "../store/meter/metered-run.ts";
import { toolDocument } from "../trust/tool-document.ts";
import type { Scratch } from "./program.ts";

/** A module that answers `{"text": …}` and does nothing else; with `spins` it first turns for about a minute. */
export function saying(text: string, spins = false): Uint8Array {
  const answer = JSON.stringify({ text });
  return wat(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "${answer.replaceAll('"', '\\"')}")
    (func (export "_start")
      ${spins ? "(loop (br 0))" : ""}
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (i32.const ${Buffer.byteLength(answer)}))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);
}

/** Writes `tool.json` and its module into a new folder of the scratch home, and answers its path. */
export function toolFolder(
  { home }: Scratch,
  folder: string,
  changed: Readonly<Record<string, unknown>> = {},
  module: Uint8Array = saying("hello"),
): string {
  const path = join(home, "tools", folder);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "tool.json"), JSON.stringify(toolDocument(changed)));
  writeFileSync(join(path, "greet.wasm"), module);
  return path;
}
