import type { Address } from "./program.ts";
import type { Reader } from "./reader.ts";

export interface Addresses {
  readonly from: Address | undefined;
  readonly to: Address | undefined;
  readonly negated: boolean;
}

/** Reads what stands before a command's name. */
export function addressesAt(reader: Reader): Addresses {
  const from = addressAt(reader, true);
  let to: Address | undefined;
  if (from !== undefined) {
    reader.blanks();
    if (reader.here === ",") {
      reader.pass();
      reader.blanks();
      to = addressAt(reader, false);
      if (to === undefined) reader.fail("unexpected `,'", 1);
    }
    if (from.type === "line" && from.line === 0 && to?.type !== "match")
      reader.fail("invalid usage of line address 0", 1);
  }
  reader.blanks();
  const negated = reader.here === "!";
  if (negated) {
    reader.pass();
    reader.blanks();
    if (reader.here === "!") reader.fail("multiple `!'s", 1);
  }
  return { from, to, negated };
}

function addressAt(reader: Reader, first: boolean): Address | undefined {
  const line = reader.number();
  if (line !== undefined) {
    if (!first || reader.here !== "~") return { type: "line", line };
    reader.pass();
    return { type: "step", first: line, step: reader.number() ?? 0 };
  }
  switch (reader.here) {
    case "$":
      reader.pass();
      return { type: "last" };
    case "+":
    case "~": {
      if (first) reader.fail("invalid usage of +N or ~N as first address", 2);
      const type = reader.pass() === "+" ? "plus" : "multiple";
      return { type, count: reader.number() ?? 0 };
    }
    case "/":
    case "\\": {
      const delimiter = reader.pass() === "/" ? "/" : reader.pass();
      const text = reader.delimited(delimiter, true);
      if (text === undefined) reader.fail("unterminated address regex");
      return { type: "match", pattern: reader.pattern(text, reader.skip(/[IM]/)) };
    }
    default:
      return undefined;
  }
}
