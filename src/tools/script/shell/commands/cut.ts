import { bytesOf } from "./bytes.ts";
import { command, Failure, joined, linesOf, piecesOf } from "./command.ts";

/** From the first to the last position, both counted from 0 and the last excluded. */
type Range = readonly [from: number, to: number];

const HINT = "\nTry 'cut --help' for more information.";

export const cut = command(
  "cut",
  {
    flags: "snz",
    values: "bcfd",
    long: {
      ...{ bytes: "b", characters: "c", fields: "f", delimiter: "d", "only-delimited": "s", "zero-terminated": "z" },
      ...{ complement: "complement", "output-delimiter": "=between" },
    },
  },
  async (given) => {
    const { flags, values, all } = given;
    const lists = ["b", "c", "f"].flatMap((letter) => (all.get(letter) ?? []).map((list) => [letter, list] as const));
    const [[kind, list] = ["", ""]] = lists;
    if (lists.length > 1) throw new Failure(`only one list may be specified${HINT}`);
    if (kind === "") throw new Failure(`you must specify a list of bytes, characters, or fields${HINT}`);
    const fields = kind === "f";
    if (!fields && values.has("d"))
      throw new Failure(`an input delimiter may be specified only when operating on fields${HINT}`);
    if (!fields && flags.has("s"))
      throw new Failure(`suppressing non-delimited lines makes sense\n\tonly when operating on fields${HINT}`);
    const delimiter = bytesOf(values.get("d") ?? "\t");
    if (delimiter.length > 1) throw new Failure(`the delimiter must be a single character${HINT}`);
    const ranges = flags.has("complement") ? complementOf(rangesOf(list, fields)) : rangesOf(list, fields);
    const between = values.has("between") ? bytesOf(values.get("between") as string) : undefined;
    const end = flags.has("z") ? "\0" : "\n";
    const separator = delimiter === "" ? "\0" : delimiter;
    const cutLine = fields
      ? fieldsOf(ranges, separator, between ?? separator, flags.has("s"))
      : (line: string): string =>
          ranges
            .map(([from, to]) => line.slice(from, to))
            .filter((part) => part !== "")
            .join(between ?? "");
    let stderr = "";
    const pieces = await piecesOf(given, (operand, reason) => {
      stderr += `cut: ${operand}: ${reason}\n`;
    });
    // fields that lines separate are those of a whole text
    const linesIn = ({ text = "" }): string[] =>
      fields && separator === end && text !== "" ? [linesOf(text, end).join(end)] : linesOf(text, end);
    const lines = pieces.flatMap(linesIn);
    const kept = lines.map(cutLine).filter((line) => line !== undefined);
    return { stdout: joined(kept, end), stderr, exitCode: stderr === "" ? 0 : 1 };
  },
);

function fieldsOf(ranges: readonly Range[], separator: string, between: string, only: boolean) {
  return (line: string): string | undefined => {
    const fields = line.split(separator);
    if (fields.length === 1) return only ? undefined : line;
    const [first] = ranges;
    if (ranges.length === 1 && first !== undefined) return fields.slice(first[0], first[1]).join(between);
    return ranges.flatMap(([from, to]) => fields.slice(from, to)).join(between);
  };
}

/** The ranges of a list in order; those that share a position are one, those that only touch are two. */
function rangesOf(list: string, fields: boolean): Range[] {
  const what = fields ? "fields" : "byte/character positions";
  const ranges = list.split(/[, \t]/).map((part): Range => {
    const [, from = "", dash, to = ""] = /^(\d*)(-?)(\d*)$/.exec(part) ?? [];
    if (dash === undefined)
      throw new Failure(
        /^[^-]*-[^-]*-/.test(part)
          ? `invalid ${fields ? "field" : "byte or character"} range${HINT}`
          : `invalid ${fields ? "field" : "byte/character position"} value '${part.replace(/^[\d-]+/, "")}'${HINT}`,
      );
    if (from === "" && to === "")
      throw new Failure(
        dash === "-" ? `invalid range with no endpoint: -${HINT}` : `${what} are numbered from 1${HINT}`,
      );
    const [first, last] = [
      from === "" ? 1 : Number(from),
      to === "" ? (dash === "" ? Number(from) : Number.POSITIVE_INFINITY) : Number(to),
    ];
    if (first === 0 || last === 0) throw new Failure(`${what} are numbered from 1${HINT}`);
    if (last < first) throw new Failure(`invalid decreasing range${HINT}`);
    return [first - 1, last];
  });
  ranges.sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && from < last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

function complementOf(ranges: readonly Range[]): Range[] {
  const others: Range[] = [];
  let at = 0;
  for (const [from, to] of ranges) {
    if (from > at) others.push([at, from]);
    at = to;
  }
  if (at !== Number.POSITIVE_INFINITY) others.push([at, Number.POSITIVE_INFINITY]);
  return others;
}
