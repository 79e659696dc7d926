import { bytesOf, nameOf } from "./bytes.ts";
import { charactersIn, columnsOf } from "./characters.ts";
import { command, Failure, type Given, linesOf, type Piece, piecesOf, Unread } from "./command.ts";
import { isFolder } from "./file-facts.ts";

type Counts = readonly [lines: number, words: number, characters: number, bytes: number, longest: number];
/** The letters in the order in which counts are shown. */
const ORDER = "lwmcL";

export const wc = command(
  "wc",
  {
    flags: ORDER,
    values: "",
    long: { lines: "l", words: "w", chars: "m", bytes: "c", "max-line-length": "L", "files0-from": "=files0-from" },
  },
  async (given) => {
    const { flags, context, path } = given;
    const shown = [...ORDER].map((letter, i) => (flags.size > 0 ? flags.has(letter) : i !== 2 && i !== 4));
    let stderr = "";
    const refused = (operand: string, reason: string): void => {
      stderr += `wc: ${operand}: ${reason}\n`;
    };
    const listed = given.values.get("files0-from");
    const operands = listed === undefined ? given.operands : await namesFrom(listed, given);
    const pieces = await piecesOf(
      { ...given, operands: listed !== undefined || operands.length > 0 ? operands : [""], read: reading(given) },
      refused,
    );
    if (listed !== undefined && operands.length === 0) return {};
    const total = [0, 0, 0, 0, 0] as [number, number, number, number, number];
    const rows: [Counts, string][] = [];
    for (const { name, text } of pieces) {
      if (text === undefined && !(await isFolder(context.fs, path(name)))) continue;
      const counts = countsOf(text ?? "", shown);
      for (let i = 0; i < 4; i++) (total[i] as number) += counts[i] as number;
      total[4] = Math.max(total[4], counts[4]);
      rows.push([counts, name]);
    }
    if (pieces.length > 1) rows.push([total, "total"]);
    const width = await widthOf(pieces, shown, given, listed === undefined);
    const stdout = rows.map(([counts, name]) => {
      const cells = counts.filter((_, i) => shown[i]).map((count) => String(count).padStart(width));
      return `${cells.join(" ")}${name === "" ? "" : ` ${bytesOf(name)}`}\n`;
    });
    return { stdout: stdout.join(""), stderr, exitCode: stderr === "" ? 0 : 1 };
  },
);

const reading =
  ({ read, stdin }: Given) =>
  async (operand: string): Promise<string> =>
    operand === "" ? stdin : read(operand);

async function namesFrom(list: string, { operands, read }: Given): Promise<string[]> {
  if (operands.length > 0)
    throw new Failure(`extra operand '${operands[0]}'\nfile operands cannot be combined with --files0-from`);
  const text = await read(list).catch((error) => {
    throw error instanceof Unread ? new Failure(`cannot open '${list}' for reading: ${error.reason}`) : error;
  });
  return linesOf(text, "\0").map(nameOf);
}

/** As wide as the sizes of all files together need; 7 where one of several has none, as standard input. */
async function widthOf(
  pieces: readonly Piece[],
  shown: readonly boolean[],
  { context, path }: Given,
  known: boolean,
): Promise<number> {
  const several = shown.filter((one) => one).length > 1;
  if (!known || (pieces.length === 1 && !several)) return 1;
  let sum = 0;
  let least = 1;
  for (const { name } of pieces) {
    if (name === "" || name === "-") {
      least = 7;
      continue;
    }
    const found = await context.fs.stat(path(name)).catch(() => undefined);
    if (found?.isFile === true) sum += found.size;
    else if (found !== undefined) least = 7;
  }
  return Math.max(least, String(sum).length);
}

function countsOf(text: string, shown: readonly boolean[]): Counts {
  const lines = shown[0] ? text.split("\n").length - 1 : 0;
  const words = shown[1] ? (text.match(/[^\t-\r ]+/g)?.length ?? 0) : 0;
  const characters = shown[2] ? charactersIn(text) : 0;
  const longest = shown[4] ? text.split(/[\n\f\r]/).reduce(longer, 0) : 0;
  return [lines, words, characters, text.length, longest];
}

/** The longer of two lines in columns; without a tab, none has more than bytes, less one for every sequence of them. */
function longer(most: number, line: string): number {
  if (!line.includes("\t")) {
    if (line.length <= most) return most;
    if (line.replace(/[\xc2-\xf4]/g, "").length <= most) return most;
  }
  return Math.max(most, columnsOf(line));
}
