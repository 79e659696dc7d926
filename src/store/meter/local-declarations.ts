import type { BinaryWriter } from "./binary-writer.ts";

/** Where a LEB128 that starts at `at` ends. */
export function afterLeb(bytes: Uint8Array, at: number): number {
  let next = at;
  while (bytes[next++]! >= 0x80);
  return next;
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
      at = type + 1;
      if (count === 0) continue;
      this.#counts[this.groups] = count;
      this.#types[this.groups] = type;
      this.#ends[this.groups++] = at;
    }
    return at;
  }

  /** Writes the groups with the first local at the end, and behind it `more` i32s. */
  writeMoved(out: BinaryWriter, bytes: Uint8Array, more: number): void {
    const { groups } = this;
    const alone = groups > 0 && this.#counts[0] === 1;
    const moved = groups > 0 ? 1 : 0;
    out.reserve(16 + groups * 16);
    out.u32(groups - (alone ? 1 : 0) + moved + (more > 0 ? 1 : 0));
    for (let group = 0; group < groups; group++) {
      const count = this.#counts[group]! - (group === 0 ? 1 : 0);
      if (count > 0) this.#write(out, bytes, group, count);
    }
    if (moved > 0) this.#write(out, bytes, 0, 1);
    if (more === 0) return;
    out.u32(more);
    out.byte(0x7f);
  }

  #write(out: BinaryWriter, bytes: Uint8Array, group: number, count: number): void {
    out.u32(count);
    out.run(bytes, this.#types[group]!, this.#ends[group]!);
  }
}
