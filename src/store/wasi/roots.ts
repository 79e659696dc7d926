import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  statfsSync,
  statSync,
} from "node:fs";
import { resolve } from "node:path";
import type { Containment } from "./containment.ts";
import { contains, type Protection } from "./protection.ts";

/** A directory that was opened once and is held until the host is disposed of. */
export interface PinnedRoot {
  readonly hostPath: string;
  readonly realPath: string;
  readonly fd: number;
  readonly base: string;
  readonly dev: number;
  readonly ino: number;
  /** Something protected lies in it, or it lies in something protected: every directory entered is looked up. */
  readonly guarded: boolean;
  /** A file system of the kernel or of devices is mounted in it: special files are told apart before anything is opened. */
  readonly special: boolean;
  /** It lies in a directory that is protected from changes. */
  readonly readOnly?: boolean;
}

/** A pinned root as one run sees it. */
export interface RunRoot {
  readonly guestPath: string;
  readonly pinned: PinnedRoot;
  readonly readOnly: boolean;
}

/** File systems whose files are interfaces of the kernel, not data: statfs(2), linux/magic.h. */
const KERNEL_FILESYSTEMS: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x64626720, // debugfs
  0x74726163, // tracefs
  0x73636673, // securityfs
  0xf97cff8c, // selinuxfs
  0x43415d53, // smackfs
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
  0xcafe4a11, // bpf
  0x62656570, // configfs
  0x1cd1, // devpts
  0x42494e4d, // binfmt_misc
  0xde5e81e4, // efivarfs
  0x6165676c, // pstore
  0x19800202, // mqueue
  0x6e736673, // nsfs
]);

/** The same and devices, as they are called in mountinfo. */
const KERNEL_TYPES: ReadonlySet<string> = new Set([
  "proc",
  "sysfs",
  "devtmpfs",
  "devpts",
  "debugfs",
  "tracefs",
  "securityfs",
  "selinuxfs",
  "cgroup",
  "cgroup2",
  "bpf",
  "configfs",
  "binfmt_misc",
  "efivarfs",
  "pstore",
  "mqueue",
]);

/** Opens roots and remembers which file systems hold data. */
export class RootStore {
  readonly #containment: Containment;
  readonly #protection: Protection;
  readonly #roots = new Map<string, PinnedRoot>();
  #mounts: readonly string[] | undefined;
  readonly #kernelDevices = new Map<number, boolean>();

  constructor(containment: Containment, protection: Protection) {
    this.#containment = containment;
    this.#protection = protection;
  }

  /** The pinned root of a host path; opens it at first use. Throws what the operating system says. */
  open(hostPath: string): PinnedRoot {
    const known = this.#roots.get(hostPath);
    if (known !== undefined) return known;
    const realPath = realpathSync.native(hostPath);
    const fd = openDirectory(realPath);
    try {
      const { dev, ino } = fstatSync(fd);
      const base = this.#containment.baseOf(fd, realPath);
      const through = statSync(base);
      if (through.dev !== dev || through.ino !== ino) throw new Error(`${base} does not lead to the root ${realPath}`);
      const special = this.#holdsSpecialFiles(realPath);
      const guarded = this.#protection.concerns(realPath);
      const pinned = { hostPath, realPath, fd, base, dev, ino, guarded, special };
      this.#roots.set(hostPath, pinned);
      return pinned;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /**
   * Opens a directory below a root, reached from the held root name by name without following a link, so that it is inside
   * whatever is renamed or replaced meanwhile. The caller closes its descriptor. Throws what the operating system says.
   */
  openBelow(rootPath: string, hostPath: string): PinnedRoot {
    const root = this.open(rootPath);
    const prefix = rootPath === "/" ? "/" : `${rootPath}/`;
    if (!hostPath.startsWith(prefix)) throw new Error(`${hostPath} is not inside ${rootPath}`);
    let { base } = root;
    let fd = -1;
    let readOnly = false;
    if (root.guarded) this.#protection.refresh();
    try {
      const names = hostPath.slice(prefix.length).split("/");
      for (const [index, name] of names.entries()) {
        if (name === "" || name === "." || name === ".." || this.#containment.foreign?.test(name)) {
          throw new Error(`${hostPath} is not in normal form`);
        }
        const entered = index === names.length - 1 ? openDirectory(base + name) : this.#containment.enter(base + name);
        const next = this.#containment.baseOf(entered, base + name);
        if (fd >= 0) closeSync(fd);
        fd = entered;
        base = next;
        if (!root.guarded) continue;
        const { dev, ino } = fd < 0 ? lstatSync(base.slice(0, -1)) : fstatSync(fd);
        const access = this.#protection.ofDirectory(dev, ino);
        if (access === "none") throw new Error(`${hostPath} lies in a protected directory`);
        readOnly ||= access === "read-only";
      }
      if (!this.#containment.holds(base)) throw new Error(`${hostPath} is not where its name says`);
      const { dev, ino } = fstatSync(fd);
      const realPath = `${root.realPath === "/" ? "" : root.realPath}/${names.join("/")}`;
      if (this.isKernelInterface(dev, base)) throw new Error(`${hostPath} is a file system of the kernel`);
      return { ...root, hostPath, realPath, fd, base, dev, ino, readOnly };
    } catch (error) {
      if (fd >= 0) closeSync(fd);
      throw error;
    }
  }

  /** Whether the file system that `path` lies on, known by its device, is an interface of the kernel. Throws. */
  isKernelInterface(dev: number, path: string): boolean {
    let answer = this.#kernelDevices.get(dev);
    if (answer === undefined) {
      answer = process.platform === "linux" && KERNEL_FILESYSTEMS.has(statfsSync(path).type >>> 0);
      this.#kernelDevices.set(dev, answer);
    }
    return answer;
  }

  #holdsSpecialFiles(realPath: string): boolean {
    this.#mounts ??= kernelMounts();
    return this.#mounts.some((path) => contains(realPath, path) || contains(path, realPath));
  }

  dispose(): void {
    for (const { fd } of this.#roots.values()) closeSync(fd);
    this.#roots.clear();
  }
}

/** Opens a directory for its own entries, and no link to one. */
function openDirectory(path: string): number {
  return openSync(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0));
}

/**
 * The granted root that an absolute link target lies under, as it is written, and the rest of the path. `..` in the
 * rest is not resolved here: the walk does it like any other.
 */
export function rootOfTarget(
  roots: readonly RunRoot[],
  target: string,
): { readonly root: RunRoot; readonly rest: string } | undefined {
  for (const root of roots) {
    for (const name of [root.pinned.realPath, resolve(root.pinned.hostPath), root.guestPath]) {
      const prefix = name.length > 1 ? name.replace(/\/+$/, "") : name;
      if (prefix.startsWith("/") && contains(prefix, target)) return { root, rest: target.slice(prefix.length) };
    }
  }
  return undefined;
}

/** Where the kernel's own file systems and devices are mounted now (proc_pid_mountinfo(5)); the usual places always. */
function kernelMounts(): readonly string[] {
  const usual = ["/dev", "/proc", "/sys"];
  let table: string;
  try {
    table = readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    // not Linux, or no /proc: the usual places are all that can be known
    return usual;
  }
  for (const line of table.split("\n")) {
    const [mount, source] = line.split(" - ");
    const path = mount?.split(" ")[4];
    if (path === undefined || !KERNEL_TYPES.has(source?.split(" ")[0] ?? "")) continue;
    // blanks and backslashes in the path are written as octal escapes
    usual.push(path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))));
  }
  return usual;
}
