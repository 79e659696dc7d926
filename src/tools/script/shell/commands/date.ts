import { nanosecondsOf } from "../file-time.ts";
import { command, Failure, linesOf, reasonOf } from "./command.ts";
import { formatted } from "./date-format.ts";
import { type Moment, UTC, zoneHere } from "./date-parts.ts";
import { readDate } from "./date-reading.ts";
import { quoted } from "./file-names.ts";

const FULL = "%a %b %e %H:%M:%S %Z %Y";
const MAIL = "%a, %d %b %Y %H:%M:%S %z";
const ISO: Readonly<Record<string, string>> = {
  date: "%Y-%m-%d",
  hours: "%Y-%m-%dT%H%:z",
  minutes: "%Y-%m-%dT%H:%M%:z",
  seconds: "%Y-%m-%dT%H:%M:%S%:z",
  ns: "%Y-%m-%dT%H:%M:%S,%N%:z",
};
const RFC_3339: Readonly<Record<string, string>> = {
  date: "%Y-%m-%d",
  seconds: "%Y-%m-%d %H:%M:%S%:z",
  ns: "%Y-%m-%d %H:%M:%S.%N%:z",
};

/** What time it is, to the millisecond. */
export function present(zone = UTC): Moment {
  return { nanoseconds: BigInt(Math.floor(Date.now())) * 1_000_000n, zone };
}

/** A word of a list, or the only one that begins so. */
function chosen(list: Readonly<Record<string, string>>, word: string, option: string): string {
  const names = Object.keys(list).filter((name) => name === word || name.startsWith(word));
  const name = names.includes(word) ? word : names.length === 1 ? names[0] : undefined;
  if (name === undefined) throw new Failure(`invalid argument ${quoted(word)} for '${option}'`);
  return list[name] as string;
}

export const date = command(
  "date",
  {
    flags: "uR",
    values: "dfrs",
    long: {
      ...{ date: "d", file: "f", reference: "r", set: "s", utc: "u", universal: "u", uct: "u" },
      ...{ "iso-8601": "?iso", "rfc-3339": "=rfc", "rfc-email": "R", "rfc-2822": "R", "rfc-822": "R" },
    },
  },
  async ({ flags, values, operands, context, path, read }) => {
    if (values.has("s")) throw new Failure("cannot set date: Operation not permitted");
    const given = flags.has("u") ? "UTC0" : context.env.get("TZ");
    const zone = zoneHere(given);
    const formats = [
      ...operands.filter((word) => word.startsWith("+")).map((word) => word.slice(1)),
      ...(flags.has("R") ? [MAIL] : []),
      ...(values.has("iso") || flags.has("iso") ? [chosen(ISO, values.get("iso") ?? "date", "--iso-8601")] : []),
      ...(values.has("rfc") ? [chosen(RFC_3339, values.get("rfc") as string, "--rfc-3339")] : []),
    ];
    const stray = operands.find((word) => !word.startsWith("+"));
    if (stray !== undefined)
      throw new Failure(
        /^\d+$/.test(stray) ? "cannot set date: Operation not permitted" : `invalid date ${quoted(stray)}`,
      );
    if (formats.length > 1) throw new Failure("multiple output formats specified");
    if (["d", "f", "r"].filter((letter) => values.has(letter)).length > 1)
      throw new Failure("the options to specify dates for printing are mutually exclusive");
    const format = formats[0] ?? FULL;
    const now = present(zone);
    let [stdout, stderr] = ["", ""];
    const say = (moment: Moment | undefined, text: string): void => {
      if (moment === undefined) stderr += `date: invalid date ${quoted(text)}\n`;
      else stdout += `${formatted(format, moment)}\n`;
    };
    const [file, text, list] = ["r", "d", "f"].map((letter) => values.get(letter));
    if (file !== undefined) {
      try {
        const { mtime } = await context.fs.stat(path(file));
        say({ nanoseconds: nanosecondsOf(mtime), zone }, file);
      } catch (error) {
        throw new Failure(`${file}: ${reasonOf(error)}`);
      }
    } else if (list !== undefined) {
      for (const line of linesOf(await read(list))) say(readDate(line, now), line);
    } else {
      say(text === undefined ? now : readDate(text, now), text ?? "");
    }
    return { stdout, stderr, exitCode: stderr === "" ? 0 : 1, stdoutKind: "text" };
  },
  // `-I` takes its value in the same word alone
  (words) => words.map((word) => (/^-I/.test(word) ? `--iso-8601${word === "-I" ? "" : `=${word.slice(2)}`}` : word)),
);
