// mkdir and ln.

import { backupsOf } from "./backup.ts";
import { canonical, relativePath } from "./canonical.ts";
import { command, Failure, type Given } from "./command.ts";
import { destinationOf, FileJob, isSame, lastOf } from "./file-job.ts";
import { below, folderOf, lastPart, quoted } from "./file-names.ts";
import { type ModeChange, modeChange } from "./modes.ts";

/** Makes a folder and, so asked, those it is in; says each where `said` is given. */
export async function makeFolder(
  job: FileJob,
  name: string,
  { parents, said, mode }: { parents: boolean; said?: (name: string) => void; mode?: ModeChange },
): Promise<boolean> {
  const steps = parents ? stepsOf(name) : [name];
  for (const step of steps) {
    const path = job.path(step);
    if (parents) {
      const there = await job.found(path, true);
      if (there?.isDirectory === true) continue;
      if (there !== undefined) {
        job.fail(`cannot create directory ${quoted(step)}: ${step === name ? "File exists" : "Not a directory"}`);
        return false;
      }
    }
    const made = await job.tried(`cannot create directory ${quoted(step)}`, async () => {
      if (step === "") throw new Error("ENOENT");
      await job.fs.mkdir(path);
    });
    if (!made) return false;
    said?.(step);
    if (mode !== undefined && step === name) {
      const wanted = mode(0o777, true);
      if (!(await job.tried(`cannot set permissions of ${quoted(name)}`, () => job.fs.chmod(path, wanted))))
        return false;
    }
  }
  return true;
}

/** A name and the folders it is in, from the outermost. */
function stepsOf(name: string): string[] {
  const ends = [...name.matchAll(/[^/]+/g)].map((part) => part.index + part[0].length);
  const steps = ends.map((end) => name.slice(0, end)).filter((step) => !/(^|\/)\.\.?$/.test(step));
  return [...steps.slice(0, -1), name];
}

/** What a mode given as an option asks for. */
export function wantedMode(text: string | undefined): ModeChange | undefined {
  if (text === undefined) return undefined;
  const change = modeChange(text);
  if (change === undefined) throw new Failure(`invalid mode ${quoted(text)}`);
  return change;
}

export const mkdir = command(
  "mkdir",
  { flags: "pv", values: "m", long: { parents: "p", verbose: "v", mode: "m" } },
  async (given) => {
    const { flags, values, operands } = given;
    if (operands.length === 0) throw new Failure("missing operand");
    const job = new FileJob(given);
    const change = wantedMode(values.get("m"));
    const said = flags.has("v") ? (name: string) => job.say(`mkdir: created directory ${quoted(name)}`) : undefined;
    for (const name of operands)
      await makeFolder(job, name, {
        parents: flags.has("p"),
        ...(said !== undefined && { said }),
        ...(change !== undefined && { mode: change }),
      });
    return job.done();
  },
);

async function linkInto(job: FileJob, given: Given, source: string, at: string): Promise<void> {
  const { flags, sequence } = given;
  const symbolic = flags.has("s");
  const what = symbolic ? `symbolic link ${quoted(at)}` : `hard link ${quoted(at)}`;
  const backups = backupsOf(given);
  let path = job.path(source);
  if (!symbolic) {
    let from = await job.found(path, flags.has("L"));
    if (from === undefined) return job.fail(`failed to access ${quoted(source)}: No such file or directory`);
    if (from.isDirectory) return job.fail(`${source}: hard link not allowed for directory`);
    if (flags.has("L") && (await job.found(path, false))?.isSymbolicLink === true) {
      path = (await canonical(job.fs, path, "existing")) ?? path;
      from = (await job.found(path, false)) ?? from;
    }
    const there = await job.found(job.path(at), false);
    const replaces = lastOf(sequence, "fi") !== undefined || backups.kept;
    if (there !== undefined && replaces && isSame(from, there))
      return path === job.path(at) ? job.fail(`${quoted(source)} and ${quoted(at)} are the same file`) : undefined;
  }
  const there = await job.found(job.path(at), false);
  const target = flags.has("r") ? await relativeTarget(job, source, at) : source;
  if (symbolic && target.startsWith("/") && (await job.found(job.path(folderOf(at)), true))?.root !== undefined)
    return job.fail(`failed to create ${what}: no link to an absolute path can be in a granted folder: use -r`);
  let kept: string | undefined;
  if (there !== undefined) {
    const replacing = lastOf(sequence, "fi");
    if (there.isDirectory && (replacing !== undefined || backups.kept))
      return job.fail(`${at}: cannot overwrite directory`);
    if (replacing === "i" && !job.asks(`replace ${quoted(at)}`)) return;
    kept = await backups.nameFor(job, at);
    if (kept === undefined && replacing === undefined) return job.fail(`failed to create ${what}: File exists`);
    const backup = kept;
    const moved = await job.tried(`cannot remove ${quoted(at)}`, () =>
      backup === undefined ? job.fs.rm(job.path(at)) : job.fs.mv(job.path(at), job.path(backup)),
    );
    if (!moved) return;
  }
  const made = await job.tried(`failed to create ${what}`, async () => {
    if (!symbolic) return job.fs.link(path, job.path(at));
    if (target === "") throw new Error("ENOENT");
    return job.fs.symlink(target, job.path(at));
  });
  const before = kept === undefined ? "" : `${quoted(kept)} ~ `;
  if (made && flags.has("v")) job.say(`${before}${quoted(at)} ${symbolic ? "->" : "=>"} ${quoted(target)}`);
}

/** What leads from the folder of a link to its target. */
async function relativeTarget(job: FileJob, source: string, at: string): Promise<string> {
  const folder = (await canonical(job.fs, job.path(folderOf(at)), "missing")) ?? job.path(folderOf(at));
  const target = (await canonical(job.fs, job.path(source), "missing")) ?? job.path(source);
  return relativePath(target, folder);
}

export const ln = command(
  "ln",
  {
    flags: "bdFfiLnPrsTv",
    values: "St",
    long: {
      ...{ backup: "?backup", directory: "d", force: "f", interactive: "i", logical: "L", "no-dereference": "n" },
      ...{ physical: "P", relative: "r", symbolic: "s", suffix: "S", "target-directory": "t" },
      ...{ "no-target-directory": "T", verbose: "v" },
    },
  },
  async (given) => {
    const { flags, operands, values } = given;
    const job = new FileJob(given);
    if (flags.has("r") && !flags.has("s")) throw new Failure("cannot do --relative without --symbolic");
    const [only] = operands;
    if (operands.length === 1 && only !== undefined && !values.has("t") && !flags.has("T")) {
      await linkInto(job, given, only, lastPart(only));
      return job.done();
    }
    const { sources, to, into } = await destinationOf(job, given, !flags.has("n"));
    for (const source of sources) await linkInto(job, given, source, into ? below(to, lastPart(source)) : to);
    return job.done();
  },
);
