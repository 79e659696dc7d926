import { command, Failure, reasonOf } from "./command.ts";
import { permissionsOf } from "./file-facts.ts";
import { FileJob, type Status } from "./file-job.ts";
import { below, quoted } from "./file-names.ts";
import { type ModeChange, modeChange } from "./modes.ts";

/** A mode that looks like an option. */
const MODE = /^-[rwxXstugoa,+=0-7][-rwxXstugoa,+=0-7]*$/;

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, "0");

interface Manner {
  readonly change: ModeChange;
  readonly recursive: boolean;
  readonly quiet: boolean;
  /** What is said: of all, of what was changed, nothing. */
  readonly says: "all" | "changes" | undefined;
}

async function changeMode(job: FileJob, name: string, manner: Manner, named: boolean): Promise<void> {
  const path = job.path(name);
  const fail = (what: string, error: unknown): void => {
    if (manner.quiet) job.ends();
    else job.fail(what, error);
  };
  let status: Status;
  try {
    const itself = await job.status(name, false);
    if (itself.isSymbolicLink && !named) return;
    status = itself.isSymbolicLink ? await job.status(name, true) : itself;
  } catch (error) {
    return fail(`cannot access ${quoted(name)}`, error);
  }
  const [before, after] = [status.mode & 0o7777, manner.change(status.mode & 0o7777, status.isDirectory)];
  try {
    if (after !== before || status.root === undefined) await job.fs.chmod(path, after);
    if (manner.says === "all" && after === before)
      job.say(`mode of ${quoted(name)} retained as ${octal(after)} (${permissionsOf(after)})`);
    if (manner.says !== undefined && after !== before)
      job.say(
        `mode of ${quoted(name)} changed from ${octal(before)} (${permissionsOf(before)}) to ${octal(after)} (${permissionsOf(after)})`,
      );
  } catch (error) {
    fail(`changing permissions of ${quoted(name)}`, error);
  }
  if (!manner.recursive || !status.isDirectory) return;
  let names: string[] = [];
  try {
    names = await job.fs.readdir(path);
  } catch (error) {
    fail(`cannot read directory ${quoted(name)}`, error);
  }
  for (const one of names) await changeMode(job, below(name, one), manner, false);
}

export const chmod = command(
  "chmod",
  {
    flags: "cfRv",
    values: "M",
    long: {
      ...{ changes: "c", quiet: "f", silent: "f", recursive: "R", verbose: "v", reference: "=reference" },
      ...{ "preserve-root": "preserve", "no-preserve-root": "no-preserve" },
    },
  },
  async (given) => {
    const { flags, values, all, operands } = given;
    const job = new FileJob(given);
    const reference = values.get("reference");
    const worded = all.get("M");
    const files = reference !== undefined || worded !== undefined ? operands : operands.slice(1);
    const text = worded?.join(",") ?? (reference === undefined ? operands[0] : undefined);
    if (reference === undefined && text === undefined) throw new Failure("missing operand");
    if (files.length === 0) throw new Failure(`missing operand${text === undefined ? "" : ` after ${quoted(text)}`}`);
    let change = text === undefined ? undefined : modeChange(text);
    if (reference !== undefined) {
      const model = await job.status(reference, true).catch((error) => {
        throw new Failure(`failed to get attributes of ${quoted(reference)}: ${reasonOf(error)}`);
      });
      change = () => model.mode & 0o7777;
    }
    if (change === undefined) throw new Failure(`invalid mode: ${quoted(text ?? "")}`);
    const says = flags.has("v") ? "all" : flags.has("c") ? "changes" : undefined;
    const manner: Manner = { change, recursive: flags.has("R"), quiet: flags.has("f"), says };
    for (const name of files) {
      if (manner.recursive && /^\/+$/.test(name)) job.fail(`it is dangerous to operate recursively on ${quoted(name)}`);
      else await changeMode(job, name, manner, true);
    }
    return job.done();
  },
  // `-x` and `-rw` are modes, and no options
  (words) => {
    const end = words.indexOf("--");
    return words.map((word, i) => ((end < 0 || i < end) && MODE.test(word) ? `-M${word}` : word));
  },
);
