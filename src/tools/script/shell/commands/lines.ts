// Commands over lines: paste, shuf, uniq.

import { command, joined, linesOf, readAllOf, whole } from "./command.ts";

export const paste = command(
  "paste",
  { flags: "sz", values: "d", long: { serial: "s", delimiters: "d" } },
  async ({ flags, values, operands, read, stdin }) => {
    const signs = delimiters(values.get("d") ?? "\t");
    const between = (i: number): string => (signs.length === 0 ? "" : (signs[i % signs.length] as string));
    const all = operands.length === 0 ? ["-"] : operands;
    const columns: string[][] = [];
    const shared = linesOf(stdin);
    const dashes = all.filter((operand) => operand === "-").length;
    let dash = 0;
    for (const operand of all) {
      if (operand !== "-") columns.push(linesOf(await read(operand)));
      else if (flags.has("s")) columns.push(dash++ === 0 ? shared : []);
      else {
        const turn = dash++;
        columns.push(shared.filter((_, i) => i % dashes === turn));
      }
    }
    const join = (cells: readonly string[]): string =>
      cells.reduce((text, cell, i) => (i === 0 ? cell : text + between(i - 1) + cell), "");
    if (flags.has("s")) return { stdout: joined(columns.map(join)) };
    const rows = Math.max(0, ...columns.map((column) => column.length));
    return {
      stdout: joined(Array.from({ length: rows }, (_, row) => join(columns.map((column) => column[row] ?? "")))),
    };
  },
);

function delimiters(text: string): string[] {
  const known: Readonly<Record<string, string>> = { n: "\n", t: "\t", "0": "", "\\": "\\" };
  return [...text.matchAll(/\\(.)|([\s\S])/g)].map(([, escaped, plain]) =>
    escaped === undefined ? (plain as string) : (known[escaped] ?? escaped),
  );
}

export const uniq = command(
  "uniq",
  {
    flags: "cdiuDz",
    values: "fsw",
    long: {
      count: "c",
      repeated: "d",
      unique: "u",
      "ignore-case": "i",
      "skip-fields": "f",
      "skip-chars": "s",
      "check-chars": "w",
    },
  },
  async (given) => {
    const { flags, values, operands, context, path } = given;
    const [input = "-", output] = operands;
    const end = flags.has("z") ? "\0" : "\n";
    const fields = whole(values.get("f") ?? "0", "number of fields to skip");
    const skip = whole(values.get("s") ?? "0", "number of bytes to skip");
    const width = values.has("w") ? whole(values.get("w") as string, "number of bytes to compare") : undefined;
    const key = (line: string): string => {
      let rest = line;
      for (let i = 0; i < fields; i++) rest = rest.replace(/^[ \t]*[^ \t]*/, "");
      rest = rest.slice(skip, width === undefined ? undefined : skip + width);
      return flags.has("i") ? rest.toLowerCase() : rest;
    };
    const groups: string[][] = [];
    let last: string | undefined;
    for (const line of linesOf(await given.read(input), end)) {
      const now = key(line);
      if (now === last) groups.at(-1)?.push(line);
      else groups.push([line]);
      last = now;
    }
    const shown = groups.flatMap((group) => {
      if (flags.has("D")) return group.length > 1 ? group : [];
      if ((flags.has("d") && group.length === 1) || (flags.has("u") && group.length > 1)) return [];
      return [flags.has("c") ? `${String(group.length).padStart(7)} ${group[0]}` : (group[0] as string)];
    });
    if (output === undefined) return { stdout: joined(shown, end) };
    await context.fs.writeFile(path(output), joined(shown, end), "latin1");
    return {};
  },
);

export const shuf = command(
  "shuf",
  { flags: "ez", values: "nio", long: { "head-count": "n", echo: "e", "input-range": "i" } },
  async (given) => {
    const { flags, values, operands } = given;
    const [, from = "", to = ""] = /^(\d+)-(\d+)$/.exec(values.get("i") ?? "") ?? [];
    const lines = values.has("i")
      ? Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => String(Number(from) + i))
      : flags.has("e")
        ? [...operands]
        : linesOf(await readAllOf(given));
    for (let i = lines.length - 1; i > 0; i--) {
      const other = Math.floor(Math.random() * (i + 1));
      [lines[i], lines[other]] = [lines[other] as string, lines[i] as string];
    }
    return { stdout: joined(values.has("n") ? lines.slice(0, whole(values.get("n") as string, "line count")) : lines) };
  },
);
