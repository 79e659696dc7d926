import { BinaryReader } from "../store/meter/binary-reader.ts";
import * as I from "../store/meter/opcodes.ts";
import type { ByteSink } from "./byte-sink.ts";

/** What a body is rewritten with. */
export interface Renumbering {
  /** The new index of a function. */
  index(old: number): number;
  /** Function that is called in the place of `memory.grow`. */
  readonly grow: number;
}

const { OP } = I;

/**
 * Copies a function's body with the functions that it calls renumbered. Throws an Error that names an operator which it
 * does not know.
 */
export function renumberBody(out: ByteSink, bytes: Uint8Array, start: number, end: number, to: Renumbering): void {
  const r = new BinaryReader(bytes, start, end);
  for (let groups = r.u32(); groups > 0; groups--) {
    r.skipLeb();
    r.byte();
  }
  let copied = start;
  const replace = (from: number): void => {
    out.raw(bytes.subarray(copied, from));
    copied = r.at;
  };
  while (r.at < end) {
    const at = r.at;
    const op = r.byte();
    if (op === OP.call || op === OP.returnCall || op === OP.refFunc) {
      const old = r.u32();
      replace(at + 1);
      out.u32(to.index(old));
    } else if (op === OP.memoryGrow) {
      r.byte();
      replace(at);
      out.byte(OP.call).u32(to.grow);
    } else skipImmediates(r, op);
  }
  out.raw(bytes.subarray(copied, end));
}

function skipImmediates(r: BinaryReader, op: number): void {
  switch (op === OP.prefixMisc ? I.NONE : I.IMMEDIATE[op]) {
    case I.NONE:
    case I.COUNTED:
      if (op === OP.prefixMisc) skipMisc(r);
      return;
    case I.LEB:
    case I.LOCAL:
      r.skipLeb();
      return;
    case I.MEMARG:
    case I.LEB2:
      r.skipLeb();
      r.skipLeb();
      return;
    case I.BYTES4:
      r.skip(4);
      return;
    case I.BYTES8:
      r.skip(8);
      return;
    default:
      skipControl(r, op);
  }
}

function skipMisc(r: BinaryReader): void {
  const kind = I.MISC_IMMEDIATE[r.u32()];
  if (kind === I.LEB || kind === I.LEB2) r.skipLeb();
  if (kind === I.LEB2) r.skipLeb();
}

function skipControl(r: BinaryReader, op: number): void {
  switch (op) {
    case OP.unreachable:
    case OP.else:
    case OP.end:
    case OP.return:
      return;
    case OP.block:
    case OP.loop:
    case OP.if:
    case OP.br:
    case OP.brIf:
      r.skipLeb();
      return;
    case OP.callIndirect:
    case OP.returnCallIndirect:
      r.skipLeb();
      r.skipLeb();
      return;
    case OP.brTable:
      for (let left = r.u32() + 1; left > 0; left--) r.skipLeb();
      return;
    default:
      throw new Error(`the JavaScript engine's module has the operator 0x${op.toString(16)}, which the linker lacks`);
  }
}
