import { leb } from "./module-bytes.ts";

/** Opcodes by name, for what no assembler of this project's dependencies writes. */
const OPCODES: Readonly<Record<string, readonly number[]>> = {
  unreachable: [0x00],
  nop: [0x01],
  block: [0x02],
  loop: [0x03],
  if: [0x04],
  else: [0x05],
  throw: [0x08],
  throw_ref: [0x0a],
  end: [0x0b],
  br: [0x0c],
  br_if: [0x0d],
  return: [0x0f],
  call: [0x10],
  call_ref: [0x14],
  return_call_ref: [0x15],
  drop: [0x1a],
  "select.t": [0x1c],
  try_table: [0x1f],
  "local.get": [0x20],
  "local.set": [0x21],
  "local.tee": [0x22],
  "global.get": [0x23],
  "global.set": [0x24],
  "table.get": [0x25],
  "table.set": [0x26],
  "i32.store": [0x36],
  "i32.eqz": [0x45],
  "i32.lt_u": [0x49],
  "i32.add": [0x6a],
  "i32.sub": [0x6b],
  "i32.mul": [0x6c],
  "ref.null": [0xd0],
  "ref.is_null": [0xd1],
  "ref.func": [0xd2],
  "ref.eq": [0xd3],
  "ref.as_non_null": [0xd4],
  br_on_null: [0xd5],
  br_on_non_null: [0xd6],
  "struct.new": [0xfb, 0],
  "struct.new_default": [0xfb, 1],
  "struct.get": [0xfb, 2],
  "struct.set": [0xfb, 5],
  "array.new": [0xfb, 6],
  "array.new_default": [0xfb, 7],
  "array.new_fixed": [0xfb, 8],
  "array.new_data": [0xfb, 9],
  "array.new_elem": [0xfb, 10],
  "array.get": [0xfb, 11],
  "array.get_u": [0xfb, 13],
  "array.set": [0xfb, 14],
  "array.len": [0xfb, 15],
  "array.fill": [0xfb, 16],
  "array.copy": [0xfb, 17],
  "array.init_data": [0xfb, 18],
  "array.init_elem": [0xfb, 19],
  "ref.test": [0xfb, 20],
  "ref.cast": [0xfb, 22],
  br_on_cast: [0xfb, 24],
  br_on_cast_fail: [0xfb, 25],
  "any.convert_extern": [0xfb, 26],
  "extern.convert_any": [0xfb, 27],
  "ref.i31": [0xfb, 28],
  "i31.get_u": [0xfb, 30],
  "i8x16.splat": [0xfd, 15],
  "i32x4.extract_lane": [0xfd, 27],
  "i8x16.relaxed_swizzle": [0xfd, 0x80, 2],
};

/** Signed LEB128. */
export function sleb(value: number): number[] {
  const out: number[] = [];
  let rest = BigInt(value);
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && byte < 0x40) || (rest === -1n && byte >= 0x40)) return [...out, byte];
    out.push(byte | 0x80);
  }
}

/**
 * Instructions, separated by `;`, as bytes: a name and its immediates, each a decimal number, or bytes as `0x..`.
 * `code("local.get 0; br_if 1; block 0x40")`.
 */
export function code(text: string): number[] {
  return text
    .split(";")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .flatMap((line) => {
      const [name, ...immediates] = line.split(/\s+/);
      if (name === "i32.const") return [0x41, ...sleb(Number(immediates[0]))];
      if (name === "i64.const") return [0x42, ...sleb(Number(immediates[0]))];
      const opcode = OPCODES[name!];
      if (opcode === undefined) throw new Error(`unknown instruction ${name}`);
      return [...opcode, ...immediates.flatMap((item) => (item.startsWith("0x") ? [Number(item)] : leb(Number(item))))];
    });
}

/** A vector of items that are bytes already. */
export function vector(...items: readonly (readonly number[])[]): number[] {
  return [...leb(items.length), ...items.flat()];
}

/** A body with these groups of locals, each `[count, ...type]`. */
export function bodyOf(locals: readonly (readonly number[])[], text: string): number[] {
  const bytes = [...vector(...locals), ...code(text), 0x0b];
  return [...leb(bytes.length), ...bytes];
}

/** An export of a function. */
export function exported(name: string, index: number): number[] {
  return [...leb(name.length), ...Buffer.from(name), 0, ...leb(index)];
}
