import { command, Failure, type Given, linesOf } from "./command.ts";
import { BLOCK, blocksOf, linksOf } from "./file-facts.ts";
import { FileJob, isOneFileSystem, lastOf, type Status } from "./file-job.ts";
import { below, lastPart, quoted } from "./file-names.ts";
import { globOf } from "./glob.ts";
import { human, inBlocks, type SizeShown, sizeOf } from "./sizes.ts";

interface Manner {
  readonly shown: SizeShown;
  readonly apparent: boolean;
  readonly inodes: boolean;
  readonly files: boolean;
  readonly deepest: number;
  readonly separate: boolean;
  readonly follows: "all" | "named" | "none";
  readonly oneFileSystem: boolean;
  readonly countsLinks: boolean;
  /** Each is held against the name and against the path. */
  readonly excluded: readonly ((text: string) => boolean)[];
  readonly threshold: number;
  readonly end: string;
}

class Usage {
  readonly #job: FileJob;
  readonly #manner: Manner;
  readonly #seen = new Set<string>();

  constructor(job: FileJob, manner: Manner) {
    this.#job = job;
    this.#manner = manner;
  }

  say(size: number, name: string): void {
    const { threshold, inodes, shown, end } = this.#manner;
    if (threshold >= 0 ? size < threshold : size > -threshold) return;
    this.#job.say(`${inodes ? size : shown(size)}\t${name}`, end);
  }

  /** What a name takes, with all below it; undefined where it is not counted. */
  async of(name: string, depth: number, above: Status | undefined): Promise<number | undefined> {
    const job = this.#job;
    const { follows, excluded, apparent, inodes, files, deepest, separate, countsLinks } = this.#manner;
    if (excluded.some((matches) => matches(lastPart(name)) || matches(name))) return undefined;
    const follow = follows === "all" || (follows === "named" && depth === 0);
    let status: Status;
    try {
      status = await job.status(name, follow);
    } catch (error) {
      job.fail(`cannot access ${quoted(name)}`, error);
      return undefined;
    }
    if (above !== undefined && this.#manner.oneFileSystem && !isOneFileSystem(above, status)) return undefined;
    const number = status.ino === undefined ? undefined : `${status.dev}:${status.ino}`;
    if (number !== undefined && !countsLinks && (status.isDirectory || linksOf(status) > 1)) {
      if (this.#seen.has(number)) return undefined;
      this.#seen.add(number);
    }
    const own = inodes ? 1 : apparent ? status.size : blocksOf(status) * BLOCK;
    if (!status.isDirectory) {
      if ((files && depth <= deepest) || depth === 0) this.say(own, name);
      return own;
    }
    let [total, told] = [own, own];
    const read = await job.fs.readdir(job.path(name)).catch((error) => {
      job.fail(`cannot read directory ${quoted(name)}`, error);
      return [];
    });
    for (const one of read) {
      const inside = below(name, one);
      const size = await this.of(inside, depth + 1, status);
      if (size === undefined) continue;
      total += size;
      if (!separate || (await job.found(job.path(inside), follow))?.isDirectory !== true) told += size;
    }
    if (depth <= deepest) this.say(told, name);
    return total;
  }
}

function shownBy({ sequence, values }: Given): SizeShown {
  const last = sequence.findLast(([letter]) => ["h", "k", "m", "b", "B", "si"].includes(letter))?.[0];
  if (last === "h") return human;
  if (last === "si") return (bytes) => human(bytes, 1000);
  const size = last === "b" ? "1" : last === "m" ? "1048576" : last === "B" ? (values.get("B") as string) : "1024";
  return inBlocks(size);
}

export const du = command(
  "du",
  {
    flags: "0abcDhHklLmPsSx",
    values: "BdtX",
    long: {
      ...{ null: "0", all: "a", "apparent-size": "apparent", bytes: "b", total: "c", "dereference-args": "D" },
      ...{ "human-readable": "h", "count-links": "l", dereference: "L", "no-dereference": "P", summarize: "s" },
      ...{ "separate-dirs": "S", "one-file-system": "x", "block-size": "B", "max-depth": "d", threshold: "t" },
      ...{ si: "si", inodes: "inodes", exclude: "=exclude", "exclude-from": "X" },
    },
  },
  async (given) => {
    const { flags, values, all, operands, sequence, read } = given;
    const job = new FileJob(given);
    const depth = values.get("d");
    if (depth !== undefined && !/^\d+$/.test(depth)) throw new Failure(`invalid maximum depth ${quoted(depth)}`);
    if (flags.has("s") && flags.has("a")) throw new Failure("cannot both summarize and show all entries");
    if (flags.has("s") && depth !== undefined && Number(depth) > 0)
      throw new Failure(`warning: summarizing conflicts with --max-depth=${depth}`);
    const from = values.get("X");
    const patterns = [...(all.get("exclude") ?? []), ...(from === undefined ? [] : linesOf(await read(from)))];
    const least = values.get("t") ?? "0";
    const threshold = sizeOf(least.replace("-", ""));
    if (threshold === undefined) throw new Failure(`invalid -t argument ${quoted(least)}`);
    const follows = lastOf(sequence, "DHLP");
    const manner: Manner = {
      shown: shownBy(given),
      apparent: flags.has("b") || flags.has("apparent"),
      inodes: flags.has("inodes"),
      files: flags.has("a"),
      deepest: flags.has("s") ? 0 : depth === undefined ? Number.POSITIVE_INFINITY : Number(depth),
      separate: flags.has("S"),
      follows: follows === "L" ? "all" : follows === "D" || follows === "H" ? "named" : "none",
      oneFileSystem: flags.has("x"),
      countsLinks: flags.has("l"),
      excluded: patterns.map((pattern) => globOf(pattern)),
      threshold: least.startsWith("-") ? -threshold : threshold,
      end: flags.has("0") ? "\0" : "\n",
    };
    const usage = new Usage(job, manner);
    let total = 0;
    for (const name of operands.length === 0 ? ["."] : operands) total += (await usage.of(name, 0, undefined)) ?? 0;
    if (flags.has("c")) usage.say(total, "total");
    return job.done();
  },
);
