import { escapeBlocks } from "./escape-kernel.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
/** Below this, the loop is done before the kernel has been called. */
const KERNEL_FROM_BYTES = 1024;

/** 1 for the bytes of JSON text that need a backslash inside a JSON string, 2 for whitespace that would break a line. */
const KIND = new Uint8Array(256);
KIND.fill(2, 0, SPACE);
KIND[QUOTE] = 1;
KIND[BACKSLASH] = 1;

/**
 * Builds `head` + `json` escaped as the inside of a JSON string + `middle` + (`json` again, if `repeat`) + `tail` in
 * one pass, without parsing `json`.
 *
 * `json` must be valid UTF-8 JSON text. Raw control characters can then only be whitespace between tokens; they
 * become spaces, so that the line stays one line.
 */
export function writeJsonInJson(
  head: string,
  middle: string,
  tail: string,
  json: Uint8Array,
  repeat: boolean,
): Uint8Array {
  const length = json.length;
  // A character of a string takes at most three bytes of UTF-8; an escaped byte takes at most two.
  const around = (head.length + middle.length + tail.length) * 3;
  const out = Buffer.allocUnsafe(around + length * (repeat ? 3 : 2));
  const start = out.write(head, 0);
  const escaped = length < KERNEL_FROM_BYTES ? escapeBytes(json, out, start) : escapeBlocks(json, out, start);
  let to = escaped.end + out.write(middle, escaped.end);
  if (repeat) {
    out.set(json, to);
    if (escaped.spaces) {
      for (let at = to; at < to + length; at++) if ((out[at] as number) < SPACE) out[at] = SPACE;
    }
    to += length;
  }
  to += out.write(tail, to);
  return out.subarray(0, to);
}

/** What {@link escapeBlocks} does, for few bytes. */
function escapeBytes(json: Uint8Array, out: Uint8Array, start: number): { end: number; spaces: boolean } {
  let to = start;
  let spaces = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number;
    const kind = KIND[byte] as number;
    if (kind === 0) {
      out[to++] = byte;
    } else if (kind === 1) {
      out[to++] = BACKSLASH;
      out[to++] = byte;
    } else {
      out[to++] = SPACE;
      spaces = true;
    }
  }
  return { end: to, spaces };
}
