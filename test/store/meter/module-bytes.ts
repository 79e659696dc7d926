/** Unsigned LEB128. */
export function leb(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) out.push((rest & 0x7f) | 0x80);
  out.push(rest);
  return out;
}

/** A section's id and contents. */
export type RawSection = readonly [number, Uint8Array | readonly number[]];

/** Joins a module out of raw sections: for what no assembler writes. */
export function rawModule(...sections: readonly RawSection[]): Uint8Array<ArrayBuffer> {
  const parts = [Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)];
  for (const [id, contents] of sections)
    parts.push(Uint8Array.of(id, ...leb(contents.length)), Uint8Array.from(contents));
  return joined(parts);
}

export function joined(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** `times` copies of the same bytes. */
export function repeated(bytes: readonly number[], times: number): Uint8Array {
  const out = new Uint8Array(bytes.length * times);
  for (let i = 0; i < out.length; i++) out[i] = bytes[i % bytes.length]!;
  return out;
}

/** One type `() -> ()` and functions of it with these bodies (locals and code with its end). */
export function functions(...bodies: readonly Uint8Array[]): RawSection[] {
  const code = joined([
    Uint8Array.from(leb(bodies.length)),
    ...bodies.flatMap((body) => [Uint8Array.from(leb(body.length)), body]),
  ]);
  return [
    [1, [1, 0x60, 0, 0]],
    [3, joined([Uint8Array.from(leb(bodies.length)), repeated([0], bodies.length)])],
    [10, code],
  ];
}

/** A body without locals. */
export function body(...code: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return joined([Uint8Array.of(0), ...code.map((part) => Uint8Array.from(part)), Uint8Array.of(0x0b)]);
}
