import { backupsOf } from "./backup.ts";
import { command, Failure, type Given } from "./command.ts";
import type { CopyManner } from "./copy-manner.ts";
import { Copying } from "./copying.ts";
import { destinationOf, FileJob, lastOf } from "./file-job.ts";
import { below, folderOf, lastPart, quoted } from "./file-names.ts";

/** What `--preserve` and `--no-preserve` can name. Owners, contexts and further attributes are no script's to set. */
const ATTRIBUTES = new Set(["mode", "timestamps", "links", "ownership", "context", "xattr", "all"]);

function attributesOf(list: string, option: string): string[] {
  const names = list.split(",");
  const wrong = names.find((name) => !ATTRIBUTES.has(name));
  if (wrong !== undefined) throw new Failure(`invalid argument ${quoted(wrong)} for '${option}'`);
  return names.includes("all") ? [...ATTRIBUTES] : names;
}

/** Which attributes are kept: each option says so from where it stands. */
function keptOf({ sequence, all, flags }: Given): { kept: Set<string>; dropsMode: boolean } {
  const kept = new Set<string>();
  const lists = { preserve: [...(all.get("preserve") ?? [])], "no-preserve": [...(all.get("no-preserve") ?? [])] };
  let dropsMode = false;
  for (const [letter] of sequence) {
    if (letter === "a") for (const name of ATTRIBUTES) kept.add(name);
    else if (letter === "d") kept.add("links");
    else if (letter === "p" || (letter === "preserve" && flags.has("preserve") && lists.preserve.length === 0))
      for (const name of ["mode", "ownership", "timestamps"]) kept.add(name);
    else if (letter === "preserve")
      for (const name of attributesOf(lists.preserve.shift() as string, "--preserve")) kept.add(name);
    else if (letter === "no-preserve") {
      for (const name of attributesOf(lists["no-preserve"].shift() as string, "--no-preserve")) {
        kept.delete(name);
        if (name === "mode") dropsMode = true;
      }
    }
  }
  return { kept, dropsMode };
}

function mannerOf(given: Given): CopyManner {
  const { flags, sequence, values } = given;
  const { kept, dropsMode } = keptOf(given);
  const recursive = ["a", "r", "R"].some((flag) => flags.has(flag));
  const follows = lastOf(sequence, "adHLP");
  const existing = lastOf(sequence, "in");
  for (const [option, known] of [
    ["reflink", ["auto", "always", "never"]],
    ["sparse", ["auto", "always", "never"]],
  ] as const) {
    const word = values.get(option);
    if (word !== undefined && !(known as readonly string[]).includes(word))
      throw new Failure(`invalid argument ${quoted(word)} for '--${option}'`);
  }
  if (flags.has("l") && flags.has("s")) throw new Failure("cannot make both hard and symbolic links");
  return {
    recursive,
    follows:
      follows === "L"
        ? "all"
        : follows === "H"
          ? "named"
          : follows !== undefined || (recursive && !flags.has("l"))
            ? "none"
            : "all",
    keepsMode: kept.has("mode"),
    dropsMode,
    keepsTimes: kept.has("timestamps"),
    keepsLinks: kept.has("links"),
    attributesOnly: flags.has("attributes-only"),
    linksTo: flags.has("l") ? "hard" : flags.has("s") ? "symbolic" : undefined,
    existing: existing === "i" ? "ask" : existing === "n" ? "leave" : flags.has("f") ? "force" : undefined,
    update: flags.has("u"),
    removesFirst: flags.has("remove-destination"),
    says: flags.has("v"),
    backups: backupsOf(given),
    oneFileSystem: flags.has("x"),
  };
}

/** Makes the folders of a source below the destination, with the permissions that they have: `--parents`. */
async function makeParents(job: FileJob, source: string, to: string, says: boolean): Promise<boolean> {
  const parts = folderOf(source)
    .split("/")
    .filter((part) => part !== "" && part !== ".");
  let at = to;
  let from = source.startsWith("/") ? "/" : "";
  for (const part of parts) {
    at = below(at, part);
    from += from === "" || from === "/" ? part : `/${part}`;
    const there = await job.found(job.path(at), true);
    if (there?.isDirectory === true) continue;
    if (!(await job.tried(`cannot make directory ${quoted(at)}`, () => job.fs.mkdir(job.path(at))))) return false;
    const mode = (await job.found(job.path(from), true))?.mode ?? 0o755;
    if ((mode & 0o777) !== 0o755) await job.fs.chmod(job.path(at), mode & 0o777).catch(() => undefined);
    if (says) job.say(`${from} -> ${at}`);
  }
  return true;
}

export const cp = command(
  "cp",
  {
    flags: "abdfiHlLnPprRsTuvx",
    values: "St",
    long: {
      ...{ archive: "a", "attributes-only": "attributes-only", backup: "?backup", "copy-contents": "copy-contents" },
      ...{ force: "f", interactive: "i", link: "l", dereference: "L", "no-clobber": "n", "no-dereference": "P" },
      ...{ preserve: "?preserve", "no-preserve": "=no-preserve", parents: "parents", recursive: "R" },
      ...{ reflink: "?reflink", "remove-destination": "remove-destination", sparse: "=sparse" },
      ...{ "strip-trailing-slashes": "strip", "symbolic-link": "s", suffix: "S", "target-directory": "t" },
      ...{ "no-target-directory": "T", update: "u", verbose: "v", "one-file-system": "x" },
    },
  },
  async (given) => {
    const { flags } = given;
    const job = new FileJob(given);
    const manner = mannerOf(given);
    const { sources, to, into } = await destinationOf(job, given);
    const copying = new Copying(job, manner);
    if (flags.has("parents") && !into) throw new Failure("with --parents, the destination must be a directory");
    for (const operand of sources) {
      const source = flags.has("strip") ? operand.replace(/(?<=.)\/+$/, "") : operand;
      if (flags.has("parents")) {
        if (await makeParents(job, source, to, manner.says))
          await copying.operand(source, below(to, source.replace(/^\/+|\/+$/g, "")));
        continue;
      }
      const end = lastPart(source);
      const name = end === "." || end === ".." || end === "/" ? to : below(to, end);
      await copying.operand(source, into ? name : to);
    }
    return job.done();
  },
);
