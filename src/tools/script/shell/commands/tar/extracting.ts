// Takes members out of an archive, so that nothing lands outside the folder that it is taken to.
import type { CommandContext, FsStat } from "just-bash/browser";
import { latin1 } from "../../../../../script/guest/text-encoding.ts";
import { FileTime } from "../../file-time.ts";
import { reasonOf } from "../command.ts";
import { UMASK } from "../modes.ts";
import type { Found } from "./format.ts";
import type { Report } from "./report.ts";

/** Puts members below their folders; what fails is reported, and the rest goes on. */
export class Extraction {
  readonly #fs: CommandContext["fs"];
  readonly #report: Report;
  readonly #flags: ReadonlySet<string>;
  /** Links that lead elsewhere are made last, so that nothing is written through them. */
  readonly #links = new Map<string, { readonly shown: string; readonly target: string }>();
  /** Folders get their times and modes last, when nothing is put in them any more. */
  readonly #folders: (readonly [path: string, member: Found])[] = [];
  readonly #own = new Set<string>();
  readonly printed: string[] = [];

  constructor(fs: CommandContext["fs"], report: Report, flags: ReadonlySet<string>) {
    this.#fs = fs;
    this.#report = report;
    this.#flags = flags;
  }

  /** Takes one member out to `folder`/`name`; `target` is where a hard link of it leads, below the folder too. */
  async take(member: Found, folder: string, name: string, target: string): Promise<void> {
    const { kind, body } = member;
    const flags = this.#flags;
    if (flags.has("to-stdout")) {
      if (kind === "0") this.printed.push(latin1(body));
      return;
    }
    const path = this.#fs.resolvePath(folder, name);
    if (this.#throughLink(path, folder)) return this.#report.fail(`${name}: Cannot open: Not a directory`);
    const there = await this.#there(path);
    if (kind === "5") return this.#takeFolder(member, path, name, there);
    if (there !== undefined && flags.has("skip")) return this.#report.warn(`${name}: skipping existing file`);
    if (there !== undefined && flags.has("newer") && there.mtime.getTime() / 1000 >= member.mtime)
      return this.#report.warn(`Current ‘${name}’ is newer or same age`);
    const doing =
      kind === "1" ? `hard link to ‘${target}’` : kind === "2" ? `create symlink to ‘${member.target}’` : "open";
    if (there !== undefined && flags.has("keep")) {
      if (kind === "1" && (await this.#isSame(there, this.#fs.resolvePath(folder, target)))) return;
      return this.#report.fail(`${name}: Cannot ${doing}: File exists`);
    }
    if (!/^[0-27]$/.test(kind)) return this.#report.fail(`${name}: Cannot mknod: Operation not permitted`);
    try {
      if (there === undefined) await this.#makeParents(path);
      else if (kind === "1" && (await this.#isSame(there, this.#fs.resolvePath(folder, target)))) return;
      else await this.#fs.rm(path, { recursive: false });
      this.#links.delete(path);
      if (kind === "1") await this.#fs.link(this.#linked(folder, target), path);
      else if (kind === "2") await this.#link(path, name, member.target);
      else {
        await this.#fs.writeFile(path, body);
        await this.#finish(path, member);
      }
    } catch (error) {
      this.#report.fail(`${name}: Cannot ${doing}: ${reasonOf(error)}`);
    }
  }

  /** Makes the links and times that were left for the end. */
  async end(): Promise<void> {
    for (const [path, member] of this.#folders.reverse()) {
      try {
        await this.#finish(path, member);
      } catch (error) {
        this.#report.fail(`${member.name}: Cannot change mode: ${reasonOf(error)}`);
      }
    }
    for (const [path, { shown, target }] of this.#links) {
      try {
        await this.#fs.symlink(target, path);
      } catch (error) {
        this.#report.fail(`${shown}: Cannot create symlink to ‘${target}’: ${reasonOf(error)}`);
      }
    }
  }

  async #there(path: string): Promise<FsStat | undefined> {
    try {
      return await this.#fs.lstat(path);
    } catch {
      return undefined;
    }
  }

  async #isSame(there: FsStat, other: string): Promise<boolean> {
    const found = await this.#there(other);
    return found?.ino !== undefined && found.ino === there.ino && found.dev === there.dev;
  }

  /** Whether a part of the path before its last is a link that is yet to be made. */
  #throughLink(path: string, folder: string): boolean {
    for (let at = path.indexOf("/", folder.length + 1); at > 0; at = path.indexOf("/", at + 1))
      if (this.#links.has(path.slice(0, at))) return true;
    return false;
  }

  #linked(folder: string, target: string): string {
    const path = this.#fs.resolvePath(folder, target);
    if (this.#throughLink(path, folder) || this.#links.has(path)) throw new Error("ENOENT");
    return path;
  }

  async #link(path: string, shown: string, target: string): Promise<void> {
    const safe = this.#flags.has("absolute") || !(target.startsWith("/") || target.split("/").includes(".."));
    if (safe) await this.#fs.symlink(target, path);
    else this.#links.set(path, { shown, target });
  }

  async #takeFolder(member: Found, path: string, name: string, there: FsStat | undefined): Promise<void> {
    if (there?.isDirectory === true) {
      if (this.#flags.has("skip")) this.#report.warn(`${name.replace(/\/+$/, "")}: skipping existing file`);
      else if (!this.#flags.has("keep")) this.#folders.push([path, member]);
      return;
    }
    try {
      if (there !== undefined) {
        if (this.#flags.has("keep") || this.#flags.has("skip")) throw new Error("EEXIST");
        await this.#fs.rm(path);
      }
      if (this.#links.has(path)) throw new Error("EEXIST");
      await this.#makeParents(path);
      await this.#fs.mkdir(path);
      this.#own.add(path);
      this.#folders.push([path, member]);
    } catch (error) {
      this.#report.fail(`${name}: Cannot mkdir: ${reasonOf(error)}`);
    }
  }

  async #makeParents(path: string): Promise<void> {
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (parent === "" || this.#own.has(parent)) return;
    await this.#fs.mkdir(parent, { recursive: true });
    this.#own.add(parent);
  }

  async #finish(path: string, { mode, mtime }: Found): Promise<void> {
    await this.#fs.chmod(path, mode & (this.#flags.has("modes") ? 0o777 : 0o777 & ~UMASK));
    if (this.#flags.has("touch")) return;
    const time = new FileTime(BigInt(Math.max(0, Math.round(mtime * 1e6))) * 1000n);
    await this.#fs.utimes(path, time, time);
  }
}
