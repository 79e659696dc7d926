import { ERRNO, FileError } from "./errno.ts";
import { addressOf, hostFunction, native, SCRATCH, SCRATCH_BYTES, scratch, scratchView } from "./native.ts";
import { readAll, writeAll } from "./streams.ts";

const fdClose = hostFunction("fd_close");
const fdFilestatGet = hostFunction("fd_filestat_get");
const fdModeGet = hostFunction("fd_mode_get");
const fdModeSet = hostFunction("fd_mode_set");
const fdReaddir = hostFunction("fd_readdir");
const pathCreateDirectory = hostFunction("path_create_directory");
const pathFilestatGet = hostFunction("path_filestat_get");
const pathFilestatSetTimes = hostFunction("path_filestat_set_times");
const pathLink = hostFunction("path_link");
const pathOpen = hostFunction("path_open");
const pathReadlink = hostFunction("path_readlink");
const pathRemoveDirectory = hostFunction("path_remove_directory");
const pathRename = hostFunction("path_rename");
const pathStatusGet = hostFunction("path_status_get");
const pathSymlink = hostFunction("path_symlink");
const pathUnlinkFile = hostFunction("path_unlink_file");

/** Bytes of a path that are looked at (Linux's PATH_MAX), and where two of them stand in the scratch space. */
const MOST_PATH = 4096;
const OUT = 0;
const PATH = 4096;
const OTHER_PATH = 12_288;
const LISTING = 20_480;
const LISTING_BYTES = SCRATCH_BYTES - LISTING;
const DIRENT_BYTES = 24;

const FOLLOW = 1;
const OPEN = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;
const APPEND = 1;
const RIGHTS_READ = (1 << 1) | (1 << 2) | (1 << 5) | (1 << 21);
const RIGHTS_WRITE = (1 << 0) | (1 << 2) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 21) | (1 << 22);
const RIGHTS_LIST = (1 << 13) | (1 << 14);
const RIGHTS_STATUS = 1 << 21;
const SET_TIMES = 1 | 4;

export type FileType = "file" | "directory" | "link" | "other";
const TYPES: Readonly<Record<number, FileType>> = { 3: "directory", 4: "file", 7: "link" };

export interface FileStatus {
  readonly type: FileType;
  readonly size: number;
  /** Nanoseconds since the epoch. */
  readonly accessed: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
  readonly device: bigint;
  readonly inode: bigint;
  readonly links: number;
  /** Permission bits; where the script may not ask, what is usual. */
  readonly mode: number;
}

/** Where a path leads: below the directory `fd`, `.` for the directory itself. */
export interface Place {
  readonly fd: number;
  readonly path: string;
}

/** Writes a path to the scratch space and answers its length; throws for one that no file can have. */
function put({ path }: Place, at: number, operation: string): number {
  const bytes = native.encode(path);
  if (bytes.length > MOST_PATH) throw new FileError(37, operation, path);
  if (path.includes("\0")) throw new FileError(ERRNO.inval, operation, path);
  scratch.set(bytes, at);
  return bytes.length;
}

function check(errno: number, operation: string, path: string): void {
  if (errno !== 0) throw new FileError(errno, operation, path);
}

function open(place: Place, options: { flags: number; rights: number; fdFlags?: number }, operation: string): number {
  const { flags, rights, fdFlags = 0 } = options;
  const length = put(place, PATH, operation);
  check(
    pathOpen(place.fd, FOLLOW, SCRATCH + PATH, length, flags, rights, 0, fdFlags, SCRATCH + OUT),
    operation,
    place.path,
  );
  return scratchView.getUint32(OUT, true);
}

/** Runs with an open descriptor, and closes it whatever comes. */
function opened<T>(
  place: Place,
  options: { flags: number; rights: number; fdFlags?: number },
  operation: string,
  use: (fd: number) => T,
): T {
  const fd = open(place, options, operation);
  try {
    return use(fd);
  } finally {
    fdClose(fd);
  }
}

function statusAt(mode: number): FileStatus {
  const type = TYPES[scratchView.getUint8(OUT + 16)] ?? "other";
  return {
    device: scratchView.getBigUint64(OUT, true),
    inode: scratchView.getBigUint64(OUT + 8, true),
    type,
    links: Number(scratchView.getBigUint64(OUT + 24, true)),
    size: Number(scratchView.getBigUint64(OUT + 32, true)),
    accessed: scratchView.getBigUint64(OUT + 40, true),
    modified: scratchView.getBigUint64(OUT + 48, true),
    changed: scratchView.getBigUint64(OUT + 56, true),
    mode: mode >= 0 ? mode : type === "directory" ? 0o755 : type === "link" ? 0o777 : 0o644,
  };
}

/** What is at a place; a link itself unless `follow`. */
export function status(place: Place, follow: boolean): FileStatus {
  const operation = follow ? "stat" : "lstat";
  const length = put(place, PATH, operation);
  const ask = () => pathFilestatGet(place.fd, follow ? FOLLOW : 0, SCRATCH + PATH, length, SCRATCH + OUT);
  check(ask(), operation, place.path);
  const isLink = TYPES[scratchView.getUint8(OUT + 16)] === "link";
  let mode = -1;
  if (!isLink && pathStatusGet(place.fd, SCRATCH + PATH, length, SCRATCH + OUT) === 0)
    mode = scratchView.getUint32(OUT, true) & 0o7777;
  check(ask(), operation, place.path);
  return statusAt(mode);
}

/** All bytes of a regular file. */
export function readFile(place: Place): Uint8Array<ArrayBuffer> {
  return opened(place, { flags: 0, rights: RIGHTS_READ }, "open", (fd) => {
    check(fdFilestatGet(fd, SCRATCH + OUT), "read", place.path);
    const { type, size } = statusAt(0);
    if (type === "directory") throw new FileError(ERRNO.isdir, "read", place.path);
    try {
      return readAll(fd, size);
    } catch (error) {
      if (typeof error !== "number") throw error;
      throw new FileError(error, "read", place.path);
    }
  });
}

/** Makes a file of these bytes, or puts them in the place of what it held or behind it. */
export function writeFile(place: Place, bytes: Uint8Array<ArrayBuffer>, append: boolean): void {
  const options = append
    ? { flags: OPEN.create, rights: RIGHTS_WRITE, fdFlags: APPEND }
    : { flags: OPEN.create | OPEN.truncate, rights: RIGHTS_WRITE };
  opened(place, options, "open", (fd) => check(writeAll(fd, bytes), "write", place.path));
}

export interface Entry {
  readonly name: string;
  readonly type: FileType;
}

/** The names in a directory with their types, sorted. */
export function list(place: Place): Entry[] {
  const entries = opened(place, { flags: OPEN.directory, rights: RIGHTS_LIST }, "scandir", (fd) => {
    const found: Entry[] = [];
    let cookie = 0;
    for (;;) {
      check(fdReaddir(fd, SCRATCH + LISTING, LISTING_BYTES, cookie, SCRATCH + OUT), "scandir", place.path);
      const used = scratchView.getUint32(OUT, true);
      let at = LISTING;
      while (at + DIRENT_BYTES <= LISTING + used) {
        const length = scratchView.getUint32(at + 16, true);
        if (at + DIRENT_BYTES + length > LISTING + used) break;
        cookie = Number(scratchView.getBigUint64(at, true));
        const name = native.decode(SCRATCH + at + DIRENT_BYTES, length);
        const type = TYPES[scratchView.getUint8(at + 20)] ?? "other";
        if (name !== "." && name !== "..") found.push({ name, type });
        at += DIRENT_BYTES + length;
      }
      if (used < LISTING_BYTES) return found;
    }
  });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function onPath(place: Place, operation: string, call: (fd: number, path: number, length: number) => number): void {
  const length = put(place, PATH, operation);
  check(call(place.fd, SCRATCH + PATH, length), operation, place.path);
}

function onTwoPaths(
  from: Place,
  to: Place,
  operation: string,
  call: (length: number, toLength: number) => number,
): void {
  const length = put(from, PATH, operation);
  const toLength = put(to, OTHER_PATH, operation);
  check(call(length, toLength), operation, from.path);
}

export function createDirectory(place: Place): void {
  onPath(place, "mkdir", pathCreateDirectory);
}

export function removeDirectory(place: Place): void {
  onPath(place, "rmdir", pathRemoveDirectory);
}

export function unlink(place: Place): void {
  onPath(place, "unlink", pathUnlinkFile);
}

export function rename(from: Place, to: Place): void {
  onTwoPaths(from, to, "rename", (length, toLength) =>
    pathRename(from.fd, SCRATCH + PATH, length, to.fd, SCRATCH + OTHER_PATH, toLength),
  );
}

export function hardLink(from: Place, to: Place): void {
  onTwoPaths(from, to, "link", (length, toLength) =>
    pathLink(from.fd, 0, SCRATCH + PATH, length, to.fd, SCRATCH + OTHER_PATH, toLength),
  );
}

export function symbolicLink(target: string, at: Place): void {
  onTwoPaths({ fd: at.fd, path: target }, at, "symlink", (length, toLength) =>
    pathSymlink(SCRATCH + PATH, length, at.fd, SCRATCH + OTHER_PATH, toLength),
  );
}

export function readLink(place: Place): string {
  const length = put(place, PATH, "readlink");
  check(
    pathReadlink(place.fd, SCRATCH + PATH, length, SCRATCH + OTHER_PATH, MOST_PATH, SCRATCH + OUT),
    "readlink",
    place.path,
  );
  return native.decode(SCRATCH + OTHER_PATH, scratchView.getUint32(OUT, true));
}

/** Milliseconds, to the microsecond. */
export function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n) / 1000;
}

/** Sets when a file was read and changed last, in nanoseconds since the epoch; those of a link itself unless `follow`. */
export function setTimes(place: Place, accessed: bigint, modified: bigint, follow = true): void {
  scratchView.setBigUint64(OUT, accessed, true);
  scratchView.setBigUint64(OUT + 8, modified, true);
  onPath(place, "utimes", (fd, path, length) =>
    pathFilestatSetTimes(fd, follow ? FOLLOW : 0, path, length, SCRATCH + OUT, SCRATCH + OUT + 8, SET_TIMES),
  );
}

/** Sets the permission bits of a file. */
export function setMode(place: Place, mode: number): void {
  opened(place, { flags: 0, rights: RIGHTS_STATUS }, "chmod", (fd) => check(fdModeSet(fd, mode), "chmod", place.path));
}

/** Permission bits of an open descriptor's file; -1 where the script may not ask. */
export function modeOf(fd: number): number {
  return fdModeGet(fd, SCRATCH + OUT) === 0 ? scratchView.getUint32(OUT, true) : -1;
}

/** Address and length of bytes, for host calls that take a request. */
export function request(bytes: Uint8Array<ArrayBuffer>): readonly [number, number] {
  return [addressOf(bytes), bytes.length];
}
