import { nanosecondsOf } from "../file-time.ts";
import { backupsOf } from "./backup.ts";
import { canonical } from "./canonical.ts";
import { command } from "./command.ts";
import type { CopyManner } from "./copy-manner.ts";
import { Copying, inFolder } from "./copying.ts";
import { destinationOf, FileJob, isOneFileSystem, isSame, lastOf, type Status } from "./file-job.ts";
import { folderOf, lastPart, quoted } from "./file-names.ts";

interface Manner {
  readonly existing: "force" | "ask" | "leave" | undefined;
  readonly update: boolean;
  readonly says: boolean;
  readonly backups: ReturnType<typeof backupsOf>;
}

/** Between two file systems all is copied as it is, and only then taken away. */
const COPY: Omit<CopyManner, "says" | "backups"> = {
  ...{ recursive: true, follows: "none", keepsMode: true, dropsMode: false, keepsTimes: true, keepsLinks: true },
  ...{ attributesOnly: false, linksTo: undefined, existing: undefined, update: false, removesFirst: false },
  oneFileSystem: false,
};

async function move(job: FileJob, source: string, to: string, manner: Manner): Promise<void> {
  const [path, at] = [job.path(source), job.path(to)];
  let from: Status;
  try {
    from = await job.status(source, false);
  } catch (error) {
    return job.fail(`cannot stat ${quoted(source)}`, error);
  }
  const what = `cannot move ${quoted(source)} to ${quoted(to)}`;
  const end = lastPart(source);
  if (end === "." || end === "..") return job.fail(`${what}: Device or resource busy`);
  const folder = await job.found(job.path(folderOf(to)), true);
  const there = await job.found(at, false);
  if (from.isDirectory) {
    const [inside, itself] = [await canonical(job.fs, at, "missing"), await canonical(job.fs, path, "missing")];
    if (inside !== itself && `${inside}/`.startsWith(`${itself}/`))
      return job.fail(`cannot move ${quoted(source)} to a subdirectory of itself, ${quoted(to)}`);
  }
  let kept: string | undefined;
  if (there !== undefined) {
    if (manner.existing === "leave") return;
    if (path === at) return job.fail(`${quoted(source)} and ${quoted(to)} are the same file`);
    const folders = `${from.isDirectory ? "" : "non-"}directory`;
    if (there.isDirectory && !from.isDirectory)
      return job.fail(`cannot overwrite directory ${quoted(to)} with ${folders}`);
    if (!manner.backups.kept && from.isDirectory && !there.isDirectory)
      return job.fail(`cannot overwrite non-directory ${quoted(to)} with directory ${quoted(source)}`);
    if (manner.update && nanosecondsOf(there.mtime) >= nanosecondsOf(from.mtime)) return;
    if (manner.existing === "ask" && !job.asks(`overwrite ${quoted(to)}`)) return;
    kept = await manner.backups.nameFor(job, to);
    const backup = kept;
    if (backup !== undefined) {
      if (!(await job.tried(`cannot backup ${quoted(to)}`, () => job.fs.mv(at, job.path(backup))))) return;
    } else if (isSame(from, there)) {
      return job.fail(`${quoted(source)} and ${quoted(to)} are the same file`);
    }
  }
  const replaced = kept === undefined ? there : undefined;
  const note = kept === undefined ? "" : ` (backup: ${quoted(kept)})`;
  if (folder === undefined) return job.fail(`${what}: No such file or directory`);
  if (!folder.isDirectory || (to.endsWith("/") && !from.isDirectory && replaced === undefined))
    return job.fail(`${what}: Not a directory`);
  if (!isOneFileSystem(from, folder)) return moveAcross(job, source, to, replaced, manner);
  const moved = await job.tried(what, async () => {
    // the shell's memory would put one folder into the other
    if (replaced?.isDirectory === true && folder.root === undefined) await job.fs.rm(at);
    await job.fs.mv(path, at);
  });
  if (moved && manner.says) job.say(`renamed ${quoted(source)} -> ${quoted(to)}${note}`);
}

async function moveAcross(
  job: FileJob,
  source: string,
  to: string,
  replaced: Status | undefined,
  manner: Manner,
): Promise<void> {
  const mount = "Device or resource busy";
  const from = await job.found(job.path(source), false);
  const around = await job.found(job.path(folderOf(source)), true);
  if (from !== undefined && around !== undefined && from.isDirectory && !isOneFileSystem(from, around))
    return job.fail(`cannot move ${quoted(source)} to ${quoted(to)}: ${mount}`);
  if (replaced?.isDirectory === true) {
    const failure = `inter-device move failed: ${quoted(source)} to ${quoted(to)}; unable to remove target`;
    if (!(await job.tried(failure, () => job.fs.rm(job.path(to))))) return;
  }
  const none = { kept: false, nameFor: async () => undefined };
  const removesFirst = replaced?.isSymbolicLink === true;
  const copying = new Copying(job, { ...COPY, removesFirst, says: false, backups: none });
  if (!(await copying.operand(source, to))) return;
  if (manner.says) job.say(`copied ${quoted(source)} -> ${quoted(to)}`);
  const removed = await job.tried(`cannot remove ${quoted(source)}`, () =>
    job.fs.rm(job.path(source), { recursive: true }),
  );
  if (removed && manner.says) job.say(`removed ${from?.isDirectory === true ? "directory " : ""}${quoted(source)}`);
}

export const mv = command(
  "mv",
  {
    flags: "bfinTuv",
    values: "St",
    long: {
      ...{ backup: "?backup", force: "f", interactive: "i", "no-clobber": "n", "strip-trailing-slashes": "strip" },
      ...{ suffix: "S", "target-directory": "t", "no-target-directory": "T", update: "u", verbose: "v" },
    },
  },
  async (given) => {
    const { flags, sequence } = given;
    const job = new FileJob(given);
    const existing = ({ f: "force", i: "ask", n: "leave" } as const)[lastOf(sequence, "fin") as "f"];
    const manner: Manner = { existing, update: flags.has("u"), says: flags.has("v"), backups: backupsOf(given) };
    const { sources, to, into } = await destinationOf(job, given);
    const made = new Map<string, string>();
    for (const operand of sources) {
      const source = flags.has("strip") ? operand.replace(/(?<=.)\/+$/, "") : operand;
      const at = into ? inFolder(to, source) : to;
      const before = made.get(job.path(at));
      if (before !== undefined) {
        job.fail(`will not overwrite just-created ${quoted(at)} with ${quoted(source)}`);
        continue;
      }
      if (into) made.set(job.path(at), source);
      await move(job, source, at, manner);
    }
    return job.done();
  },
);
