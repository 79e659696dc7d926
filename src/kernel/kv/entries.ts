import { createHash } from "node:crypto";
import { canonicalJsonOrFault } from "../../contract/canonical-json.ts";
import type { Fault } from "../../contract/fault.ts";
import type { Json } from "../../contract/json.ts";
import type { StateReader, StateTransaction } from "../../contract/state.ts";
import { refused } from "../fault.ts";
import { readRow, type Tables, writeRow } from "../rows.ts";
import { valueMutated } from "../tree/mutations.ts";

export const DEFAULT_NAMESPACE = "default";
/** Most bytes of a key, as UTF-8. */
export const KEY_BYTES = 512;
/** Most bytes of a value, as canonical JSON. */
export const VALUE_BYTES = 64 * 1024;
/** Most keys of all namespaces together. */
export const MOST_KEYS = 100_000;

const NAMESPACE = /^[a-z0-9][a-z0-9_.-]{0,63}$/;

const LONE_SURROGATE = /\p{Surrogate}/u;

export type Entry = Tables["kv"];

/** What is under a key, undefined where nothing is, or why there can be no such key. */
export function readEntry(state: StateReader, namespace: string, key: string): Entry | undefined | Fault {
  return keyProblem(namespace, key) ?? readRow(state, "kv", namespace, key);
}

export interface EntryWrite {
  readonly namespace: string;
  readonly key: string;
  readonly value: Json;
  /** The version that must be there; 0 where nothing must be. */
  readonly ifVersion?: number;
}

/**
 * Puts a value under a key in the hands of a change, and answers its version: 1 for a new key, else one more than before.
 * Refuses with `version-conflict` where another version is there than was asked for, with `kv-full`, `value-too-large` or
 * `invalid-key`, and then has changed nothing.
 */
export function writeEntry(state: StateTransaction, { namespace, key, value, ifVersion }: EntryWrite): number | Fault {
  const problem = keyProblem(namespace, key);
  if (problem !== undefined) return problem;
  const text = canonicalJsonOrFault(value);
  if (typeof text !== "string") return text;
  const bytes = Buffer.byteLength(text);
  if (bytes > VALUE_BYTES) {
    return refused("value-too-large", `the value has ${bytes} bytes, at most ${VALUE_BYTES}: store a file's path`, {
      size: bytes,
      limit: VALUE_BYTES,
    });
  }
  const before = readRow(state, "kv", namespace, key)?.version ?? 0;
  if (ifVersion !== undefined && ifVersion !== before) {
    return refused(
      "version-conflict",
      `${key} has version ${before} and not ${ifVersion}: read it again, then write what follows from that`,
      { version: before },
    );
  }
  if (before === 0) {
    const keys = readRow(state, "counter", "kv.keys") ?? 0;
    if (keys >= MOST_KEYS) {
      return refused("kv-full", `there are ${keys} keys, the limit: use keys that are there`, { limit: MOST_KEYS });
    }
    writeRow(state, "counter", ["kv.keys"], keys + 1);
  }
  const version = before + 1;
  const sha256 = createHash("sha256").update(text).digest("hex");
  writeRow(state, "kv", [namespace, key], { value, version, bytes, sha256 });
  valueMutated(state, namespace, key);
  state.event({ source: "kernel", kind: "kv.set", payload: { namespace, key, version, bytes, sha256 } });
  return version;
}

function keyProblem(namespace: string, key: string): Fault | undefined {
  if (!NAMESPACE.test(namespace)) {
    return refused("invalid-key", "the namespace is not 1 to 64 of a-z, 0-9, _, . and - from a letter or digit on");
  }
  const bytes = Buffer.byteLength(key);
  if (bytes === 0 || bytes > KEY_BYTES) {
    return refused("invalid-key", `the key has ${bytes} bytes: it must have 1 to ${KEY_BYTES}`, { limit: KEY_BYTES });
  }
  return LONE_SURROGATE.test(key) ? refused("invalid-key", "the key holds half of a surrogate pair") : undefined;
}
