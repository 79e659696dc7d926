// What a tar command says, and how names and members are shown.
import { escapeOf } from "../escapes.ts";
import { permissionsOf } from "../file-facts.ts";
import type { Member } from "./format.ts";

/** Least width of owner and size together, as GNU tar lines its listings up. */
const OWNER_WIDTH = 19;
/** A name as it is listed: on one line. */
export function shownName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  return name.replace(/[\x00-\x1f\x7f\\]/g, escapeOf);
}

/** Collects what a command says; a name is said once stripped of each beginning. */
export class Report {
  readonly listed: string[] = [];
  readonly errors: string[] = [];
  failed = false;
  readonly #said = new Set<string>();
  #width = OWNER_WIDTH;

  warn(message: string): void {
    this.errors.push(`tar: ${message}`);
  }

  fail(message: string): void {
    this.failed = true;
    this.warn(message);
  }

  /**
   * A member's name, or a hard link's target, that leads nowhere above the folder it is taken in: what is before and
   * with its last `..`, and slashes that it begins with, are left out, and that is said.
   */
  safe(name: string, what: "member names" | "hard link targets"): string {
    const parts = name.split("/");
    const last = parts.lastIndexOf("..");
    const rest = parts.slice(last + 1).join("/");
    const kept = last >= 0 || name.startsWith("/") ? rest.replace(/^\/+/, "") : name;
    const prefix = name.slice(0, name.length - kept.length);
    const said = `Removing leading \`${shownName(prefix)}' from ${what}`;
    if (prefix !== "" && !this.#said.has(said)) {
      this.#said.add(said);
      this.warn(said);
    }
    return kept === "" ? "." : kept;
  }

  /** A member's line in a listing; of `-v` with all that is known of it. */
  line(member: Member, name: string, long: boolean, flags: ReadonlySet<string>): string {
    if (!long) return shownName(name);
    const { kind, mode, uid, gid, user, group, mtime, target } = member;
    const owner = flags.has("numeric") || user === "" ? uid : user;
    const team = flags.has("numeric") || group === "" ? gid : group;
    const size = String(kind === "1" || kind === "2" || kind === "5" ? 0 : member.size);
    const owners = `${owner}/${team}`;
    this.#width = Math.max(this.#width, owners.length + 1 + size.length);
    const leads = kind === "2" ? ` -> ${shownName(target)}` : kind === "1" ? ` link to ${shownName(target)}` : "";
    const sized = size.padStart(this.#width - owners.length - 1);
    return `${TYPES[kind] ?? "-"}${permissionsOf(mode)} ${owners} ${sized} ${timeOf(mtime, flags.has("full-time"))} ${shownName(name)}${leads}`;
  }
}

const TYPES: Readonly<Record<string, string>> = { 1: "h", 2: "l", 3: "c", 4: "b", 5: "d", 6: "p", 7: "C" };

function timeOf(seconds: number, full: boolean): string {
  const date = new Date(Math.floor(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return String(seconds);
  const text = date.toISOString().replace("T", " ");
  return text.slice(0, text.indexOf(":") + (full ? 6 : 3));
}
