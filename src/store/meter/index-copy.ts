import type { BinaryWriter } from "./binary-writer.ts";
import type { IndexSpan } from "./layout.ts";

/** Copies a part of the module with the indices that stand in it replaced. */
export function copyIndices(
  out: BinaryWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
  spans: readonly IndexSpan[],
  replaced: (index: number) => number,
): void {
  let at = start;
  for (const span of spans) {
    if (span.start < at || span.end > end) continue;
    out.copy(bytes, at, span.start);
    out.reserve(5);
    out.u32(replaced(span.index));
    at = span.end;
  }
  out.copy(bytes, at, end);
}
