// What a glob is compiled to: a small program of steps, which runs over text as a set of states, so that time is linear
// in the text whatever the pattern (K. Thompson 1968; R. Cox, "Regular Expression Matching: the Virtual Machine
// Approach").

import { take } from "./heap.ts";

export const CHARACTER: u32 = 0;
export const ANY: u32 = 1;
export const STAR: u32 = 2;
/** Its operand is the address of a list of ranges: how many, whether negated, then first and last of each; all u32. */
export const CLASS: u32 = 3;
/** One or more characters, slashes too. */
export const DEEP: u32 = 4;
/** No component at all: passes the slash that follows in the pattern. */
export const SKIP_SLASH: u32 = 5;
export const SPLIT: u32 = 6;
export const JUMP: u32 = 7;
export const MATCH: u32 = 8;

export const SLASH: u32 = 0x2f;
export const NOWHERE: u32 = 0xffffffff;

/** 12 bytes: what to do, its operand, and where else to go. */
@unmanaged
export class Step {
  kind: u32;
  operand: u32;
  other: u32;
}

let program: usize = 0;
let size: u32 = 0;

/** Starts an empty program; takes room for so many steps. */
export function startProgram(most: usize): void {
  program = take(most * offsetof<Step>());
  size = 0;
}

/** How many steps there are. */
export function programSize(): u32 {
  return size;
}

export function step(index: u32): Step {
  return changetype<Step>(program + <usize>index * offsetof<Step>());
}

/** Adds a step and answers its index. There must be room. */
export function emit(kind: u32, operand: u32): u32 {
  const at = step(size);
  at.kind = kind;
  at.operand = operand;
  at.other = NOWHERE;
  return size++;
}

/** Bytes of the character that {@link codePointAt} read last. */
export let width: usize = 0;

/** The code point at `at`, in UTF-8; a stray byte, or one that `stop` cuts, stands for itself. */
export function codePointAt(at: usize, stop: usize): u32 {
  const lead = <u32>load<u8>(at);
  width = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + width > stop) width = 1;
  if (width == 1) return lead;
  let code = lead & (0xff >> (<u32>width + 1));
  for (let i: usize = 1; i < width; i++) code = (code << 6) | (load<u8>(at + i) & 63);
  return code;
}
