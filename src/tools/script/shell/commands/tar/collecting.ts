// Makes members of files: walks folders, and gives each member the owner, mode and time that are asked for.
import type { FsStat } from "just-bash/browser";
import { Failure, type Given, reasonOf } from "../command.ts";
import { linksOf, OWNER } from "../file-facts.ts";
import { MOST_UNPACKED } from "../gunzip.ts";
import { modeChange } from "../modes.ts";
import type { Member } from "./format.ts";
import { excludedBy, fatal, type Named } from "./naming.ts";
import type { Report } from "./report.ts";
import type { Words } from "./words.ts";

const MOST_DEPTH = 200;

export interface Collected {
  readonly members: readonly Member[];
  /** Where they are, the deepest last. */
  readonly paths: readonly string[];
}

/** Members of all that is named; `wanted` says of one whether it is, by its name and time. */
export async function collected(
  words: Words,
  given: Given,
  report: Report,
  names: readonly Named[],
  archive: string | undefined,
  wanted: (name: string, mtime: number) => boolean,
): Promise<Collected> {
  const { fs } = given.context;
  const { flags } = words;
  const excluded = await excludedBy(words, given);
  const change = changesOf(words);
  const [members, paths]: [Member[], string[]] = [[], []];
  const first = new Map<string, string>();
  let total = 0;

  const add = async (path: string, text: string, depth: number): Promise<void> => {
    if (excluded(text)) return;
    let stat: FsStat;
    try {
      stat = await fs.lstat(flags.has("follow") ? await fs.realpath(path) : path);
    } catch (error) {
      return report.fail(`${text}: Cannot stat: ${reasonOf(error)}`);
    }
    if (path === archive) return report.warn(`${text}: file is the archive; not dumped`);
    const stored = (flags.has("absolute") ? text : report.safe(text, "member names")) + (stat.isDirectory ? "/" : "");
    const mtime = Math.floor(stat.mtime.getTime() / 1000);
    const inode = linksOf(stat) > 1 && !stat.isDirectory && !flags.has("hard") ? `${stat.dev}:${stat.ino}` : undefined;
    const linked = inode === undefined ? undefined : first.get(inode);
    if (wanted(stored, mtime)) {
      try {
        const kind = linked !== undefined ? "1" : stat.isDirectory ? "5" : stat.isSymbolicLink ? "2" : "0";
        const target = linked ?? (kind === "2" ? await fs.readlink(path) : "");
        total += stat.size;
        if (total > MOST_UNPACKED)
          throw new Failure(`${text}: more than ${MOST_UNPACKED} bytes fit no archive here`, 2);
        const body = kind === "0" ? await fs.readFileBuffer(path) : new Uint8Array(0);
        const owned = { uid: OWNER.id, gid: OWNER.id, user: OWNER.name, group: OWNER.name };
        const mode = kind === "2" ? 0o777 : stat.mode & 0o7777;
        members.push(change({ name: stored, kind, mode, ...owned, mtime, target, body, size: body.length }));
        paths.push(path);
        if (inode !== undefined && linked === undefined) first.set(inode, stored);
      } catch (error) {
        if (error instanceof Failure) throw error;
        report.fail(`${text}: Cannot open: ${reasonOf(error)}`);
      }
    }
    if (!stat.isDirectory || flags.has("flat")) return;
    if (depth > MOST_DEPTH) return report.fail(`${text}: Cannot open: Too many levels of symbolic links`);
    for (const name of await fs.readdir(path))
      await add(fs.resolvePath(path, name), `${text === "/" ? "" : text}/${name}`, depth + 1);
  };

  for (const { text, folder } of names) await add(fs.resolvePath(folder, text), text.replace(/(.)\/+$/, "$1"), 0);
  for (const pattern of words.late) report.fail(`--exclude ‘${pattern}’ has no effect: it stands behind a name`);
  return { members, paths };
}

/** What `--owner`, `--group`, `--mode`, `--mtime` and `--numeric-owner` make of a member. */
function changesOf({ values, flags }: Words): (member: Member) => Member {
  const owner = values.get("owner");
  const group = values.get("group");
  const mode = values.get("mode");
  const modeFrom = mode === undefined ? (old: number): number => old : modeChange(mode);
  if (modeFrom === undefined) throw fatal("Invalid mode given on option");
  const mtime = timeFrom(values.get("mtime"));
  return (member) => {
    const [user, uid] = owner === undefined ? [member.user, member.uid] : ownerFrom(owner);
    const [team, gid] = group === undefined ? [member.group, member.gid] : ownerFrom(group);
    const named = flags.has("numeric") ? { user: "", group: "" } : { user, group: team };
    return {
      ...member,
      uid,
      gid,
      ...named,
      mode: modeFrom(member.mode, member.kind === "5"),
      mtime: mtime ?? member.mtime,
    };
  };
}

function ownerFrom(text: string): [string, number] {
  const [name = "", id] = text.split(":");
  if (/^\d{1,7}$/.test(name)) return [name === "0" ? "root" : "", Number(name)];
  return [name, id !== undefined && /^\d{1,7}$/.test(id) ? Number(id) : name === "root" ? 0 : OWNER.id];
}

function timeFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^@\d+$/.test(text)) return Number(text.slice(1));
  const [, date, time = "00:00"] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?\s*(?:Z|UTC)?$/.exec(text) ?? [];
  const found = date === undefined ? Number.NaN : Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(found)) throw fatal(`Invalid time stamp: ${text}: give it as 2024-01-31 12:00:00 or @seconds`);
  return found / 1000;
}
