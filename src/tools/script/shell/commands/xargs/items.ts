import { Failure, linesOf } from "../command.ts";
import { ESCAPES } from "../escapes.ts";

const WORD = /((?:"[^"\n]*"|'[^'\n]*'|\\[\s\S]|[^ \t\n"'\\])+)|([ \t]*)\n|(["'])/g;
const QUOTED = /"([^"\n]*)"|'([^'\n]*)'|\\([\s\S])|(["'])/g;

function unquoted(text: string): string {
  if (!/["'\\]/.test(text)) return text;
  return text.replace(QUOTED, (_all, double?: string, single?: string, escaped?: string, open?: string) => {
    if (open !== undefined) throw unmatched(open);
    return double ?? single ?? (escaped as string);
  });
}

function unmatched(quote: string): Failure {
  const kind = quote === '"' ? "double" : "single";
  return new Failure(`unmatched ${kind} quote; by default quotes are special to xargs unless you use the -0 option`);
}

/** The sign of -d. */
export function delimiterOf(text: string): string {
  const [, octal, hexadecimal, letter] = /^\\(?:0?([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))$/s.exec(text) ?? [];
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
  if (hexadecimal !== undefined) return String.fromCharCode(Number.parseInt(hexadecimal, 16));
  const sign = letter === undefined ? text : ESCAPES[letter];
  if (sign === undefined || sign.length !== 1)
    throw new Failure(
      `Invalid input delimiter specification ${text}: the delimiter must be either a single character or an escape sequence starting with \\.`,
    );
  return sign;
}

/** Items between delimiters, each as it is. */
export function delimited(input: string, delimiter: string): string[][] {
  return linesOf(input, delimiter).map((item) => [item]);
}

/** Adds each line as an item, without the blanks before it; throws where a quote is left open. */
export function wholeLines(input: string, end: string | undefined, items: string[][]): void {
  for (const [line] of input.matchAll(/(?:\\[\s\S]|[^\n\\])+/g)) {
    const text = unquoted(line.replace(/^[ \t]+/, ""));
    if (text === end) break;
    if (text !== "") items.push([text]);
  }
}

/** Adds the words of each line; a line that ends with a blank goes on in the next. Throws where a quote is left open. */
export function wordLines(input: string, end: string | undefined, lines: string[][]): void {
  let line: string[] = [];
  const close = (): void => {
    if (line.length > 0) lines.push(line);
    line = [];
  };
  let wordEnd = -1;
  for (const { index, 0: all, 1: word, 2: blanks, 3: quote } of input.matchAll(WORD)) {
    if (quote !== undefined) {
      // what the quote stands in is no word
      if (wordEnd === index) line.pop();
      close();
      throw unmatched(quote);
    }
    if (word === undefined) {
      if (blanks === "") close();
      continue;
    }
    const item = unquoted(word);
    if (item === end) break;
    line.push(item);
    wordEnd = index + all.length;
  }
  close();
}
