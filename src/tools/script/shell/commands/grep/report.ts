// What grep says of the lines of one file.

import { bytesOf, textOf } from "../bytes.ts";
import { linesOf } from "../command.ts";
import type { Matcher } from "../regex/matcher.ts";
import type { Patterns } from "./patterns.ts";

export interface Wanted {
  readonly patterns: Patterns;
  readonly invert: boolean;
  /** What a line ends with. */
  readonly end: "\n" | "\0";
  /** What is said: lines, matches, or nothing but how many lines there are. */
  readonly shows: "lines" | "matches" | "count";
  readonly most: number;
  /** Lines around, -1 where none are asked for. */
  readonly before: number;
  readonly after: number;
  readonly separator: string | undefined;
  readonly names: boolean;
  readonly numbers: boolean;
  readonly offsets: boolean;
  /** The width of numbers where a tab follows them; undefined for none. */
  readonly tabs: number | undefined;
  readonly zeroNames: boolean;
  readonly colours: boolean;
  readonly binary: "message" | "text" | "skip";
}

export interface Reported {
  readonly count: number;
  /** Bytes. */
  readonly text: string;
  /** Whether a line matches that is not shown, for that it is no text. */
  readonly binary?: boolean;
}

const colour = (code: string, text: string): string => `\x1b[${code}m\x1b[K${text}\x1b[m\x1b[K`;
const NONE: Reported = { count: 0, text: "" };

/** Looks through bytes; `printed` says whether anything was printed for other files. */
export function report(bytes: string, name: string, wanted: Wanted, printed: boolean): Reported {
  const { binary, end, invert, patterns, shows } = wanted;
  const hasNul = end === "\n" && bytes.includes("\0");
  if (hasNul && binary === "skip") return NONE;
  const text = binary === "text" && hasNul ? undefined : textOf(bytes);
  const decoded = text ?? bytes;
  const { needed } = patterns;
  if (needed !== "" && !invert && text !== undefined && !text.includes(needed)) return NONE;
  const wide = text !== undefined && text.length !== bytes.length;
  const isQuiet = hasNul && binary === "message";
  const lines = linesOf(isQuiet ? decoded.replaceAll("\0", "\n") : decoded, end);
  const reporter = new Reporter(lines, name, wanted, printed, text === undefined);
  const count = reporter.run(shows === "count" ? "count" : isQuiet ? "first" : "all", wide, binary);
  if (count > 0 && shows !== "count" && (isQuiet || reporter.broken))
    return { count, text: reporter.text, binary: true };
  return { count: reporter.broken && binary === "skip" ? 0 : count, text: reporter.text };
}

class Reporter {
  text = "";
  /** Whether a line that was to be printed is no text. */
  broken = false;
  readonly #lines: readonly string[];
  readonly #name: string;
  readonly #wanted: Wanted;
  readonly #raw: boolean;
  #printed: boolean;
  #last = -1;
  #offset = 0;
  #offsetLine = 0;

  constructor(lines: readonly string[], name: string, wanted: Wanted, printed: boolean, raw: boolean) {
    this.#lines = lines;
    this.#name = name;
    this.#wanted = wanted;
    this.#printed = printed;
    this.#raw = raw;
  }

  /** How many lines are selected; `first` ends at the first. */
  run(what: "count" | "first" | "all", wide: boolean, binary: Wanted["binary"]): number {
    const { after, before, invert, most, patterns } = this.#wanted;
    const matcher = patterns.matcher(wide);
    const lines = this.#lines;
    let [count, follow] = [0, -1];
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] as string;
      const held = this.#raw ? this.#rawTest(line, matcher) : matcher.test(line);
      if (held === invert || count >= most) {
        if (i <= follow) this.#print(i, false, matcher);
        else if (count >= most) break;
        continue;
      }
      count++;
      if (what === "first") return count;
      if (what === "count") {
        if (count >= most) break;
        continue;
      }
      if (this.#raw && binary !== "text" && textOf(line) === undefined) {
        this.broken = true;
        return count;
      }
      const from = Math.max(this.#last + 1, i - Math.max(0, before));
      if ((before >= 0 || after >= 0) && this.#printed && (this.#last < 0 || from > this.#last + 1)) this.#separate();
      for (let k = from; k < i; k++) this.#print(k, false, matcher);
      this.#print(i, true, matcher);
      follow = i + Math.max(0, after);
      if (count >= most && follow === i) break;
    }
    return count;
  }

  /** A line of a file that is no text may be text. */
  #rawTest(line: string, matcher: Matcher): boolean {
    const text = textOf(line);
    return text === undefined || text.length === line.length
      ? matcher.test(line)
      : this.#wanted.patterns.matcher(true).test(text);
  }

  #separate(): void {
    const { separator, colours } = this.#wanted;
    if (separator !== undefined) this.text += `${colours ? colour("36", separator) : bytesOf(separator)}\n`;
  }

  #print(at: number, selected: boolean, matcher: Matcher): void {
    const { colours, end, invert, shows } = this.#wanted;
    const line = this.#lines[at] as string;
    this.#last = at;
    this.#printed = true;
    if (shows === "lines") {
      const shown = colours && selected !== invert ? painted(line, matcher) : line;
      this.text += this.#head(at, selected ? ":" : "-", 0) + this.#bytes(shown) + end;
      return;
    }
    if (!selected || invert) return;
    for (const { index, end: to } of spans(line, matcher)) {
      const found = this.#bytes(line.slice(index, to));
      this.text +=
        this.#head(at, ":", this.#bytes(line.slice(0, index)).length) +
        (colours ? colour("01;31", found) : found) +
        end;
    }
  }

  #bytes(text: string): string {
    return this.#raw ? text : bytesOf(text);
  }

  #head(at: number, sign: string, within: number): string {
    const { colours, names, numbers, offsets, tabs, zeroNames } = this.#wanted;
    if (!names && !numbers && !offsets) return "";
    const mark = colours ? colour("36", sign) : sign;
    const number = (value: number): string => {
      const digits = String(value).padStart(tabs ?? 0);
      return (colours ? colour("32", digits) : digits) + mark;
    };
    let head = "";
    if (names) head += (colours ? colour("35", bytesOf(this.#name)) : bytesOf(this.#name)) + (zeroNames ? "\0" : mark);
    if (numbers) head += number(at + 1);
    if (offsets) head += number(this.#offsetOf(at) + within);
    return tabs !== undefined ? `${head}\t` : head;
  }

  /** Where a line begins, in bytes; lines are asked for in order. */
  #offsetOf(at: number): number {
    for (; this.#offsetLine < at; this.#offsetLine++)
      this.#offset += this.#bytes(this.#lines[this.#offsetLine] as string).length + 1;
    return this.#offset;
  }
}

/** The matches in a line that are not empty. */
function* spans(line: string, matcher: Matcher): Generator<{ readonly index: number; readonly end: number }> {
  for (let at = 0; at <= line.length; ) {
    const found = matcher.exec(line, at);
    if (found === undefined) return;
    if (found.end > found.index) yield found;
    at = found.end > at ? found.end : at + 1;
  }
}

function painted(line: string, matcher: Matcher): string {
  let [text, at] = ["", 0];
  for (const { index, end } of spans(line, matcher)) {
    text += line.slice(at, index) + colour("01;31", line.slice(index, end));
    at = end;
  }
  return text + line.slice(at);
}
