import type { Arguments } from "./program.ts";
import type { Reader } from "./reader.ts";
import { partsOf } from "./substitute.ts";
import { fileNameAt } from "./words.ts";

interface Flags {
  readonly global: boolean;
  readonly prints: boolean;
  /** Which of the matches is the first to be replaced. */
  readonly nth: number;
  readonly file: string;
  /** Those of the expression. */
  readonly expression: string;
}

/** Reads what `s` puts in the place of what. */
export function substitutionAt(reader: Reader): Arguments {
  const delimiter = reader.pass();
  const text = reader.delimited(delimiter, true);
  const replacement = text === undefined ? undefined : reader.delimited(delimiter, false);
  if (text === undefined || replacement === undefined) reader.fail("unterminated `s' command");
  const { expression, file, ...flags } = flagsAt(reader);
  const pattern = reader.pattern(text, expression);
  const parts = partsOf(replacement);
  const most = Math.max(0, ...parts.filter((part) => typeof part === "number"));
  if (pattern !== undefined && most > pattern.groups) reader.fail(`invalid reference \\${most} on \`s' command's RHS`);
  return { pattern, text: file, substitution: { parts, grouped: most > 0, ...flags } };
}

function flagsAt(reader: Reader): Flags {
  let [global, prints, nth, expression, file] = [false, false, 0, "", ""];
  while (file === "" && reader.here !== "" && !/[;\n#}]/.test(reader.here)) {
    const given = reader.number();
    if (given !== undefined) {
      if (nth > 0) reader.fail("multiple number options to `s' command");
      if (given === 0) reader.fail("number option to `s' command may not be zero");
      nth = given;
      continue;
    }
    const flag = reader.pass();
    if (flag === "g") {
      if (global) reader.fail("multiple `g' options to `s' command");
      global = true;
    } else if (flag === "p") {
      if (prints) reader.fail("multiple `p' options to `s' command");
      prints = true;
    } else if (flag === "w") file = fileNameAt(reader);
    else if (flag === "e") reader.fail("e/r/w commands disabled in sandbox mode");
    else if (/[iImM]/.test(flag)) expression += flag;
    else if (!/\s/.test(flag)) reader.fail("unknown option to `s'");
  }
  return { global, prints, nth: Math.max(nth, 1), file, expression };
}
