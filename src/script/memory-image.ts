import type { DataSegment } from "./link.ts";

/** Runs of zeros that are shorter stay within a segment: one more costs about as much as so many bytes. */
const SHORT_GAP = 64;

/** The parts of a memory that are not zero, long runs of zeros left out. */
export function nonZeroRuns(memory: Uint8Array): DataSegment[] {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
  const segments: DataSegment[] = [];
  let at = 0;
  while (at < words.length) {
    while (at < words.length && words[at] === 0) at++;
    if (at === words.length) break;
    const start = at;
    let end = at;
    while (at < words.length && at - end <= SHORT_GAP / 4) if (words[at++] !== 0) end = at;
    segments.push({ address: start * 4, bytes: memory.slice(start * 4, end * 4) });
  }
  return segments;
}
