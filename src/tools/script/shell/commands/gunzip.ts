import { Gunzip } from "fflate";
import { type Bytes, concatenated } from "./bytes.ts";

/** Bytes that anything compressed may come to: a quarter of the memory that a shell has. */
export const MOST_UNPACKED = 32 * 1024 * 1024;
/** Bytes that are given to the decompressor at a time, so that what they come to is counted soon. */
const STEP = 16 * 1024;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * What gzip members come to. Their own word of how long that is counts for nothing; answers what is wrong instead where
 * they are damaged or come to more than {@link MOST_UNPACKED} bytes.
 */
export function gunzipped(bytes: Bytes): Bytes | "damaged" | "truncated" | "too large" {
  const parts: Uint8Array[] = [];
  let total = 0;
  let ended = false;
  const stream = new Gunzip((part, final) => {
    total += part.length;
    if (total > MOST_UNPACKED) throw new RangeError("too large");
    if (part.length > 0) parts.push(part.slice());
    if (final) ended = true;
  });
  try {
    for (let at = 0; at < bytes.length; at += STEP)
      stream.push(bytes.subarray(at, at + STEP), at + STEP >= bytes.length);
  } catch (error) {
    if (error instanceof RangeError && error.message === "too large") return "too large";
    return error instanceof Error && error.message.includes("EOF") ? "truncated" : "damaged";
  }
  return ended || bytes.length === 0 ? concatenated(parts) : "truncated";
}
