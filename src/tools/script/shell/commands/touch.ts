import { FileTime, LinkTime, nanosecondsOf } from "../file-time.ts";
import { command, Failure } from "./command.ts";
import { present } from "./date.ts";
import { zoneHere } from "./date-parts.ts";
import { readDate } from "./date-reading.ts";
import { FileJob, type Status } from "./file-job.ts";
import { quoted } from "./file-names.ts";

const WORDS: Readonly<Record<string, string>> = { atime: "a", access: "a", use: "a", mtime: "m", modify: "m" };

/** `[[CC]YY]MMDDhhmm[.ss]` in words that a date is read from. */
function stampOf(stamp: string, year: number): string | undefined {
  const match = /^(\d{2}|\d{4})?(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d))?$/.exec(stamp);
  if (match === null) return undefined;
  const [, given, month, day, hour, minute, second = "00"] = match;
  const full =
    given === undefined ? year : given.length === 4 ? given : Number(given) + (Number(given) < 69 ? 2000 : 1900);
  return `${String(full).padStart(4, "0")}-${month}-${day} ${hour}:${minute}:${second}`;
}

export const touch = command(
  "touch",
  {
    flags: "acfhm",
    values: "drt",
    long: { "no-create": "c", date: "d", "no-dereference": "h", reference: "r", time: "=time" },
  },
  async (given) => {
    const { flags, values, operands, context } = given;
    const job = new FileJob(given);
    const word = values.get("time");
    const named = word === undefined ? undefined : WORDS[word];
    if (word !== undefined && named === undefined) throw new Failure(`invalid argument ${quoted(word)} for '--time'`);
    const [access, change] = [flags.has("a") || named === "a", flags.has("m") || named === "m"];
    if (values.has("t") && (values.has("d") || values.has("r")))
      throw new Failure("cannot specify times from more than one source");
    if (operands.length === 0) throw new Failure("missing file operand");
    const now = present(zoneHere(context.env.get("TZ")));
    let [accessed, modified] = [now.nanoseconds, now.nanoseconds];
    const reference = values.get("r");
    if (reference !== undefined) {
      const got = await job.tried(`failed to get attributes of ${quoted(reference)}`, async () => {
        const { atime, mtime } = await job.status(reference, !flags.has("h"));
        [accessed, modified] = [nanosecondsOf(atime ?? mtime), nanosecondsOf(mtime)];
      });
      if (!got) return job.done();
    }
    const stamp = values.get("t");
    const text = stamp === undefined ? values.get("d") : (stampOf(stamp, new Date().getUTCFullYear()) ?? "?");
    if (text !== undefined) {
      const read = (from: bigint) => readDate(text, { nanoseconds: from, zone: now.zone })?.nanoseconds;
      const [a, m] = [read(accessed), read(modified)];
      if (a === undefined || m === undefined) throw new Failure(`invalid date format ${quoted(stamp ?? text)}`);
      [accessed, modified] = [a, m];
    }
    for (const name of operands) {
      if (name === "-") continue;
      const path = job.path(name);
      const there = await job.found(path, !flags.has("h"));
      if (there === undefined) {
        if (flags.has("c")) continue;
        const isDangling = flags.has("h") || name.endsWith("/");
        if (isDangling || !(await job.tried(`cannot touch ${quoted(name)}`, () => job.fs.writeFile(path, "")))) {
          if (isDangling) job.fail(`cannot touch ${quoted(name)}: No such file or directory`);
          continue;
        }
      }
      if (name.endsWith("/") && there?.isDirectory === false) {
        job.fail(`cannot touch ${quoted(name)}: Not a directory`);
        continue;
      }
      const status = there ?? (await job.found(path, true));
      const kept: Pick<Status, "mtime" | "atime"> = status ?? { mtime: new Date() };
      const both = access === change;
      const [a, m] = [
        both || access ? accessed : nanosecondsOf(kept.atime ?? kept.mtime),
        both || change ? modified : nanosecondsOf(kept.mtime),
      ];
      if (a < 0n || m < 0n) {
        job.fail(`setting times of ${quoted(name)}: a time before 1970 cannot be kept`);
        continue;
      }
      const Time = flags.has("h") && there?.isSymbolicLink === true ? LinkTime : FileTime;
      await job.tried(`setting times of ${quoted(name)}`, () => job.fs.utimes(path, new Time(a), new Time(m)));
    }
    return job.done();
  },
);
