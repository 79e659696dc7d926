import type { BinaryWriter } from "./binary-writer.ts";

/** Where a LEB128 that starts at `at` ends. */
export function afterLeb(bytes: Uint8Array, at: number): number {
  let next = at;
  while (bytes[next++]! >= 0x80);
  return next;
}

/** Where a value type that starts at `at` ends. */
function afterValueType(bytes: Uint8Array, at: number): number {
  return bytes[at] === REF || bytes[at] === REF_NULL ? afterLeb(bytes, at + 1) : at + 1;
}

/** The value of an unsigned LEB128 that was checked before. */
export function lebValue(bytes: Uint8Array, at: number): number {
  let value = 0;
  let factor = 1;
  for (let next = at; ; next++) {
    value += (bytes[next]! & 0x7f) * factor;
    if (bytes[next]! < 0x80) return value;
    factor *= 128;
  }
}

/** Value types (core spec 5.3.1 to 5.3.4). */
const I32 = 0x7f;
const I64 = 0x7e;
/** References to a heap type that follows. */
const REF_NULL = 0x63;
const REF = 0x64;

/** Locals that the meter adds: how many of type i32 and i64, and one for each of some types of reference. */
export interface AddedLocals {
  readonly narrow: number;
  readonly wide: number;
  readonly references: readonly number[];
}

/**
 * The declarations of locals of one body (core spec 5.5.13), checked before: groups of a count and a value type, those
 * of no locals left out. Kept between bodies.
 */
export class LocalDeclarations {
  groups = 0;
  readonly #counts: number[] = [];
  readonly #types: number[] = [];
  readonly #ends: number[] = [];

  /** Reads the declarations at `start`; answers where the code begins. */
  read(bytes: Uint8Array, start: number): number {
    let at = afterLeb(bytes, start);
    this.groups = 0;
    for (let left = lebValue(bytes, start); left > 0; left--) {
      const count = lebValue(bytes, at);
      const type = afterLeb(bytes, at);
      at = afterValueType(bytes, type);
      if (count === 0) continue;
      this.#counts[this.groups] = count;
      this.#types[this.groups] = type;
      this.#ends[this.groups++] = at;
    }
    return at;
  }

  /** Writes the groups with the first local at the end, and behind it what is added. */
  writeMoved(out: BinaryWriter, bytes: Uint8Array, added: AddedLocals): void {
    const { groups } = this;
    const { narrow, wide, references } = added;
    const alone = groups > 0 && this.#counts[0] === 1;
    const moved = groups > 0 ? 1 : 0;
    out.reserve(24 + groups * 16 + references.length * 8);
    out.u32(groups - (alone ? 1 : 0) + moved + (narrow > 0 ? 1 : 0) + (wide > 0 ? 1 : 0) + references.length);
    for (let group = 0; group < groups; group++) {
      const count = this.#counts[group]! - (group === 0 ? 1 : 0);
      if (count > 0) this.#write(out, bytes, group, count);
    }
    if (moved > 0) this.#write(out, bytes, 0, 1);
    if (narrow > 0) {
      out.u32(narrow);
      out.byte(I32);
    }
    if (wide > 0) {
      out.u32(wide);
      out.byte(I64);
    }
    for (const type of references) {
      out.u32(1);
      out.byte(REF_NULL);
      out.signed(type);
    }
  }

  #write(out: BinaryWriter, bytes: Uint8Array, group: number, count: number): void {
    out.u32(count);
    out.run(bytes, this.#types[group]!, this.#ends[group]!);
  }
}
