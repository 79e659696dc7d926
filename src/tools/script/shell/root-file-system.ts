import type { BufferEncoding, FileContent, FsStat, IFileSystem, MkdirOptions, RmOptions } from "just-bash/browser";
import { ERRNO, FileError } from "../../../script/guest/errno.ts";
import type { Place } from "../../../script/guest/files.ts";
import * as files from "../../../script/guest/files.ts";
import { latin1 } from "../../../script/guest/text-encoding.ts";
import { FileTime, LinkTime, nanosecondsOf } from "./file-time.ts";

type Encoding = BufferEncoding | { readonly encoding?: BufferEncoding | null } | undefined;
type Bytes = Uint8Array<ArrayBuffer>;

const MOST_LINKS = 40;
const SPECIAL = 0o7000;
const EPERM = 63;

/**
 * One granted directory as the shell's file system: every path is looked up by the host below the directory's
 * descriptor, so that none leads out of it.
 */
export class RootFileSystem implements IFileSystem {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  #at(path: string): Place {
    const below = path.split("/").filter((part) => part !== "" && part !== ".");
    return { fd: this.#fd, path: below.length === 0 ? "." : below.join("/") };
  }

  /** The same operation with the path named as the shell named it. */
  #named<T>(path: string, work: (place: Place) => T): T {
    try {
      return work(this.#at(path));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw new FileError(error.errno, /, (\w+) '/.exec(error.message)?.[1] ?? "open", path);
    }
  }

  async readFile(path: string, options?: Encoding): Promise<string> {
    const bytes = this.#named(path, files.readFile);
    const encoding = (typeof options === "string" ? options : options?.encoding) ?? "utf8";
    return encoding === "utf8" || encoding === "utf-8"
      ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
      : latin1(bytes);
  }

  async readFileBytes(path: string): Promise<never> {
    return latin1(this.#named(path, files.readFile)) as never;
  }

  async readFileBuffer(path: string): Promise<Bytes> {
    return this.#named(path, files.readFile);
  }

  async writeFile(path: string, content: FileContent, options?: Encoding): Promise<void> {
    this.#named(path, (place) => files.writeFile(place, bytesOf(content, options), false));
  }

  async appendFile(path: string, content: FileContent, options?: Encoding): Promise<void> {
    this.#named(path, (place) => files.writeFile(place, bytesOf(content, options), true));
  }

  async exists(path: string): Promise<boolean> {
    try {
      files.status(this.#at(path), true);
      return true;
    } catch {
      return false;
    }
  }

  async stat(path: string): Promise<FsStat> {
    return this.#named(path, (place) => shown(files.status(place, true), this.#fd));
  }

  async lstat(path: string): Promise<FsStat> {
    return this.#named(path, (place) => shown(files.status(place, false), this.#fd));
  }

  async mkdir(path: string, options: MkdirOptions = {}): Promise<void> {
    if (options.recursive !== true) {
      this.#named(path, files.createDirectory);
      return;
    }
    const parts = this.#at(path).path.split("/");
    for (let depth = 1; depth <= parts.length; depth++) {
      try {
        files.createDirectory({ fd: this.#fd, path: parts.slice(0, depth).join("/") });
      } catch (error) {
        if (!(error instanceof FileError) || error.errno !== ERRNO.exist) throw error;
      }
    }
    this.#named(path, (place) => {
      if (files.status(place, true).type !== "directory") throw new FileError(ERRNO.exist, "mkdir", path);
    });
  }

  async readdir(path: string): Promise<string[]> {
    return this.#named(path, (place) => files.list(place).map(({ name }) => name));
  }

  async readdirWithFileTypes(
    path: string,
  ): Promise<{ name: string; isFile: boolean; isDirectory: boolean; isSymbolicLink: boolean }[]> {
    return this.#named(path, (place) =>
      files.list(place).map(({ name, type }) => ({
        name,
        isFile: type === "file",
        isDirectory: type === "directory",
        isSymbolicLink: type === "link",
      })),
    );
  }

  async rm(path: string, { recursive = false, force = false }: RmOptions = {}): Promise<void> {
    this.#named(path, (place) => {
      let type: files.FileType;
      try {
        type = files.status(place, false).type;
      } catch (error) {
        if (force && error instanceof FileError && error.errno === ERRNO.noent) return;
        throw error;
      }
      this.#remove(place, type, recursive);
    });
  }

  #remove(place: Place, type: files.FileType, recursive: boolean): void {
    if (type !== "directory") {
      files.unlink(place);
      return;
    }
    if (recursive) {
      for (const entry of files.list(place)) this.#remove(within(place, entry.name), entry.type, true);
    }
    files.removeDirectory(place);
  }

  async cp(from: string, to: string, { recursive = false }: { readonly recursive?: boolean } = {}): Promise<void> {
    this.#named(from, (place) => this.#copy(place, this.#at(to), recursive));
  }

  #copy(from: Place, to: Place, recursive: boolean): void {
    const { type, mode } = files.status(from, true);
    if (type !== "directory") {
      files.writeFile(to, files.readFile(from), false);
      if ((mode & 0o111) !== 0) files.setMode(to, mode & 0o777);
      return;
    }
    if (!recursive) throw new FileError(ERRNO.isdir, "cp", from.path);
    if (`${to.path}/`.startsWith(`${from.path}/`)) throw new FileError(ERRNO.inval, "cp", from.path);
    try {
      files.createDirectory(to);
    } catch (error) {
      if (!(error instanceof FileError) || error.errno !== ERRNO.exist) throw error;
    }
    for (const { name, type: kind } of files.list(from)) {
      if (kind === "link") files.symbolicLink(files.readLink(within(from, name)), within(to, name));
      else this.#copy(within(from, name), within(to, name), true);
    }
  }

  async mv(from: string, to: string): Promise<void> {
    this.#named(from, (place) => files.rename(place, this.#at(to)));
  }

  resolvePath(base: string, path: string): string {
    const parts: string[] = [];
    for (const part of (path.startsWith("/") ? path : `${base}/${path}`).split("/")) {
      if (part === "..") parts.pop();
      else if (part !== "" && part !== ".") parts.push(part);
    }
    return `/${parts.join("/")}`;
  }

  /** Not known: a directory may hold more than fits. Callers walk instead. */
  getAllPaths(): string[] {
    return [];
  }

  /** The host gives no file the bits that set user, group or sticky: whoever asks for a new one is told. */
  async chmod(path: string, mode: number): Promise<void> {
    this.#named(path, (place) => {
      if ((mode & SPECIAL) !== 0 && (mode & SPECIAL & ~files.status(place, true).mode) !== 0)
        throw new FileError(EPERM, "chmod", path);
      files.setMode(place, mode & 0o777);
    });
  }

  async symlink(target: string, path: string): Promise<void> {
    this.#named(path, (place) => files.symbolicLink(target, place));
  }

  async link(existing: string, path: string): Promise<void> {
    this.#named(existing, (place) => files.hardLink(place, this.#at(path)));
  }

  async readlink(path: string): Promise<string> {
    return this.#named(path, files.readLink);
  }

  /** Follows links by their text; where they lead is still looked up by the host. */
  async realpath(path: string): Promise<string> {
    let rest = this.resolvePath("/", path).split("/").slice(1);
    let done: string[] = [];
    let links = 0;
    while (rest.length > 0) {
      const [part = "", ...after] = rest;
      rest = after;
      if (part === "") continue;
      const next = `/${[...done, part].join("/")}`;
      const { type } = this.#named(next, (place) => files.status(place, false));
      if (type !== "link") {
        done = [...done, part];
        continue;
      }
      if (++links > MOST_LINKS) throw new FileError(32, "realpath", path);
      const target = this.#named(next, files.readLink);
      if (target.startsWith("/")) throw new FileError(EPERM, "realpath", path);
      rest = [
        ...this.resolvePath(`/${done.join("/")}`, target)
          .split("/")
          .slice(1),
        ...rest,
      ];
      done = [];
    }
    return `/${done.join("/")}`;
  }

  async utimes(path: string, accessed: Date, modified: Date): Promise<void> {
    this.#named(path, (place) =>
      files.setTimes(place, nanosecondsOf(accessed), nanosecondsOf(modified), !(modified instanceof LinkTime)),
    );
  }
}

function within(place: Place, name: string): Place {
  return { fd: place.fd, path: place.path === "." ? name : `${place.path}/${name}` };
}

/** What is known of a file below a root beside what `just-bash` asks. */
export interface RootFileStat extends FsStat {
  readonly atime: FileTime;
  readonly mtime: FileTime;
  readonly ctime: FileTime;
  readonly links: number;
  /** The descriptor of the root that it lies in. */
  readonly root: number;
}

function shown(status: files.FileStatus, root: number): RootFileStat {
  const { type, mode, size, device, inode, links } = status;
  return {
    isFile: type === "file" || type === "other",
    isDirectory: type === "directory",
    isSymbolicLink: type === "link",
    mode,
    size,
    atime: new FileTime(status.accessed),
    mtime: new FileTime(status.modified),
    ctime: new FileTime(status.changed),
    dev: device,
    ino: inode,
    links,
    root,
  };
}

function bytesOf(content: FileContent, options: Encoding): Bytes {
  if (typeof content !== "string") return content as Bytes;
  const encoding = (typeof options === "string" ? options : options?.encoding) ?? "utf8";
  if (encoding === "utf8" || encoding === "utf-8") return new TextEncoder().encode(content) as Bytes;
  const bytes = new Uint8Array(content.length);
  for (let i = 0; i < content.length; i++) bytes[i] = content.charCodeAt(i);
  return bytes;
}
