// rm and rmdir.
import { command, Failure } from "./command.ts";
import { FileJob, isOneFileSystem, lastOf, type Status } from "./file-job.ts";
import { below, folderOf, lastPart, quoted } from "./file-names.ts";

interface Manner {
  readonly recursive: boolean;
  readonly folders: boolean;
  readonly asks: boolean;
  readonly says: boolean;
  /** Where what is removed has to lie, if anywhere. */
  readonly within: Status | undefined;
}

const WHEN: Readonly<Record<string, string>> = {
  ...{ always: "i", yes: "i", once: "I", never: "never", no: "never", none: "never" },
};

function typeOf({ isSymbolicLink, isDirectory, size }: Status): string {
  if (isSymbolicLink) return "symbolic link";
  return isDirectory ? "directory" : size === 0 ? "regular empty file" : "regular file";
}

/** Removes what has the name; answers whether it is gone. */
async function remove(job: FileJob, name: string, status: Status, manner: Manner): Promise<boolean> {
  const path = job.path(name);
  if (!status.isDirectory) {
    if (manner.asks && !job.asks(`remove ${typeOf(status)} ${quoted(name)}`)) return false;
    if (!(await job.tried(`cannot remove ${quoted(name)}`, () => job.fs.rm(path)))) return false;
    if (manner.says) job.say(`removed ${quoted(name)}`);
    return true;
  }
  if (!manner.recursive && !manner.folders) {
    job.fail(`cannot remove ${quoted(name)}: Is a directory`);
    return false;
  }
  if (manner.within !== undefined && !isOneFileSystem(manner.within, status)) {
    job.fail(`skipping ${quoted(name)}, since it's on a different device`);
    return false;
  }
  // the quick way; where it fails, the long one says at what
  if (manner.recursive && !manner.asks && !manner.says && manner.within === undefined) {
    const gone = await job.fs.rm(path, { recursive: true }).then(
      () => true,
      () => false,
    );
    if (gone) return true;
  }
  return removeFolder(job, name, status, manner);
}

async function removeFolder(job: FileJob, name: string, folder: Status, manner: Manner): Promise<boolean> {
  const path = job.path(name);
  let names: string[] = [];
  if (!(await job.tried(`cannot remove ${quoted(name)}`, async () => (names = await job.fs.readdir(path)))))
    return false;
  if (names.length > 0 && manner.recursive) {
    if (manner.asks && !job.asks(`descend into directory ${quoted(name)}`)) return false;
    let emptied = true;
    for (const one of names) {
      const inside = below(name, one);
      const status = await job.found(job.path(inside), false);
      if (status === undefined) continue;
      // a granted root is emptied only where it is named itself
      if (!isOneFileSystem(folder, status)) job.fail(`cannot remove ${quoted(inside)}: Device or resource busy`);
      else if (await remove(job, inside, status, manner)) continue;
      emptied = false;
    }
    if (!emptied) return false;
  }
  if (manner.asks && !job.asks(`remove directory ${quoted(name)}`)) return false;
  if (!(await job.tried(`cannot remove ${quoted(name)}`, () => job.fs.rm(path)))) return false;
  if (manner.says) job.say(`removed directory ${quoted(name)}`);
  return true;
}

export const rm = command(
  "rm",
  {
    flags: "dfiIrRv",
    values: "",
    long: {
      ...{ dir: "d", force: "f", interactive: "?interactive", recursive: "r", verbose: "v" },
      ...{ "one-file-system": "one-file-system", "preserve-root": "?preserve-root" },
    },
  },
  async (given) => {
    const { flags, operands, values, sequence } = given;
    const job = new FileJob(given);
    const word = values.get("interactive") ?? "always";
    const when = WHEN[word];
    if (when === undefined) throw new Failure(`invalid argument ${quoted(word)} for '--interactive'`);
    const last = sequence.findLast(([letter]) => ["f", "i", "I", "interactive"].includes(letter))?.[0];
    const asking = last === "interactive" ? when : last;
    const force = lastOf(sequence, "fiI") === "f";
    const recursive = flags.has("r") || flags.has("R");
    if (operands.length === 0) {
      if (force) return {};
      throw new Failure("missing operand");
    }
    if (asking === "I" && (recursive || operands.length > 3)) {
      const count = `${operands.length} argument${operands.length === 1 ? "" : "s"}`;
      if (!job.asks(`remove ${count}${recursive ? " recursively" : ""}`)) return job.done();
    }
    for (const name of operands) {
      if (recursive && /^\/+$/.test(name)) {
        job.fail(`it is dangerous to operate recursively on ${quoted(name)}`);
        continue;
      }
      const end = lastPart(name);
      if (recursive && (end === "." || end === "..")) {
        job.fail(`refusing to remove '.' or '..' directory: skipping ${quoted(name)}`);
        continue;
      }
      let status: Status;
      try {
        if (name === "") throw new Error("ENOENT");
        status = await job.fs.lstat(job.path(name));
      } catch (error) {
        if (!force || !/ENOENT|ENOTDIR/.test(String(error))) job.fail(`cannot remove ${quoted(name)}`, error);
        continue;
      }
      if (name.endsWith("/") && !status.isDirectory) {
        job.fail(`cannot remove ${quoted(name)}: Not a directory`);
        continue;
      }
      const within = flags.has("one-file-system") ? status : undefined;
      const manner = { recursive, folders: flags.has("d"), asks: asking === "i", says: flags.has("v"), within };
      await remove(job, name, status, manner);
    }
    return job.done();
  },
);

export const rmdir = command(
  "rmdir",
  {
    flags: "pv",
    values: "",
    long: { parents: "p", verbose: "v", "ignore-fail-on-non-empty": "ignore" },
  },
  async (given) => {
    const { flags, operands } = given;
    const job = new FileJob(given);
    if (operands.length === 0) throw new Failure("missing operand");
    const removed = async (name: string, what: string): Promise<boolean> => {
      if (flags.has("v")) job.say(`rmdir: removing directory, ${quoted(name)}`);
      try {
        if (name === "") throw new Error("ENOENT");
        if (lastPart(name) === ".") throw new Error("EINVAL");
        if (lastPart(name) === "..") throw new Error("ENOTEMPTY");
        if (!(await job.fs.lstat(job.path(name))).isDirectory) throw new Error("ENOTDIR");
        await job.fs.rm(job.path(name));
        return true;
      } catch (error) {
        if (!(flags.has("ignore") && String(error).includes("ENOTEMPTY"))) job.fail(`${what} ${quoted(name)}`, error);
        return false;
      }
    };
    for (const operand of operands) {
      let name = operand;
      let going = await removed(name, "failed to remove");
      while (going && flags.has("p")) {
        name = name.replace(/\/+$/, "");
        if (!name.includes("/")) break;
        const parent = folderOf(name);
        if (parent === "/") break;
        name = parent;
        going = await removed(name, "failed to remove directory");
      }
    }
    return job.done();
  },
);
