// grep, as GNU has it, but for the order of what lies in folders: names come sorted.
import type { Command } from "just-bash/browser";
import { bytesOf, textOf } from "./bytes.ts";
import { command, type Done, Failure, type Given, linesOf, reasonOf } from "./command.ts";
import { filesBelow } from "./grep/files.ts";
import { patternsOf } from "./grep/patterns.ts";
import { report, type Wanted } from "./grep/report.ts";

const RULE = {
  trouble: 2,
  flags: "EFGPivwxcloLnhHqrRsabIUyzTuZV",
  values: "efmABCdDX",
  long: {
    ...{
      "extended-regexp": "E",
      "fixed-strings": "F",
      "basic-regexp": "G",
      "perl-regexp": "P",
      regexp: "e",
      file: "f",
    },
    ...{
      "ignore-case": "i",
      "no-ignore-case": "no-ignore-case",
      "invert-match": "v",
      "word-regexp": "w",
      "line-regexp": "x",
    },
    ...{ count: "c", "files-with-matches": "l", "files-without-match": "L", "only-matching": "o", "max-count": "m" },
    ...{ "line-number": "n", "no-filename": "h", "with-filename": "H", quiet: "q", silent: "q", "no-messages": "s" },
    ...{ recursive: "r", "dereference-recursive": "R", text: "a", "byte-offset": "b", "null-data": "z", null: "Z" },
    ...{ "after-context": "A", "before-context": "B", context: "C", "line-buffered": "U", binary: "U" },
    ...{ "initial-tab": "T", "unix-byte-offsets": "u", version: "V", directories: "d", devices: "D" },
    ...{ include: "=include", exclude: "=exclude", "exclude-dir": "=exclude-dir", "exclude-from": "=exclude-from" },
    ...{ label: "=label", "group-separator": "=group-separator", "no-group-separator": "no-group-separator" },
    ...{ "binary-files": "=binary-files", colour: "?colour", color: "?colour" },
  } as Readonly<Record<string, string>>,
};
const USED = "Usage: grep [OPTION]... PATTERNS [FILE]...\n";

function count(text: string | undefined, otherwise: number, wrong: string): number {
  if (text === undefined) return otherwise;
  if (!/^\d+$/.test(text)) throw new Failure(wrong, 2);
  return Number(text);
}

async function linesFrom({ read }: Given, files: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const file of files) {
    const bytes = await read(file).catch((error) => {
      throw error instanceof Failure ? new Failure(error.message, 2) : error;
    });
    lines.push(...linesOf(textOf(bytes) ?? bytes));
  }
  return lines;
}

function wantedOf({ flags, values }: Given, patterns: Wanted["patterns"], names: boolean): Wanted {
  const length = (letter: string): number => {
    const given = values.get(letter) ?? values.get("C");
    return count(given, -1, `${given}: invalid context length argument`);
  };
  const binary = values.get("binary-files") ?? (flags.has("a") ? "text" : flags.has("I") ? "without-match" : "binary");
  if (!["binary", "text", "without-match"].includes(binary))
    throw new Failure("invalid argument for --binary-files: 'binary', 'text' or 'without-match'", 2);
  const only = ["c", "l", "L", "q"].some((flag) => flags.has(flag));
  return {
    patterns,
    names,
    invert: flags.has("v"),
    end: flags.has("z") ? "\0" : "\n",
    shows: only ? "count" : flags.has("o") ? "matches" : "lines",
    most: ["l", "L", "q"].some((flag) => flags.has(flag))
      ? Math.min(1, count(values.get("m"), 1, "invalid max count"))
      : count(values.get("m"), Number.POSITIVE_INFINITY, "invalid max count"),
    before: length("B"),
    after: length("A"),
    separator: flags.has("no-group-separator") ? undefined : (values.get("group-separator") ?? "--"),
    numbers: flags.has("n"),
    offsets: flags.has("b"),
    tabs: undefined,
    zeroNames: flags.has("Z"),
    colours: /^(?:always|yes|force)$/.test(values.get("colour") ?? ""),
    binary: binary === "text" ? "text" : binary === "binary" ? "message" : "skip",
  };
}

async function search(given: Given): Promise<Done> {
  const { flags, all, values, context, stdin } = given;
  if (flags.has("V")) return { stdout: "grep (GNU grep) 3.8\n" };
  const matcher = values.get("X");
  if (matcher !== undefined) throw new Failure(`invalid matcher ${matcher}`, 2);
  const operands = [...given.operands];
  const stated = all.has("e") || all.has("f");
  if (!stated && operands.length === 0)
    return { stderr: `${USED}Try 'grep --help' for more information.\n`, exitCode: 2 };
  const texts = [
    ...(all.get("e") ?? (stated ? [] : operands.splice(0, 1))).flatMap((one) => one.split("\n")),
    ...(await linesFrom(given, all.get("f") ?? [])),
  ];
  const ignoreCase = (flags.has("i") || flags.has("y")) && !flags.has("no-ignore-case");
  const patterns = patternsOf(texts, flags, ignoreCase);
  const action = values.get("d") ?? "read";
  const recursive = flags.has("r") || flags.has("R") || action === "recurse";
  const starts = operands.length > 0 ? operands : [recursive ? "." : "-"];
  const names = flags.has("H") || (!flags.has("h") && (recursive || starts.length > 1));
  const wanted = wantedOf(given, patterns, names);
  let [stdout, stderr, found, failed] = ["", "", false, false];
  const complain = (message: string): void => {
    failed = true;
    if (!flags.has("s")) stderr += `grep: ${message}\n`;
  };
  const files = filesBelow(context, starts, {
    recursive,
    follow: flags.has("R"),
    skipFolders: action === "skip",
    bare: operands.length === 0,
    include: all.get("include") ?? [],
    exclude: [...(all.get("exclude") ?? []), ...(await linesFrom(given, all.get("exclude-from") ?? []))],
    excludeFolders: all.get("exclude-dir") ?? [],
    complain,
  });
  const title = (name: string): string => bytesOf(name) + (flags.has("Z") ? "\0" : "\n");
  if (wanted.most === 0 && !flags.has("L")) return { exitCode: 1 };
  for await (const { name, at } of files) {
    let bytes = stdin;
    try {
      if (at !== undefined) bytes = (await context.fs.readFile(at, "latin1")) as string;
    } catch (error) {
      complain(`${name}: ${reasonOf(error)}`);
      continue;
    }
    const shown = at === undefined ? (values.get("label") ?? "(standard input)") : name;
    const {
      count: lines,
      text,
      binary = false,
    } = report(bytes, shown, flags.has("T") ? { ...wanted, tabs: widthOf(at, bytes) } : wanted, stdout !== "");
    if (lines > 0) found = true;
    if (flags.has("q")) {
      if (found) return { stderr };
    } else if (flags.has("L")) stdout += lines > 0 ? "" : title(shown);
    else if (flags.has("l")) stdout += lines > 0 ? title(shown) : "";
    else if (flags.has("c")) stdout += `${names ? bytesOf(shown) + (flags.has("Z") ? "\0" : ":") : ""}${lines}\n`;
    else {
      stdout += text;
      if (binary) stderr += `grep: ${shown}: binary file matches\n`;
    }
  }
  return { stdout, stderr, exitCode: failed ? 2 : found ? 0 : 1 };
}

/** Numbers before a tab are as wide as the largest that may come: of what has no size known, as any. */
function widthOf(at: string | undefined, bytes: string): number {
  return at === undefined ? 19 : String(bytes.length).length;
}

/** Words as the parser of options takes them: `-5` is that much context. */
function rewritten(words: readonly string[]): string[] {
  const end = words.indexOf("--");
  return words.flatMap((word, i) => {
    if (end >= 0 && i >= end) return [word];
    const [, length, flags = ""] = /^-(\d+)([a-zA-Z]*)$/.exec(word) ?? [];
    if (length === undefined || /^-[a-zA-Z]*[efmABCdD]$/.test(words[i - 1] ?? "")) return [word];
    return [`-C${length}`, ...(flags === "" ? [] : [`-${flags}`])];
  });
}

function searcher(name: string, kind: string): Command {
  return command(
    name,
    RULE,
    (given) => search(given),
    (words) => [...(kind === "" ? [] : [kind]), ...rewritten(words)],
  );
}

export const grep = searcher("grep", "");
export const egrep = searcher("egrep", "-E");
export const fgrep = searcher("fgrep", "-F");
