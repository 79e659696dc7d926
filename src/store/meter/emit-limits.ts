import type { BinaryWriter } from "./binary-writer.ts";
import { copyIndices } from "./index-copy.ts";
import type { LimitsSpan, ModuleLayout, Section } from "./layout.ts";
import { afterLeb } from "./local-declarations.ts";
import type { Signatures } from "./signatures.ts";

/** Flags of limits: a maximum follows; addresses are of 64 bits. */
const WITH_MAXIMUM = 1;
const WIDE_WITH_MAXIMUM = 5;

/** The table section, no maximum over `cap`. */
export function emitTables(
  out: BinaryWriter,
  layout: ModuleLayout,
  section: Section,
  signatures: Signatures,
  cap: number,
): void {
  const { bytes, importReferences } = layout;
  const inward = (index: number): number => signatures.inward(index);
  out.reserve(5);
  out.u32(layout.tables.length);
  let at = afterLeb(bytes, section.start);
  for (const table of layout.tables) {
    copyIndices(out, bytes, at, table.start, importReferences, inward);
    emitLimits(out, table, table.max < 0 ? cap : Math.min(table.max, cap));
    at = table.end;
  }
  copyIndices(out, bytes, at, section.end, importReferences, inward);
}

/** The memory section from memory `from` on, each with its maximum. */
export function emitMemories(out: BinaryWriter, layout: ModuleLayout, maxima: readonly number[], from: number): void {
  const { memories } = layout;
  out.reserve(5);
  out.u32(memories.length - from);
  for (let i = from; i < memories.length; i++) emitLimits(out, memories[i]!, maxima[i]!);
}

/** Limits with a maximum in the place of what the module says. */
export function emitLimits(out: BinaryWriter, limits: LimitsSpan, max: number): void {
  out.reserve(21);
  out.byte(limits.wide ? WIDE_WITH_MAXIMUM : WITH_MAXIMUM);
  out.u32(limits.min);
  out.u32(max);
}
