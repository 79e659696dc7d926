// Patterns of -P. The engine's own expressions take them: look-behind and references to groups need backtracking, which
// may take long for some patterns. That is paid for in fuel, as all that a script does.
import { Failure } from "../command.ts";
import type { Matcher } from "../regex/matcher.ts";

const CLASSES: Readonly<Record<string, string>> = {
  ...{ alpha: "A-Za-z", digit: "0-9", alnum: "A-Za-z0-9", upper: "A-Z", lower: "a-z", space: "\\s", word: "\\w" },
  ...{
    blank: " \\t",
    punct: "!-\\/:-@\\[-`\\{-~",
    xdigit: "0-9A-Fa-f",
    cntrl: "\\0-\\x1f\\x7f",
    print: " -~",
    graph: "!-~",
  },
};
const ESCAPES: Readonly<Record<string, string>> = {
  A: "^",
  z: "$",
  Z: "$",
  h: "[ \\t]",
  R: "(?:\\r\\n|[\\n-\\r])",
  e: "\\x1b",
  a: "\\x07",
};
const TOKEN =
  /\\Q([\s\S]*?)(?:\\E|$)|\\x\{([0-9a-fA-F]{1,6})\}|\\([\s\S])|\[:(\^?)(\w+):\]|\(\?P<|\(\?P=(\w+)\)|\(\?#[^)]*\)/gu;

/** What a pattern matches; the match begins behind `\K`. */
export function perlMatcher(
  pattern: string,
  how: { readonly ignoreCase: boolean; readonly around: "x" | "w" | undefined },
): Matcher {
  let ignoreCase = how.ignoreCase;
  const head = /^\(\?([imsx]+)\)/.exec(pattern);
  if (head?.[1]?.includes("x") === true)
    throw new Failure("there is no (?x) here: write the pattern without spaces", 2);
  if (head?.[1]?.includes("i") === true) ignoreCase = true;
  let kept = false;
  let source = pattern
    .slice(head?.[0].length ?? 0)
    .replace(
      TOKEN,
      (token, literal?: string, code?: string, escaped?: string, not?: string, name?: string, group?: string) => {
        if (literal !== undefined) return literal.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
        if (code !== undefined) return `\\u{${code}}`;
        if (name !== undefined) return not === "" ? (CLASSES[name] ?? token) : token;
        if (group !== undefined) return `\\k<${group}>`;
        if (token.startsWith("(?#")) return "";
        if (escaped === undefined) return "(?<";
        if (escaped === "K") {
          kept = true;
          return ")(?<kept>";
        }
        if (ESCAPES[escaped] !== undefined) return ESCAPES[escaped] as string;
        return /[\w^$\\.*+?()[\]{}|/-]/.test(escaped) ? token : escaped;
      },
    );
  if (kept) source = `(?:${source})`;
  if (how.around === "x") source = `^(?:${source})$`;
  else if (how.around === "w") source = `(?<!\\w)(?:${source})(?!\\w)`;
  const global = compiled(source, `g${head?.[1]?.includes("s") === true ? "s" : ""}${ignoreCase ? "i" : ""}`);
  const exec: Matcher["exec"] = (text, from) => {
    global.lastIndex = from;
    const found = global.exec(text);
    if (found === null) return undefined;
    const end = found.index + found[0].length;
    return { index: kept ? end - (found.groups?.kept?.length ?? 0) : found.index, end };
  };
  return { exec, test: (text) => exec(text, 0) !== undefined };
}

/** Over characters where the engine takes the pattern so, else over their halves. */
function compiled(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    try {
      return new RegExp(source, flags);
    } catch (error) {
      throw new Failure(error instanceof Error ? error.message : String(error), 2);
    }
  }
}
