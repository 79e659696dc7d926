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

/** A module that answers its arguments, byte by byte, up to 60 000 of them. */
export function echoing(): Uint8Array {
  return wat(`(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start") (local $length i32)
      (loop $more
        (i32.store (i32.const 0) (i32.add (i32.const 16) (local.get $length)))
        (i32.store (i32.const 4) (i32.sub (i32.const 60000) (local.get $length)))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (local.set $length (i32.add (local.get $length) (i32.load (i32.const 8))))
        (br_if $more (i32.load (i32.const 8))))
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (local.get $length))
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

/** Sends its input to a host call and answers what that answered, as text. */
export const asking = (hostCall: string): Uint8Array =>
  wat(`(module
    (import "tollgate" "${hostCall}" (func $ask (param i32 i32) (result i32)))
    (import "tollgate" "answer_read" (func $read (param i32 i32 i32) (result i32)))
    (memory (export "memory") 40)
    (func (export "execute") (param $at i32) (param $length i32) (result i32 i32) (local $n i32)
      (local.set $n (call $ask (local.get $at) (local.get $length)))
      (if (i32.lt_s (local.get $n) (i32.const 0)) (then (local.set $n (i32.sub (i32.const -1) (local.get $n)))))
      (drop (call $read (i32.const 65536) (i32.const 0) (local.get $n)))
      (i32.const 65536) (local.get $n)))`);

/** The answers of a tool whose module is {@link asking}, and its arguments. */
export const OPEN = {
  type: "object",
  additionalProperties: false,
  properties: { ok: {}, answer: {}, code: {}, message: {}, layer: {}, data: {}, status: {} },
};
export const ASK = {
  type: "object",
  additionalProperties: false,
  properties: { tool: {}, args: {}, method: {}, url: {} },
};
