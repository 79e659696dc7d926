// basename, dirname, readlink and realpath.
import { canonical, relativePath, type Wanted } from "./canonical.ts";
import { command, Failure, type Given } from "./command.ts";
import { FileJob, lastOf } from "./file-job.ts";
import { folderOf, lastPart, quoted } from "./file-names.ts";

export const basename = command(
  "basename",
  { flags: "az", values: "s", strict: true, long: { multiple: "a", suffix: "s", zero: "z" } },
  ({ flags, values, operands }) => {
    const [first, second, third] = operands;
    if (first === undefined) throw new Failure("missing operand");
    const many = flags.has("a") || values.has("s");
    if (!many && third !== undefined) throw new Failure(`extra operand ${quoted(third)}`);
    const suffix = values.get("s") ?? (many ? "" : (second ?? ""));
    const end = flags.has("z") ? "\0" : "\n";
    const names = (many ? operands : [first]).map((name) => {
      const last = lastPart(name);
      return suffix !== "" && last !== suffix && last.endsWith(suffix) ? last.slice(0, -suffix.length) : last;
    });
    return { stdout: names.map((name) => name + end).join(""), stdoutKind: "text" };
  },
);

export const dirname = command("dirname", { flags: "z", values: "", long: { zero: "z" } }, ({ flags, operands }) => {
  if (operands.length === 0) throw new Failure("missing operand");
  const end = flags.has("z") ? "\0" : "\n";
  return { stdout: operands.map((name) => folderOf(name) + end).join(""), stdoutKind: "text" };
});

/** A name's path with every link in it followed, as far as has to be there; undefined where it is not. */
async function resolved(job: FileJob, { context }: Given, name: string, wanted: Wanted): Promise<string | undefined> {
  if (name === "") return undefined;
  const path = await canonical(context.fs, name.startsWith("/") ? name : `${context.cwd}/${name}`, wanted);
  if (path === undefined || wanted === "missing" || !name.endsWith("/")) return path;
  return (await job.found(path, false))?.isDirectory === false ? undefined : path;
}

export const readlink = command(
  "readlink",
  {
    flags: "efmnqsvz",
    values: "",
    long: {
      ...{ canonicalize: "f", "canonicalize-existing": "e", "canonicalize-missing": "m", "no-newline": "n" },
      ...{ quiet: "q", silent: "s", verbose: "v", zero: "z" },
    },
  },
  async (given) => {
    const { flags, operands, sequence } = given;
    const job = new FileJob(given);
    if (operands.length === 0) throw new Failure("missing operand");
    const mode = lastOf(sequence, "efm");
    const wanted: Wanted = mode === "e" ? "existing" : mode === "m" ? "missing" : "parents";
    const loud = lastOf(sequence, "qsv") === "v";
    const end = flags.has("n") && operands.length === 1 ? "" : flags.has("z") ? "\0" : "\n";
    for (const name of operands) {
      const path =
        mode !== undefined
          ? await resolved(job, given, name, wanted)
          : await job
              .status(name, false)
              .then((status) => (status.isSymbolicLink ? job.fs.readlink(job.path(name)) : undefined))
              .catch(() => undefined);
      if (path !== undefined) job.say(path, end);
      else if (loud) job.fail(`${name}: ${mode === undefined ? "Invalid argument" : "No such file or directory"}`);
      else job.ends();
    }
    return job.done();
  },
);

const isBelow = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);

export const realpath = command(
  "realpath",
  {
    flags: "emLPqsz",
    values: "",
    long: {
      ...{ "canonicalize-existing": "e", "canonicalize-missing": "m", logical: "L", physical: "P", quiet: "q" },
      ...{ strip: "s", "no-symlinks": "s", zero: "z", "relative-to": "=to", "relative-base": "=base" },
    },
  },
  async (given) => {
    const { flags, operands, sequence, values, path } = given;
    const job = new FileJob(given);
    if (operands.length === 0) throw new Failure("missing operand");
    const mode = lastOf(sequence, "em");
    const wanted: Wanted = mode === "e" ? "existing" : mode === "m" ? "missing" : "parents";
    const follow = lastOf(sequence, "LPs");
    const find = async (name: string): Promise<string | undefined> => {
      // without links `..` is what stands before it, in their absence too
      const whole = await resolved(job, given, follow === undefined || follow === "P" ? name : logical(name), wanted);
      return follow === "s" && whole !== undefined ? path(name) : whole;
    };
    const logical = (name: string): string => (name === "" ? "" : path(name) + (name.endsWith("/") ? "/" : ""));
    const folder = async (option: string): Promise<string | undefined> => {
      const name = values.get(option);
      if (name === undefined) return undefined;
      const found = await find(name);
      if (found === undefined) throw new Failure(`${name}: No such file or directory`);
      if (wanted === "existing" && (await job.found(found, true))?.isDirectory !== true)
        throw new Failure(`${name}: Not a directory`);
      return found;
    };
    const base = await folder("base");
    let to = await folder("to");
    if (base !== undefined && to === undefined) to = base;
    if (base !== undefined && to !== undefined && !isBelow(to, base)) to = undefined;
    for (const name of operands) {
      const found = await find(name);
      if (found === undefined) {
        if (flags.has("q")) job.ends();
        else job.fail(`${name === "" ? "''" : name}: No such file or directory`);
        continue;
      }
      const relative = to !== undefined && (base === undefined || isBelow(found, base));
      job.say(relative ? relativePath(found, to as string) : found, flags.has("z") ? "\0" : "\n");
    }
    return job.done();
  },
);
