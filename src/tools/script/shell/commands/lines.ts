// Commands over lines: paste, shuf.

import { command, joined, linesOf, readAllOf, whole } from "./command.ts";

export const paste = command(
  "paste",
  { flags: "sz", values: "d", long: { serial: "s", delimiters: "d", "zero-terminated": "z" } },
  async ({ flags, values, operands, read, stdin }) => {
    const signs = delimiters(values.get("d") ?? "\t");
    const between = (i: number): string => (signs.length === 0 ? "" : (signs[i % signs.length] as string));
    const all = operands.length === 0 ? ["-"] : operands;
    const columns: string[][] = [];
    const end = flags.has("z") ? "\0" : "\n";
    const shared = linesOf(stdin, end);
    const dashes = all.filter((operand) => operand === "-").length;
    let dash = 0;
    for (const operand of all) {
      if (operand !== "-") columns.push(linesOf(await read(operand), end));
      else if (flags.has("s")) columns.push(dash++ === 0 ? shared : []);
      else {
        const turn = dash++;
        columns.push(shared.filter((_, i) => i % dashes === turn));
      }
    }
    const join = (cells: readonly string[]): string =>
      cells.reduce((text, cell, i) => (i === 0 ? cell : text + between(i - 1) + cell), "");
    if (flags.has("s")) return { stdout: joined(columns.map(join), end) };
    const rows = Math.max(0, ...columns.map((column) => column.length));
    return {
      stdout: joined(
        Array.from({ length: rows }, (_, row) => join(columns.map((column) => column[row] ?? ""))),
        end,
      ),
    };
  },
);

function delimiters(text: string): string[] {
  const known: Readonly<Record<string, string>> = { n: "\n", t: "\t", "0": "", "\\": "\\" };
  return [...text.matchAll(/\\(.)|([\s\S])/g)].map(([, escaped, plain]) =>
    escaped === undefined ? (plain as string) : (known[escaped] ?? escaped),
  );
}

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
