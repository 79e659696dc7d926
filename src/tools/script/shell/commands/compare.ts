// Commands that compare: cmp, diff.

import { diffArrays } from "diff";
import { command, Failure, type Given, linesOf, reasonOf } from "./command.ts";
import { fullTime } from "./file-facts.ts";

/** A stretch of lines: from both, or to be taken out or put in. */
interface Stretch {
  readonly kind: "both" | "out" | "in";
  readonly lines: readonly string[];
}

export const cmp = command(
  "cmp",
  { flags: "sl", values: "n", long: { silent: "s", quiet: "s" }, trouble: 2 },
  async ({ flags, operands, read }) => {
    const [one = "-", other = "-"] = operands;
    const [a, b] = [await read(one), await read(other)];
    if (a === b) return {};
    if (flags.has("s")) return { exitCode: 1 };
    let at = 0;
    while (at < a.length && at < b.length && a[at] === b[at]) at++;
    const line = a.slice(0, at).split("\n").length;
    if (at < a.length && at < b.length)
      return { stdout: `${one} ${other} differ: byte ${at + 1}, line ${line}\n`, exitCode: 1 };
    const short = a.length < b.length ? one : other;
    return { stderr: `cmp: EOF on ${short} after byte ${at}, in line ${Math.max(1, line - 1)}\n`, exitCode: 1 };
  },
);

export const diff = command(
  "diff",
  {
    trouble: 2,
    flags: "uqrNiwbBsay",
    values: "UxL",
    long: {
      unified: "u",
      brief: "q",
      recursive: "r",
      "new-file": "N",
      "ignore-case": "i",
      "ignore-all-space": "w",
      "ignore-space-change": "b",
      "ignore-blank-lines": "B",
      "report-identical-files": "s",
      label: "L",
      exclude: "x",
      text: "a",
      color: "a",
    },
  },
  async (given) => {
    const [one, other, more] = given.operands;
    if (one === undefined || other === undefined) throw new Failure("missing operand", 2);
    if (more !== undefined) throw new Failure(`extra operand '${more}'`, 2);
    const [left, right] = [await kindOf(given, one), await kindOf(given, other)];
    if (left === "directory" && right === "directory") return folders(given, one, other, "");
    const name = (file: string): string => file.split("/").at(-1) as string;
    if (left === "directory") return files(given, `${one}/${name(other)}`, other, "");
    if (right === "directory") return files(given, one, `${other}/${name(one)}`, "");
    return files(given, one, other, "");
  },
);

interface Found {
  readonly stdout: string;
  readonly exitCode: number;
}

async function kindOf({ context, path }: Given, operand: string): Promise<"file" | "directory"> {
  if (operand === "-") return "file";
  try {
    return (await context.fs.stat(path(operand))).isDirectory ? "directory" : "file";
  } catch (error) {
    throw new Failure(`${operand}: ${reasonOf(error)}`, 2);
  }
}

async function folders(given: Given, one: string, other: string, options: string): Promise<Found> {
  const { context, path, flags, all } = given;
  const [left, right] = [await context.fs.readdir(path(one)), await context.fs.readdir(path(other))];
  const excluded = all.get("x") ?? [];
  let stdout = "";
  let exitCode = 0;
  const shownOptions = options === "" ? optionsOf(flags) : options;
  for (const name of [...new Set([...left, ...right])].sort()) {
    if (excluded.includes(name)) continue;
    const [a, b] = [`${one}/${name}`, `${other}/${name}`];
    const alone = left.includes(name) ? (right.includes(name) ? undefined : one) : other;
    if (alone !== undefined) {
      stdout += `Only in ${alone}: ${name}\n`;
      exitCode = 1;
      continue;
    }
    const [kind, otherKind] = [await kindOf(given, a), await kindOf(given, b)];
    let found: Found = { stdout: "", exitCode: 0 };
    if (kind === "directory" && otherKind === "directory") {
      if (flags.has("r")) found = await folders(given, a, b, shownOptions);
      else found = { stdout: `Common subdirectories: ${a} and ${b}\n`, exitCode: 0 };
    } else if (kind === "file" && otherKind === "file") {
      found = await files(given, a, b, `diff${shownOptions} ${a} ${b}\n`);
    } else found = { stdout: `File ${a} is a ${kind} while file ${b} is a ${otherKind}\n`, exitCode: 1 };
    stdout += found.stdout;
    exitCode = Math.max(exitCode, found.exitCode);
  }
  return { stdout, exitCode };
}

function optionsOf(flags: ReadonlySet<string>): string {
  const given = [...flags].filter((flag) => flag !== "y").join("");
  return given === "" ? "" : ` -${given}`;
}

async function files(given: Given, one: string, other: string, title: string): Promise<Found> {
  const { flags, values, all, read } = given;
  const [a, b] = [await read(one), await read(other)];
  const key = (line: string): string => {
    let shown = flags.has("w") ? line.replace(/\s+/g, "") : flags.has("b") ? line.replace(/\s+/g, " ").trimEnd() : line;
    if (flags.has("i")) shown = shown.toLowerCase();
    return shown;
  };
  const stretches = compared(marked(a), marked(b), key, flags.has("B"));
  if (stretches.every(({ kind }) => kind === "both"))
    return { stdout: flags.has("s") ? `Files ${one} and ${other} are identical\n` : "", exitCode: 0 };
  if (flags.has("q")) return { stdout: `Files ${one} and ${other} differ\n`, exitCode: 1 };
  const around = values.get("U");
  if (!flags.has("u") && around === undefined) return { stdout: title + normal(stretches), exitCode: 1 };
  const labels = all.get("L") ?? [];
  const name = async (file: string, label: string | undefined): Promise<string> =>
    label ?? `${file}\t${await timeOf(given, file)}`;
  const header = `--- ${await name(one, labels[0])}\n+++ ${await name(other, labels[1])}\n`;
  return { stdout: title + header + unified(stretches, Number(around ?? 3)), exitCode: 1 };
}

async function timeOf({ context, path }: Given, file: string): Promise<string> {
  return fullTime(file === "-" ? new Date() : (await context.fs.stat(path(file))).mtime);
}

const NO_END = "\n\\ No newline at end of file";

/** The lines, the last with a mark where it has no end. */
function marked(text: string): string[] {
  const lines = linesOf(text);
  if (lines.length > 0 && !text.endsWith("\n")) lines.push(`${lines.pop()}${NO_END}`);
  return lines;
}

function compared(
  a: readonly string[],
  b: readonly string[],
  key: (line: string) => string,
  blank: boolean,
): Stretch[] {
  const stretches: Stretch[] = [];
  let [i, j] = [0, 0];
  for (const { value, added, removed } of diffArrays(a.map(key), b.map(key))) {
    if (removed) stretches.push({ kind: "out", lines: a.slice(i, i + value.length) });
    else if (added) stretches.push({ kind: "in", lines: b.slice(j, j + value.length) });
    else stretches.push({ kind: "both", lines: a.slice(i, i + value.length) });
    if (!added) i += value.length;
    if (!removed) j += value.length;
  }
  if (!blank) return stretches;
  return stretches.filter(({ kind, lines }) => kind === "both" || lines.some((line) => line.trim() !== ""));
}

function normal(stretches: readonly Stretch[]): string {
  const range = (from: number, count: number): string => (count <= 1 ? `${from}` : `${from},${from + count - 1}`);
  let text = "";
  let [i, j] = [1, 1];
  for (let at = 0; at < stretches.length; ) {
    const { kind, lines } = stretches[at] as Stretch;
    if (kind === "both") {
      i += lines.length;
      j += lines.length;
      at++;
      continue;
    }
    const out: string[] = [];
    const into: string[] = [];
    for (; at < stretches.length && stretches[at]?.kind !== "both"; at++) {
      const stretch = stretches[at] as Stretch;
      (stretch.kind === "out" ? out : into).push(...stretch.lines);
    }
    if (into.length === 0) text += `${range(i, out.length)}d${j - 1}\n`;
    else if (out.length === 0) text += `${i - 1}a${range(j, into.length)}\n`;
    else text += `${range(i, out.length)}c${range(j, into.length)}\n`;
    for (const line of out) text += `< ${line}\n`;
    if (out.length > 0 && into.length > 0) text += "---\n";
    for (const line of into) text += `> ${line}\n`;
    i += out.length;
    j += into.length;
  }
  return text;
}

function unified(stretches: readonly Stretch[], around: number): string {
  const lines: { sign: string; text: string; i: number; j: number }[] = [];
  let [i, j] = [0, 0];
  for (const { kind, lines: texts } of stretches) {
    for (const text of texts) {
      lines.push({ sign: kind === "both" ? " " : kind === "out" ? "-" : "+", text, i, j });
      if (kind !== "in") i++;
      if (kind !== "out") j++;
    }
  }
  let shown = "";
  for (let at = 0; at < lines.length; ) {
    if (lines[at]?.sign === " ") {
      at++;
      continue;
    }
    const from = Math.max(0, at - around);
    let to = at;
    for (let quiet = 0; to < lines.length && quiet <= 2 * around; to++) quiet = lines[to]?.sign === " " ? quiet + 1 : 0;
    while (to > at && lines[to - 1]?.sign === " ") to--;
    const hunk = lines.slice(from, Math.min(lines.length, to + around));
    const [olds, news] = [
      hunk.filter(({ sign }) => sign !== "+").length,
      hunk.filter(({ sign }) => sign !== "-").length,
    ];
    const range = (start: number, count: number): string =>
      `${count === 0 ? start : start + 1}${count === 1 ? "" : `,${count}`}`;
    shown += `@@ -${range(hunk[0]?.i ?? 0, olds)} +${range(hunk[0]?.j ?? 0, news)} @@\n`;
    for (const { sign, text } of hunk) shown += `${sign}${text}\n`;
    at = to + around;
  }
  return shown;
}
