import { Failure } from "../command.ts";
import type { Node, Source } from "./tree.ts";

/** Classes by name: of ASCII, and of all characters. */
const CLASSES: Readonly<Record<string, readonly [string, string]>> = {
  alpha: ["A-Za-z", "\\p{L}"],
  digit: ["0-9", "0-9"],
  alnum: ["A-Za-z0-9", "\\p{L}\\p{N}"],
  upper: ["A-Z", "\\p{Lu}"],
  lower: ["a-z", "\\p{Ll}"],
  space: ["\\t-\\r ", "\\t-\\r \\u1680\\u2000-\\u200a\\u2028\\u2029\\u205f\\u3000"],
  blank: [" \\t", " \\t\\u1680\\u2000-\\u200a\\u205f\\u3000"],
  punct: ["!-\\/:-@\\[-`\\{-~", "!-\\/:-@\\[-`\\{-~\\p{P}\\p{S}"],
  xdigit: ["0-9A-Fa-f", "0-9A-Fa-f"],
  cntrl: ["\\0-\\x1f\\x7f", "\\0-\\x1f\\x7f-\\x9f"],
  print: [" -~", " -~\\u00a0-\\u{10ffff}"],
  graph: ["!-~", "!-~\\u00a1-\\u{10ffff}"],
};

export const WORD: Source = { narrow: "\\w", wide: "[\\p{L}\\p{N}_]" };
export const NOT_WORD: Source = { narrow: "\\W", wide: "[^\\p{L}\\p{N}_]" };
export const SPACE: Source = spaces("[");
export const NOT_SPACE: Source = spaces("[^");

function spaces(open: string): Source {
  const [narrow, wide] = CLASSES.space as readonly [string, string];
  return { narrow: `${open}${narrow}]`, wide: `${open}${wide}]` };
}

const plain = (character: string): string => character.replace(/[\\\]^[{}()|/.$*+?-]/, "\\$&");

const UNMATCHED = "Unmatched [, [^, [:, [., or [=";

/** Reads what begins with the bracket at `at`; answers it and where it ends. */
export function bracket(pattern: string, at: number, ignoreCase: boolean): { node: Node; end: number } {
  let i = at + 1;
  const negated = pattern[i] === "^";
  if (negated) i++;
  const first = i;
  let [narrow, wide] = ["", ""];
  const one = (): string => {
    const named = /^\[([.=])([\s\S])\1\]/u.exec(pattern.slice(i, i + 8));
    const character = named?.[2] ?? String.fromCodePoint(pattern.codePointAt(i) as number);
    i += named?.[0].length ?? character.length;
    return character;
  };
  for (;;) {
    if (i >= pattern.length) throw new Failure(UNMATCHED, 2);
    if (pattern[i] === "]" && i > first) break;
    if (pattern.startsWith("[:", i)) {
      const close = pattern.indexOf(":]", i + 2);
      if (close < 0) throw new Failure(UNMATCHED, 2);
      const name = pattern.slice(i + 2, close);
      const known = CLASSES[ignoreCase && (name === "upper" || name === "lower") ? "alpha" : name];
      if (known === undefined) throw new Failure("Invalid character class name", 2);
      narrow += known[0];
      wide += known[1];
      i = close + 2;
      continue;
    }
    const from = one();
    let range = plain(from);
    if (pattern[i] === "-" && pattern[i + 1] !== "]" && i + 1 < pattern.length) {
      i++;
      const to = one();
      if ((to.codePointAt(0) as number) < (from.codePointAt(0) as number)) throw new Failure("Invalid range end", 2);
      range = `${plain(from)}-${plain(to)}`;
    }
    narrow += range;
    wide += range;
  }
  if (!negated && /^:.*:$/.test(pattern.slice(first, i)) && i - first > 2)
    throw new Failure("character class syntax is [[:space:]], not [:space:]", 2);
  const open = negated ? "[^" : "[";
  return { node: { type: "sign", source: { narrow: `${open}${narrow}]`, wide: `${open}${wide}]` } }, end: i + 1 };
}
