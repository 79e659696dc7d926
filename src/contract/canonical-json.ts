import { hash } from "node:crypto";
import type { Fault } from "./fault.ts";
import { fault } from "./fault.ts";
import type { Json } from "./json.ts";
import type { Sha256 } from "./units.ts";

/** How deep arrays and objects may nest in a value that has a canonical text. */
export const CANONICAL_DEPTH = 256;

/** All but what stands in a JSON string as it is: controls, quote, backslash, and surrogates, which need a second look. */
const NEEDS_CARE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;
/** With the `u` flag a surrogate class matches lone surrogates only. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** Thrown by {@link canonicalJson}; the message is fit for a fault. */
export class NotCanonical extends TypeError {
  override readonly name = "NotCanonical";
}

/**
 * The one canonical text of a JSON value: equal values give equal texts, different values different ones
 * (RFC 8785, JCS). Keys are sorted by UTF-16 code units (§3.2.3), numbers and strings serialised as ECMAScript
 * does (§3.2.2), no white space.
 *
 * For values that the host itself made: throws {@link NotCanonical} for a lone surrogate, a number that is not
 * finite, nesting beyond {@link CANONICAL_DEPTH} and anything that is not JSON. Where a caller could have caused
 * that, use {@link canonicalJsonOrFault}.
 */
export function canonicalJson(value: Json): string {
  return write(value, 0);
}

/** As {@link canonicalJson}, for values from outside: answers an `invalid-arguments` fault instead of throwing. */
export function canonicalJsonOrFault(value: Json): string | Fault {
  try {
    return write(value, 0);
  } catch (error) {
    if (error instanceof NotCanonical) return fault("request", "invalid-arguments", error.message);
    throw error;
  }
}

/** SHA-256 over the UTF-8 bytes of the canonical text. Throws as {@link canonicalJson} does. */
export function digestJson(value: Json): Sha256 {
  return hash("sha256", write(value, 0), "hex");
}

function write(value: Json, depth: number): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      if (!Number.isFinite(value)) throw new NotCanonical(`value has no canonical JSON: ${value} is not a JSON number`);
      return `${value}`;
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= CANONICAL_DEPTH) {
        throw new NotCanonical(`value has no canonical JSON: it nests deeper than ${CANONICAL_DEPTH} levels`);
      }
      return Array.isArray(value)
        ? writeArray(value, depth + 1)
        : writeObject(value as { [key: string]: Json }, depth + 1);
    default:
      throw new NotCanonical(`value has no canonical JSON: ${typeof value} is not a JSON type`);
  }
}

function writeString(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  if (LONE_SURROGATE.test(text)) {
    throw new NotCanonical(
      "value has no canonical JSON: a string holds half of a surrogate pair, send well-formed Unicode",
    );
  }
  return JSON.stringify(text);
}

function writeArray(items: readonly Json[], depth: number): string {
  if (items.length === 0) return "[]";
  let text = "[";
  for (let i = 0; i < items.length; i++) text += (i === 0 ? "" : ",") + write(items[i] as Json, depth);
  return `${text}]`;
}

function writeObject(object: { [key: string]: Json }, depth: number): string {
  const prototype = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotCanonical("value has no canonical JSON: an object is not a plain one");
  }
  const keys = Object.keys(object);
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] as string) > (keys[i] as string)) {
      keys.sort(); // the default order is by UTF-16 code units, which is what RFC 8785 §3.2.3 asks for
      break;
    }
  }
  let text = "{";
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    text += `${i === 0 ? "" : ","}${writeString(key)}:${write(object[key] as Json, depth)}`;
  }
  return `${text}}`;
}
