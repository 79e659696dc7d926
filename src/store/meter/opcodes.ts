/** What follows an opcode. Up to {@link LAST_PLAIN} an operator only moves data; beyond, it steers control or is refused. */
export const NONE = 0;
/** One LEB128 of any kind. */
export const LEB = 1;
/** Alignment and offset. */
export const MEMARG = 2;
/** Two LEB128s. */
export const LEB2 = 3;
export const BYTES4 = 4;
export const BYTES8 = 5;
export const BYTES16 = 6;
export const MEMARG_LANE = 7;
/** The index of a local. */
export const LOCAL = 8;
export const LAST_PLAIN = 8;
/** Handled one by one in the walk. */
export const SPECIAL = 9;
export const UNKNOWN = 10;
/** No immediates; becomes several basic blocks, and so is counted. */
export const COUNTED = 11;

export enum OP {
  unreachable = 0x00,
  nop = 0x01,
  block = 0x02,
  loop = 0x03,
  if = 0x04,
  else = 0x05,
  try = 0x06,
  catch = 0x07,
  throw = 0x08,
  rethrow = 0x09,
  throwRef = 0x0a,
  end = 0x0b,
  br = 0x0c,
  brIf = 0x0d,
  brTable = 0x0e,
  return = 0x0f,
  call = 0x10,
  callIndirect = 0x11,
  returnCall = 0x12,
  returnCallIndirect = 0x13,
  callRef = 0x14,
  returnCallRef = 0x15,
  delegate = 0x18,
  catchAll = 0x19,
  drop = 0x1a,
  select = 0x1b,
  selectTyped = 0x1c,
  tryTable = 0x1f,
  localGet = 0x20,
  localSet = 0x21,
  localTee = 0x22,
  globalGet = 0x23,
  globalSet = 0x24,
  memoryGrow = 0x40,
  i32Const = 0x41,
  i64Const = 0x42,
  i32Eq = 0x46,
  i64Eq = 0x51,
  i64LtS = 0x53,
  i64LtU = 0x54,
  i32Add = 0x6a,
  i32Sub = 0x6b,
  i64Add = 0x7c,
  i64Sub = 0x7d,
  i64Mul = 0x7e,
  i64ExtendI32U = 0xad,
  refNull = 0xd0,
  refFunc = 0xd2,
  refEq = 0xd3,
  refAsNonNull = 0xd4,
  brOnNull = 0xd5,
  brOnNonNull = 0xd6,
  prefixGc = 0xfb,
  prefixMisc = 0xfc,
  prefixSimd = 0xfd,
}

export enum MISC {
  memoryInit = 8,
  memoryCopy = 10,
  memoryFill = 11,
  tableInit = 12,
  tableCopy = 14,
  tableGrow = 15,
  tableFill = 17,
}

/** Immediates of the one-byte opcodes (core spec 5.4; legacy exception handling proposal), every proposal on. */
export const IMMEDIATE = new Uint8Array(256).fill(UNKNOWN);
/** Immediates after the prefix 0xfc. */
export const MISC_IMMEDIATE = new Uint8Array(18);
/** Immediates after the prefix 0xfd. */
export const SIMD_IMMEDIATE = new Uint8Array(256);
/** Wasmtime 49's cost of each one-byte opcode (crates/environ/src/tunables.rs, `default_operator_cost`). */
export const COST = new Uint8Array(256).fill(1);

function set(table: Uint8Array, kind: number, from: number, to = from): void {
  table.fill(kind, from, to + 1);
}

set(IMMEDIATE, SPECIAL, 0x00, OP.returnCallRef);
set(IMMEDIATE, SPECIAL, OP.delegate, OP.catchAll);
set(IMMEDIATE, NONE, 0x1a, 0x1b);
set(IMMEDIATE, SPECIAL, OP.selectTyped);
set(IMMEDIATE, SPECIAL, OP.tryTable);
set(IMMEDIATE, LOCAL, 0x20, 0x22);
set(IMMEDIATE, LEB, 0x23, 0x26);
set(IMMEDIATE, MEMARG, 0x28, 0x3e);
set(IMMEDIATE, LEB, 0x3f);
set(IMMEDIATE, SPECIAL, OP.memoryGrow);
set(IMMEDIATE, LEB, 0x41, 0x42);
set(IMMEDIATE, BYTES4, 0x43);
set(IMMEDIATE, BYTES8, 0x44);
set(IMMEDIATE, NONE, 0x45, 0xc4);
set(IMMEDIATE, COUNTED, 0xa8, 0xab);
set(IMMEDIATE, COUNTED, 0xae, 0xb1);
set(IMMEDIATE, SPECIAL, OP.refNull);
set(IMMEDIATE, NONE, 0xd1);
set(IMMEDIATE, SPECIAL, OP.refFunc);
set(IMMEDIATE, SPECIAL, OP.refEq, OP.brOnNonNull);
set(IMMEDIATE, SPECIAL, OP.prefixGc, OP.prefixSimd);
set(IMMEDIATE, NONE, OP.nop);

set(MISC_IMMEDIATE, NONE, 0, 7);
set(MISC_IMMEDIATE, LEB, 9, 17);
for (const op of [MISC.memoryInit, MISC.memoryCopy, MISC.tableInit, MISC.tableCopy]) set(MISC_IMMEDIATE, LEB2, op);

set(SIMD_IMMEDIATE, MEMARG, 0, 11);
set(SIMD_IMMEDIATE, BYTES16, 12, 13);
set(SIMD_IMMEDIATE, LEB, 21, 34);
set(SIMD_IMMEDIATE, MEMARG_LANE, 84, 91);
set(SIMD_IMMEDIATE, MEMARG, 92, 93);
for (const hole of [
  0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2,
  0xee,
])
  set(SIMD_IMMEDIATE, UNKNOWN, hole);

// A handler costs 1, which the walk charges where the handler starts.
// `delegate` ends its try as `end` does, so it costs as much; Wasmtime does not know legacy exception handling.
for (const op of [
  OP.unreachable,
  OP.nop,
  OP.block,
  OP.loop,
  OP.else,
  OP.end,
  OP.return,
  OP.drop,
  OP.delegate,
  OP.catch,
  OP.catchAll,
])
  COST[op] = 0;
