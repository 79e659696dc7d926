import { type Fault, fault } from "../contract/fault.ts";
import { WASM_PAGE } from "../contract/units.ts";
import type { ModuleShape } from "./messages.ts";
import { ALLOCATORS, ENTRY_POINTS, type EntryPoint, INITIALIZER } from "./module-report.ts";

/** What an entry function gave: an exit code, and bytes that follow what was written to stdout. */
export interface EntryResult {
  readonly exitCode: number;
  /** A region of guest memory, checked to lie in it; a view, to be copied before anything else runs. */
  readonly region?: Uint8Array;
}

/** What entering a guest needs of the run. */
export interface EntryContext {
  readonly exports: WebAssembly.Exports;
  readonly shape: ModuleShape;
  readonly stdin: Uint8Array;
  memory(): WebAssembly.Memory | undefined;
  charge(amount: number): void;
}

/** A refusal from within a run, as a fault. Thrown here, caught where the run ends. */
export class EntryRefused extends Error {
  readonly fault: Fault;
  constructor(reason: Fault) {
    super(reason.message);
    this.fault = reason;
  }
}

/** Chooses the entry: the one asked for, else the first of `_start`, `run`, `execute` that is exported. */
export function chooseEntry(shape: ModuleShape, asked: EntryPoint | undefined): EntryPoint | Fault {
  const found = ENTRY_POINTS.find((name) => (asked ?? name) === name && shape.functions.includes(name));
  if (found !== undefined) return found;
  return asked === undefined
    ? fault("store", "module-refused", "module exports no entry point: export _start, run or execute")
    : fault("store", "module-refused", `module exports no function ${asked}: export it or choose another entry point`);
}

/**
 * Enters the guest once, by one of:
 *
 * - `_start()` or `_start() -> i32`, `run() -> i32`: the result is the exit code, as unsigned 32 bits; none is 0
 * - `execute(pointer: i32, length: i32) -> (pointer: i32, length: i32)`, or `-> i64` with the pointer in the upper and
 *   the length in the lower 32 bits: input and output are regions of the exported memory. Room for the input comes from
 *   the module's own `alloc(i32) -> i32`, else `malloc`, else from pages that the host adds at the end of memory;
 *   empty input is `(0, 0)`. Both copies are charged a unit of fuel a byte
 *
 * A module without `_start` is a reactor: its `_initialize`, where exported, is called first (WASI application ABI).
 * Every number that comes back is hostile: a region outside of memory is a `wasm-trap`.
 */
export function enter(context: EntryContext, entry: EntryPoint): EntryResult {
  const { exports, shape } = context;
  if (entry !== "_start" && shape.functions.includes(INITIALIZER)) exports[INITIALIZER]();
  if (entry === "execute") return execute(context);
  const result: unknown = exports[entry]();
  if (result === undefined) return { exitCode: 0 };
  if (typeof result === "number" && Number.isInteger(result)) return { exitCode: result >>> 0 };
  throw refused(`${entry} returned what is not an i32: let it return nothing or an i32`);
}

function execute(context: EntryContext): EntryResult {
  const { exports, stdin } = context;
  if (context.memory() === undefined) throw refused("execute needs an exported memory: export it as memory");
  const pointer = stdin.length === 0 ? 0 : place(context);
  const result: unknown = exports.execute(pointer | 0, stdin.length);
  const [from, length] = unpack(result);
  const size = context.memory()?.buffer.byteLength ?? 0;
  if (from + length > size) {
    throw new EntryRefused(
      fault("store", "wasm-trap", "the guest trapped: execute returned a region outside of its memory", {
        trap: "returned region out of bounds",
        pointer: from,
        length,
        size,
      }),
    );
  }
  context.charge(length);
  return { exitCode: 0, region: new Uint8Array(context.memory()!.buffer, from, length) };
}

/** Puts the input into guest memory and answers where. */
function place(context: EntryContext): number {
  const { exports, shape, stdin } = context;
  context.charge(stdin.length);
  const allocate = ALLOCATORS.find((name) => shape.functions.includes(name));
  let pointer: number;
  if (allocate === undefined) pointer = addPages(context);
  else {
    const given: unknown = exports[allocate](stdin.length);
    if (typeof given !== "number") throw refused(`${allocate} returned what is not an i32: let it return a pointer`);
    pointer = given >>> 0;
  }
  const memory = context.memory()!.buffer;
  if (pointer === 0 || pointer + stdin.length > memory.byteLength) {
    throw new EntryRefused(
      fault("store", "wasm-trap", `the guest trapped: ${allocate} gave no room inside of its memory`, {
        trap: "allocated region out of bounds",
        pointer,
        length: stdin.length,
        size: memory.byteLength,
      }),
    );
  }
  new Uint8Array(memory, pointer, stdin.length).set(stdin);
  return pointer;
}

function addPages(context: EntryContext): number {
  const memory = context.memory()!;
  const at = memory.buffer.byteLength;
  const pages = Math.ceil(context.stdin.length / WASM_PAGE);
  context.charge(pages);
  try {
    memory.grow(pages);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new EntryRefused(
      fault("store", "memory-limit-exceeded", "the input does not fit the guest's memory: send less at once", {
        size: at + pages * WASM_PAGE,
      }),
    );
  }
  return at;
}

function unpack(result: unknown): readonly [number, number] {
  if (typeof result === "bigint") {
    const bits = BigInt.asUintN(64, result);
    return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)];
  }
  if (Array.isArray(result) && result.length === 2) {
    const [from, length] = result as unknown[];
    if (typeof from === "number" && typeof length === "number") return [from >>> 0, length >>> 0];
  }
  throw refused("execute returned no region: let it return (i32, i32), or an i64 of pointer and length");
}

function refused(why: string): EntryRefused {
  return new EntryRefused(fault("store", "module-refused", `module refused: ${why}`));
}
