// Compiles a glob to a program (glob-program.ts), or says what is wrong with it.

import {
  ANY,
  CHARACTER,
  CLASS,
  DEEP,
  JUMP,
  MATCH,
  NOWHERE,
  SKIP_SLASH,
  SLASH,
  SPLIT,
  STAR,
  codePointAt,
  emit,
  programSize,
  startProgram,
  step,
  width,
} from "./glob-program.ts";
import { take } from "./heap.ts";

/** Braces in braces. */
const NESTING: i32 = 32;

/** The pattern, and where in it the compiler stands. */
let pattern: usize = 0;
let at: usize = 0;
let end: usize = 0;
/** Room for the lists of ranges that are still to come. */
let classes: usize = 0;
/** Whether a component starts here, on every way to here. */
let fresh: bool = true;
let complaint: string = "";
let complaintAt: usize = 0;

/** What one level of braces has come to. */
@unmanaged
class Braces {
  /** The split that still lacks its other way: where the next alternative starts. */
  split: u32;
  /** The jump from the end of the last alternative, the operand of which is the one before. */
  jumps: u32;
  /** Low bit: a component starts at each alternative; next bit: and each so far ended where one starts. */
  components: u32;
}

const levels: usize = memory.data(12 * 32, 4);
let depth: i32 = 0;

/** What is wrong with the pattern, after {@link compileGlob} answered false. */
export function complaintText(): string {
  return complaint;
}

/** Byte of the pattern that it is about. */
export function complaintOffset(): usize {
  return complaintAt;
}

function complain(text: string, about: usize): bool {
  complaint = text;
  complaintAt = about - pattern;
  return false;
}

/**
 * Compiles a pattern: `*`, `?`, `**` as a whole component, `[a-z]`, `[!a]`, `{a,b}` nested, `\` before a literal.
 * False when it is malformed. Takes memory in proportion to the pattern.
 */
export function compileGlob(from: usize, length: usize): bool {
  pattern = from;
  at = from;
  end = from + length;
  depth = 0;
  fresh = true;
  // Each byte makes two steps at most: `**` makes three of two bytes, a comma two, a brace one.
  startProgram(length * 2 + 4);
  classes = take(length * 8 + 16);
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x2a) compileStars();
    else if (byte == 0x5b) {
      if (!compileClass()) return false;
    } else if (byte == 0x7b) {
      if (!openBraces()) return false;
    } else if (depth && byte == 0x2c) nextAlternative();
    else if (byte == 0x7d) {
      if (!closeBraces()) return false;
    } else if (byte == 0x3f) {
      emit(ANY, 0);
      fresh = false;
      at++;
    } else if (!compileLiteral()) return false;
  }
  if (depth) return complain("an opening brace has no closing one: write \\{ for the character itself", end);
  emit(MATCH, 0);
  return true;
}

function compileStars(): void {
  const start = at;
  while (at < end && load<u8>(at) == 0x2a) at++;
  if (at - start == 2 && fresh && endsComponent()) {
    const split = emit(SPLIT, 0);
    emit(DEEP, 0);
    const jump = emit(JUMP, 0);
    step(split).other = emit(SKIP_SLASH, 0);
    step(jump).operand = programSize();
  } else emit(STAR, 0);
  fresh = false;
}

/** Whether what follows, also behind the braces that close here, starts with a slash or is the end. */
function endsComponent(): bool {
  let ahead = at;
  let open = depth;
  let passing = 0;
  while (ahead < end) {
    const byte = <u32>load<u8>(ahead++);
    if (passing) {
      // Over the other alternatives of braces that close behind.
      if (byte == 0x5c) ahead++;
      else if (byte == 0x7b) passing++;
      else if (byte == 0x7d) passing--;
      continue;
    }
    if (byte == SLASH) return true;
    if (!open || (byte != 0x2c && byte != 0x7d)) return false;
    open--;
    if (byte == 0x2c) passing = 1;
  }
  return true;
}

function braces(level: i32): Braces {
  return changetype<Braces>(levels + <usize>level * offsetof<Braces>());
}

function openBraces(): bool {
  if (depth == NESTING) return complain("braces nest too deeply", at);
  const level = braces(depth++);
  level.split = emit(SPLIT, 0);
  level.jumps = NOWHERE;
  level.components = (fresh ? 1 : 0) | 2;
  at++;
  return true;
}

function nextAlternative(): void {
  const level = endAlternative();
  const jump = emit(JUMP, level.jumps);
  level.jumps = jump;
  step(level.split).other = programSize();
  level.split = emit(SPLIT, 0);
  fresh = (level.components & 1) != 0;
}

function closeBraces(): bool {
  if (!depth) return complain("a closing brace has no opening one: write \\} for the character itself", at);
  const level = endAlternative();
  for (let jump = level.jumps; jump != NOWHERE; ) {
    const before = step(jump).operand;
    step(jump).operand = programSize();
    jump = before;
  }
  fresh = (level.components & 2) != 0;
  depth--;
  return true;
}

/** Passes the comma or brace that ends an alternative of the innermost braces. */
function endAlternative(): Braces {
  const level = braces(depth - 1);
  if (!fresh) level.components &= ~2;
  at++;
  return level;
}

function compileLiteral(): bool {
  if (load<u8>(at) == 0x5c && ++at == end) {
    return complain("a backslash ends the pattern: write \\\\ for the character itself", at - 1);
  }
  const code = codePointAt(at, end);
  at += width;
  emit(CHARACTER, code);
  fresh = code == SLASH;
  return true;
}

/** `[…]` to a list of ranges; false when it is malformed. */
function compileClass(): bool {
  const from = at++;
  const list = classes;
  let to = list + 8;
  let negated: u32 = 0;
  if (at < end && (load<u8>(at) == 0x21 || load<u8>(at) == 0x5e)) {
    negated = 1;
    at++;
  }
  let first = true;
  while (at < end && (first || load<u8>(at) != 0x5d)) {
    first = false;
    const low = memberOfClass();
    let high = low;
    if (at + 1 < end && load<u8>(at) == 0x2d && load<u8>(at + 1) != 0x5d) {
      at++;
      high = memberOfClass();
    }
    if (high < low) return complain("a range in brackets runs backwards", from);
    store<u32>(to, low);
    store<u32>(to, high, 4);
    to += 8;
  }
  if (at >= end) {
    return complain("an opening bracket has no closing one: write \\[ for the character itself", from);
  }
  store<u32>(list, (<u32>(to - list) >> 3) - 1);
  store<u32>(list, negated, 4);
  classes = to;
  emit(CLASS, <u32>list);
  fresh = false;
  at++;
  return true;
}

function memberOfClass(): u32 {
  if (load<u8>(at) == 0x5c && at + 1 < end) at++;
  const code = codePointAt(at, end);
  at += width;
  return code;
}
