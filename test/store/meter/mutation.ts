/** Draws a number from 0 to `sides` - 1. */
export type Roll = (sides: number) => number;

/** A small deterministic generator (mulberry32): one seed, one sequence. */
export function dice(seed: number): Roll {
  let state = seed | 0;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

interface Part {
  readonly id: number;
  contents: number[];
}

/** Bytes that mean much in the binary format: types, block types, prefixes, the edges of a LEB128. */
const TELLING = [
  0, 1, 2, 3, 4, 5, 6, 0x0b, 0x0d, 0x0e, 0x10, 0x3f, 0x40, 0x41, 0x60, 0x6f, 0x70, 0x7b, 0x7f, 0x80, 0xff,
];

/**
 * Changes a module in one to four places, drawn by `roll`: single bytes, runs left out or doubled, numbers made larger or
 * longer, and whole sections left out, doubled, exchanged or taken from `donor`. Sizes of sections and bodies are mended
 * most of the time, so that what is behind them is reached.
 */
export function mutate(original: Uint8Array, donor: Uint8Array, roll: Roll): Uint8Array<ArrayBuffer> {
  const parts = split(original);
  if (parts === undefined || roll(12) === 0) return Uint8Array.from(changed(Array.from(original), roll));
  for (let edits = 1 + roll(4); edits > 0; edits--) {
    const part = parts[roll(parts.length)];
    if (part === undefined) break;
    const kind = roll(20);
    if (kind === 0) parts.splice(parts.indexOf(part), 1);
    else if (kind === 1) parts.splice(roll(parts.length + 1), 0, { id: part.id, contents: [...part.contents] });
    else if (kind === 2) parts.splice(roll(parts.length), 1, part);
    else if (kind === 3) {
      const given = split(donor)?.find(({ id }) => id === part.id);
      if (given !== undefined) part.contents = given.contents;
    } else if (part.id === 10 && kind > 6) part.contents = changedBody(part.contents, roll);
    else part.contents = changed(part.contents, roll);
  }
  const out = Array.from(original.subarray(0, 8));
  for (const { id, contents } of parts) {
    out.push(id, ...leb(contents.length + (roll(60) === 0 ? roll(3) - 1 : 0)));
    for (const byte of contents) out.push(byte);
  }
  return Uint8Array.from(out);
}

function changed(bytes: number[], roll: Roll): number[] {
  const at = roll(bytes.length + 1);
  const length = 1 + roll(roll(4) === 0 ? 40 : 4);
  const out = [...bytes];
  switch (roll(8)) {
    case 0:
      out.splice(at, length);
      break;
    case 1:
      out.splice(at, 0, ...bytes.slice(at, at + length));
      break;
    case 2:
      out.splice(at, 0, TELLING[roll(TELLING.length)]!);
      break;
    case 3: // the same number, in more bytes
      if (at < out.length && out[at]! < 0x80) out.splice(at, 1, out[at]! | 0x80, 0);
      break;
    case 4: // a large number
      out.splice(at, 1, 0xff, 0xff, 0xff, 0xff, roll(2) === 0 ? 0x0f : 0x07);
      break;
    case 5:
      if (at < out.length) out[at] = (out[at]! ^ (1 << roll(8))) & 0xff;
      break;
    case 6:
      if (at < out.length) out[at] = TELLING[roll(TELLING.length)]!;
      break;
    default:
      if (at < out.length) out[at] = roll(256);
  }
  return out;
}

/** Changes one body of a code section and mends its size. */
function changedBody(code: number[], roll: Roll): number[] {
  const reader = { at: 0 };
  const count = readLeb(code, reader);
  const bodies: number[][] = [];
  for (let i = 0; i < count && reader.at < code.length; i++) {
    const size = readLeb(code, reader);
    bodies.push(code.slice(reader.at, reader.at + size));
    reader.at += size;
  }
  const which = roll(bodies.length + 1);
  if (bodies[which] === undefined) return code;
  bodies[which] = changed(bodies[which], roll);
  return [...leb(bodies.length), ...bodies.flatMap((body) => [...leb(body.length), ...body])];
}

/** The sections of a module, or undefined where they are not whole. */
function split(bytes: Uint8Array): Part[] | undefined {
  const parts: Part[] = [];
  const reader = { at: 8 };
  while (reader.at < bytes.length) {
    const id = bytes[reader.at++]!;
    const size = readLeb(bytes, reader);
    if (reader.at + size > bytes.length) return undefined;
    parts.push({ id, contents: Array.from(bytes.subarray(reader.at, reader.at + size)) });
    reader.at += size;
  }
  return parts;
}

function readLeb(bytes: ArrayLike<number>, reader: { at: number }): number {
  let value = 0;
  for (let scale = 1; scale < 2 ** 40; scale *= 128) {
    const byte = bytes[reader.at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  return value;
}

function leb(value: number): number[] {
  const out: number[] = [];
  let rest = Math.max(0, value);
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) out.push((rest & 0x7f) | 0x80);
  out.push(rest);
  return out;
}
