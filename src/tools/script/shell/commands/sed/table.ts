import { escapeAt } from "./escapes.ts";
import type { Arguments } from "./program.ts";
import type { Reader } from "./reader.ts";

/** Reads what `y` puts in the place of what. */
export function tableAt(reader: Reader): Arguments {
  const delimiter = reader.pass();
  const from = reader.delimited(delimiter, false);
  const to = from === undefined ? undefined : reader.delimited(delimiter, false);
  if (from === undefined || to === undefined) reader.fail("unterminated `y' command");
  const [before, after] = [charactersOf(from), charactersOf(to)];
  if (before.length !== after.length) reader.fail("strings for `y' command are different lengths");
  reader.end();
  const table = new Map<string, string>();
  for (const [i, one] of before.entries()) if (!table.has(one)) table.set(one, after[i] as string);
  return { table };
}

function charactersOf(text: string): string[] {
  const all: string[] = [];
  for (let at = 0; at < text.length; ) {
    const escaped = text[at] === "\\" && at + 1 < text.length;
    const found = escaped ? escapeAt(text, at) : undefined;
    if (escaped && found === undefined) at++;
    const one = found?.text ?? String.fromCodePoint(text.codePointAt(at) as number);
    all.push(one);
    at = found?.end ?? at + one.length;
  }
  return all;
}
