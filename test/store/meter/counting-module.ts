import { joined, leb } from "./module-bytes.ts";

/**
 * A second, naive implementation of Wasmtime's fuel rule, for comparison with the meter's: it shares no code with it.
 *
 * Takes a valid core module (1.0 with sign extension, saturating conversions, multi-value, bulk memory, reference types,
 * SIMD, tail calls and legacy exceptions) and puts four instructions before every operator that costs something: they
 * add the cost to a mutable i64 global, exported as `tollgate-count`. No account, no merging, no local copy.
 *
 * The rule (Wasmtime 49, crates/environ/src/tunables.rs and crates/cranelift/src/func_environ.rs): a function entry
 * costs 1; `nop`, `drop`, `block`, `loop`, `unreachable`, `return`, `else` and `end` nothing; every other operator 1;
 * bulk operations their length besides; grows what they added, where they succeed. Legacy exceptions, which Wasmtime does
 * not know: `try` 1, the start of a handler 1, `delegate` nothing.
 */
export const COUNT_EXPORT = "tollgate-count";

/**
 * The module that counts; it traps at a function entry or a loop's head where it has counted more than `limit`. Throws
 * where it meets what it does not know.
 */
export function countingModule(bytes: Uint8Array, limit: number): Uint8Array<ArrayBuffer> {
  const input = new Input(bytes, 8);
  const out: number[][] = [Array.from(bytes.subarray(0, 8))];
  const module: Figures = { parameters: [], functionTypes: [], imported: 0, globals: 0 };
  const rank = (id: number): number => ORDER.indexOf(id);
  let globalsDone = false;
  let exportsDone = false;
  const addGlobals = (): void => {
    if (!globalsDone) out.push(section(6, [1, ...COUNT_GLOBAL]));
    globalsDone = true;
  };
  const addExports = (): void => {
    if (!exportsDone) out.push(section(7, [1, ...countExport(module)]));
    exportsDone = true;
  };
  while (input.at < bytes.length) {
    const id = input.byte();
    const size = input.leb();
    const from = input.at;
    const end = from + size;
    if (id !== 0 && rank(id) > rank(6)) addGlobals();
    if (id !== 0 && rank(id) > rank(7)) addExports();
    if (id === 1) readTypes(new Input(bytes, from), module);
    if (id === 2) readImports(new Input(bytes, from), module);
    if (id === 4 || id === 5) refuseUnknownLimits(new Input(bytes, from), id);
    if (id === 3) readFunctions(new Input(bytes, from), module);
    if (id === 6) {
      const items = new Input(bytes, from);
      const count = items.leb();
      module.globals += count;
      out.push(section(6, [...leb(count + 1), ...bytes.subarray(items.at, end), ...COUNT_GLOBAL]));
      globalsDone = true;
    } else if (id === 7) {
      const items = new Input(bytes, from);
      const count = items.leb();
      out.push(section(7, [...leb(count + 1), ...bytes.subarray(items.at, end), ...countExport(module)]));
      exportsDone = true;
    } else if (id === 10) out.push(section(10, code(new Input(bytes, from), module, sleb(limit))));
    else out.push(section(id, bytes.subarray(from, end)));
    input.at = end;
  }
  addGlobals();
  addExports();
  return joined(out);
}

/** Section ids in the order in which they stand. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
/** `(global (mut i64) (i64.const 0))` */
const COUNT_GLOBAL = [0x7e, 1, 0x42, 0, 0x0b];
const I32 = 0x7f;

interface Figures {
  readonly parameters: number[];
  readonly functionTypes: number[];
  imported: number;
  /** Globals that are not the counter. */
  globals: number;
}

class Input {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new Error("module ends too early");
    return value;
  }

  leb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** Steps over a LEB128 of any size. */
  skipLeb(): void {
    while (this.byte() >= 0x80);
  }

  skip(count: number): void {
    this.at += count;
  }
}

function readTypes(input: Input, module: Figures): void {
  for (let types = input.leb(); types > 0; types--) {
    if (input.byte() !== 0x60) throw new Error("a type that is not a function's");
    const parameters = input.leb();
    input.skip(parameters);
    input.skip(input.leb());
    module.parameters.push(parameters);
  }
}

function readImports(input: Input, module: Figures): void {
  for (let imports = input.leb(); imports > 0; imports--) {
    input.skip(input.leb());
    input.skip(input.leb());
    const kind = input.byte();
    if (kind === 0) {
      input.skipLeb();
      module.imported++;
    } else if (kind === 3) {
      input.skip(2);
      module.globals++;
    } else if (kind === 4) {
      input.skip(1);
      input.skipLeb();
    } else {
      if (kind === 1) input.skip(1);
      const limits = input.byte();
      input.skipLeb();
      if ((limits & 1) !== 0) input.skipLeb();
    }
  }
}

/** Neither several memories, whose index then stands in every access, nor 64-bit ones, nor tables with initial values. */
function refuseUnknownLimits(input: Input, id: number): void {
  const count = input.leb();
  if (id === 5 && count > 1) throw new Error("several memories");
  for (let i = 0; i < count; i++) {
    if (id === 4 && input.byte() < 0x6f) throw new Error("a table of typed references");
    const limits = input.byte();
    if (limits > 3) throw new Error("a 64-bit memory or table");
    input.skipLeb();
    if ((limits & 1) !== 0) input.skipLeb();
  }
}

function readFunctions(input: Input, module: Figures): void {
  for (let functions = input.leb(); functions > 0; functions--) module.functionTypes.push(input.leb());
}

function countExport(module: Figures): number[] {
  return [COUNT_EXPORT.length, ...Buffer.from(COUNT_EXPORT), 3, ...leb(module.globals)];
}

function code(input: Input, module: Figures, limit: readonly number[]): number[] {
  const count = input.leb();
  const parts: number[][] = [leb(count)];
  for (let i = 0; i < count; i++) {
    const size = input.leb();
    const end = input.at + size;
    const written = body(input, end, module.parameters[module.functionTypes[i]!]!, module.globals, limit);
    parts.push(leb(written.length), written);
    input.at = end;
  }
  return flat(parts);
}

/** One body with the counting in it: locals first, two of which are new, then operators. */
function body(input: Input, end: number, parameters: number, global: number, limit: readonly number[]): number[] {
  const out: number[] = [];
  let locals = parameters;
  const groups = input.leb();
  out.push(...leb(groups + 1));
  for (let i = 0; i < groups; i++) {
    const many = input.leb();
    locals += many;
    out.push(...leb(many), input.byte());
  }
  out.push(2, I32);
  const amount = leb(locals);
  const answer = leb(locals + 1);
  const counter = leb(global);
  const add = (...value: number[]): void => {
    out.push(0x23, ...counter, ...value, 0x7c, 0x24, ...counter);
  };
  const addOne = (): void => add(0x42, 1);
  const addAmount = (): void => add(0x20, ...amount, 0xad);
  const check = (): void => {
    out.push(0x23, ...counter, 0x42, ...limit, 0x55, 0x04, 0x40, 0x00, 0x0b);
  };
  addOne();
  check();
  while (input.at < end) {
    const at = input.at;
    const what = operator(input);
    if (what.cost === 1) addOne();
    if (what.lengthOnTop) {
      out.push(0x22, ...amount);
      if (!what.grows) addAmount();
    }
    for (let i = at; i < input.at; i++) out.push(input.bytes[i]!);
    if (what.handler) addOne();
    if (input.bytes[at] === 0x03) check();
    if (what.grows) {
      out.push(0x22, ...answer, 0x41, 0x7f, 0x47, 0x04, 0x40);
      addAmount();
      out.push(0x0b, 0x20, ...answer);
    }
  }
  return out;
}

interface Operator {
  readonly cost: 0 | 1;
  readonly lengthOnTop?: boolean;
  readonly grows?: boolean;
  readonly handler?: boolean;
}

const FREE: Operator = { cost: 0 };
const ONE: Operator = { cost: 1 };
const BULK: Operator = { cost: 1, lengthOnTop: true };
const GROW: Operator = { cost: 1, lengthOnTop: true, grows: true };
const HANDLER: Operator = { cost: 0, handler: true };

/** Reads one operator with its immediates (core specification 5.4) and says what it costs. */
function operator(input: Input): Operator {
  const op = input.byte();
  if (op === 0x00 || op === 0x01 || op === 0x05 || op === 0x0b || op === 0x0f || op === 0x1a) return FREE;
  if (op === 0x02 || op === 0x03 || op === 0x04 || op === 0x06) {
    input.skipLeb(); // a block type is one byte or a type index: both read as one LEB128
    return op === 0x04 || op === 0x06 ? ONE : FREE;
  }
  if (op === 0x18 || op === 0x07 || op === 0x19) {
    if (op !== 0x19) input.skipLeb();
    return op === 0x18 ? FREE : HANDLER;
  }
  if (op === 0x0e) {
    for (let labels = input.leb() + 1; labels > 0; labels--) input.skipLeb();
    return ONE;
  }
  if (op === 0x11 || op === 0x13) {
    input.skipLeb();
    input.skipLeb();
    return ONE;
  }
  if (op === 0x1c) {
    input.skip(input.leb());
    return ONE;
  }
  if (op === 0x40) {
    input.skipLeb();
    return GROW;
  }
  const oneLeb =
    (op >= 0x08 && op <= 0x12 && op !== 0x0a) ||
    (op >= 0x20 && op <= 0x26) ||
    op === 0x3f ||
    op === 0x41 ||
    op === 0x42 ||
    op === 0xd0 ||
    op === 0xd2;
  if (oneLeb) {
    input.skipLeb();
    return ONE;
  }
  if (op >= 0x28 && op <= 0x3e) {
    input.skipLeb();
    input.skipLeb();
    return ONE;
  }
  if (op === 0x43 || op === 0x44) {
    input.skip(op === 0x43 ? 4 : 8);
    return ONE;
  }
  if (op === 0x1b || (op >= 0x45 && op <= 0xc4) || op === 0xd1) return ONE;
  if (op === 0xfc) return afterMisc(input);
  if (op === 0xfd) return afterSimd(input);
  throw new Error(`opcode 0x${op.toString(16)} is not known to the counting oracle`);
}

function afterMisc(input: Input): Operator {
  const op = input.leb();
  if (op <= 7) return ONE;
  if (op > 17) throw new Error(`opcode 0xfc ${op} is not known to the counting oracle`);
  input.skipLeb();
  if (op === 8 || op === 10 || op === 12 || op === 14) input.skipLeb();
  if (op === 15) return GROW;
  // data.drop, elem.drop and table.size move nothing
  return op === 9 || op === 13 || op === 16 ? ONE : BULK;
}

function afterSimd(input: Input): Operator {
  const op = input.leb();
  if (op <= 11 || op === 92 || op === 93) {
    input.skipLeb();
    input.skipLeb();
  } else if (op === 12 || op === 13) input.skip(16);
  else if (op >= 21 && op <= 34) input.skip(1);
  else if (op >= 84 && op <= 91) {
    input.skipLeb();
    input.skipLeb();
    input.skip(1);
  } else if (op > 255) throw new Error(`opcode 0xfd ${op} is not known to the counting oracle`);
  return ONE;
}

/** Signed LEB128 of a number that is not negative. */
function sleb(value: number): number[] {
  const out = leb(value);
  if ((out[out.length - 1]! & 0x40) === 0) return out;
  out[out.length - 1]! |= 0x80;
  return [...out, 0];
}

function section(id: number, contents: ArrayLike<number>): number[] {
  return [id, ...leb(contents.length), ...Array.from(contents)];
}

/** `parts.flat()`, which is slow for arrays of many thousand numbers. */
function flat(parts: readonly (readonly number[])[]): number[] {
  const out: number[] = [];
  for (const part of parts) for (const value of part) out.push(value);
  return out;
}
