import { backupsOf } from "./backup.ts";
import { command, Failure, type Given } from "./command.ts";
import type { CopyManner } from "./copy-manner.ts";
import { Copying, inFolder } from "./copying.ts";
import { destinationOf, FileJob } from "./file-job.ts";
import { folderOf, quoted } from "./file-names.ts";
import { makeFolder, wantedMode } from "./making.ts";

const USUAL = 0o755;

/** Installed is always a file of its own, in the place of what there was. */
function mannerOf(given: Given): CopyManner {
  return {
    ...{ recursive: false, follows: "all", keepsMode: false, dropsMode: true, attributesOnly: false },
    ...{ keepsTimes: given.flags.has("p"), keepsLinks: false, linksTo: undefined, existing: undefined },
    ...{ update: false, removesFirst: true, says: given.flags.has("v"), oneFileSystem: false },
    backups: backupsOf(given),
  };
}

export const install = command(
  "install",
  {
    flags: "bcCdDpTv",
    values: "mSt",
    long: {
      ...{ backup: "?backup", compare: "C", directory: "d", mode: "m", "preserve-timestamps": "p", suffix: "S" },
      ...{ "target-directory": "t", "no-target-directory": "T", verbose: "v" },
    },
  },
  async (given) => {
    const { flags, values, operands } = given;
    const job = new FileJob(given);
    const change = wantedMode(values.get("m")) ?? (() => USUAL);
    const made = (name: string): void => {
      if (flags.has("v")) job.say(`install: creating directory ${quoted(name)}`);
    };
    if (flags.has("d")) {
      if (operands.length === 0) throw new Failure("missing file operand");
      const mode = change(0, true);
      for (const name of operands) {
        const there = (await job.found(job.path(name), true))?.isDirectory === true;
        if (await makeFolder(job, name, { parents: true, said: made, mode: () => mode }))
          if (there)
            await job.tried(`cannot change permissions of ${quoted(name)}`, () => job.fs.chmod(job.path(name), mode));
      }
      return job.done();
    }
    if (flags.has("D")) {
      const folder = values.get("t") ?? (operands.length === 2 ? folderOf(operands[1] as string) : undefined);
      if (folder !== undefined && !(await makeFolder(job, folder, { parents: true, said: made }))) return job.done();
    }
    const { sources, to, into } = await destinationOf(job, given);
    const copying = new Copying(job, mannerOf(given));
    for (const source of sources) {
      const at = into ? inFolder(to, source) : to;
      if ((await job.found(job.path(source), true))?.isDirectory === true) {
        job.fail(`omitting directory ${quoted(source)}`);
        continue;
      }
      if (await copying.operand(source, at))
        await job.tried(`cannot change permissions of ${quoted(at)}`, () =>
          job.fs.chmod(job.path(at), change(0, false)),
        );
    }
    return job.done();
  },
);
