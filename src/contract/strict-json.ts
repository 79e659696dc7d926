import type { Json } from "./json.ts";

/** Bounds of one parse. All are positive integers. */
export interface JsonBounds {
  /** Containers inside each other; a scalar has depth 0, `[]` depth 1. */
  readonly depth: number;
  /** Values and members in the whole text, counted from its commas, colons and opening brackets. */
  readonly values: number;
}

/** Deep enough for every tool's arguments, shallow enough for every later recursion. */
export const DEFAULT_JSON_BOUNDS: JsonBounds = { depth: 64, values: 1_000_000 };

/**
 * `syntax`: not JSON, or not UTF-8 (JSON-RPC −32700). `refused`: JSON that two readers may read differently, or
 * that is over a bound (JSON-RPC −32600).
 */
export type JsonParse =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly kind: "syntax" | "refused"; readonly reason: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Only an escape can put a lone surrogate into text that came from UTF-8. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Accepts exactly the JSON that every reader reads alike (I-JSON, RFC 7493): valid UTF-8, no duplicate member, no
 * lone surrogate, no number beyond ±(2^53 − 1), no member named `__proto__`, within the bounds. What it accepts
 * equals `JSON.parse` of the same text.
 *
 * Takes UTF-8 bytes or a string; linear in the text, and strings are skipped over at the engine's search speed.
 * Never throws. `constructor` and `prototype` are ordinary own members: readers must not look a tool's argument up
 * on an object that inherits.
 */
export function parseJson(text: string | Uint8Array, bounds: JsonBounds = DEFAULT_JSON_BOUNDS): JsonParse {
  let source: string;
  if (typeof text === "string") {
    source = text;
    if (LONE_SURROGATE.test(source)) return refused("a string holds half of a surrogate pair");
  } else {
    try {
      source = decoder.decode(text);
    } catch {
      return { ok: false, kind: "syntax", reason: "the text is not valid UTF-8" };
    }
  }

  const members = scan(source, bounds);
  if (typeof members === "string") return refused(members);

  let value: Json;
  try {
    value = JSON.parse(source) as Json;
  } catch {
    return { ok: false, kind: "syntax", reason: "the text is not valid JSON" };
  }

  const tally: Tally = { members: 0, checkStrings: SURROGATE_ESCAPE.test(source), problem: undefined };
  inspect(value, tally);
  if (tally.problem !== undefined) return refused(tally.problem);
  if (tally.members !== members) return refused("an object has the same member twice");
  return { ok: true, value };
}

function refused(reason: string): JsonParse {
  return { ok: false, kind: "refused", reason };
}

/**
 * Counts the members of all objects (each colon outside a string is one) and holds the bounds before anything is
 * built. For text that is not JSON the count means nothing, and JSON.parse says so afterwards.
 */
function scan(source: string, bounds: JsonBounds): number | string {
  let depth = 0;
  let members = 0;
  let values = 0;
  const end = source.length;
  for (let at = 0; at < end; at++) {
    switch (source.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(source, at);
        break;
      case 0x3a: // :
        members++;
        break;
      case 0x2c: // ,
        values++;
        break;
      case 0x7b: // {
      case 0x5b: // [
        values++;
        if (++depth > bounds.depth) return `the nesting is deeper than ${bounds.depth}`;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth--;
        break;
    }
  }
  if (members + values > bounds.values) return `there are more than ${bounds.values} values`;
  return members;
}

/** Index of the quote that ends the string which starts at `start`, or the last index of an unended text. */
function endOfString(source: string, start: number): number {
  // Names and short values end soon: looking at each character beats a call into the engine.
  const near = Math.min(source.length, start + 24);
  for (let at = start + 1; at < near; at++) {
    const code = source.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  // A quote is escaped when an odd number of backslashes stands before it.
  let quote = source.indexOf('"', start + 1);
  while (quote !== -1) {
    let before = quote - 1;
    while (source.charCodeAt(before) === BACKSLASH) before--;
    if (((quote - before) & 1) === 1) return quote;
    quote = source.indexOf('"', quote + 1);
  }
  return source.length;
}

interface Tally {
  members: number;
  readonly checkStrings: boolean;
  problem: string | undefined;
}

/** Recursion is safe: {@link scan} has bounded the depth. */
function inspect(value: Json, tally: Tally): void {
  if (typeof value === "number") {
    if (!(value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER)) {
      tally.problem = "a number is beyond 2^53 - 1 and would change silently: send it as a string";
    }
  } else if (typeof value === "string") {
    if (tally.checkStrings && LONE_SURROGATE.test(value)) tally.problem = "a string holds half of a surrogate pair";
  } else if (typeof value === "object" && value !== null) {
    if (Array.isArray(value)) {
      for (const item of value) inspect(item, tally);
      return;
    }
    const object = value as { readonly [key: string]: Json };
    for (const key of Object.keys(object)) {
      tally.members++;
      if (key === "__proto__") tally.problem = "a member is named __proto__";
      else if (tally.checkStrings && LONE_SURROGATE.test(key))
        tally.problem = "a member name holds half a surrogate pair";
      inspect(object[key] as Json, tally);
    }
  }
}
