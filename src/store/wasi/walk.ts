import { isUtf8 } from "node:buffer";
import { closeSync, fstatSync, lstatSync, readlinkSync } from "node:fs";
import type { Containment } from "./containment.ts";
import type { Descriptor } from "./descriptor-table.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import type { HeldDirectories, HeldDirectory } from "./held-directories.ts";
import type { Protection } from "./protection.ts";
import { type RootStore, type RunRoot, rootOfTarget } from "./roots.ts";

/** Most links that one path may lead through (MAXSYMLINKS of Linux). */
const MAX_LINKS = 40;
/** Most directories that one path may go down; each holds a descriptor while the path is walked. */
const MAX_DEPTH = 256;

/** A directory on the way down. */
interface Step {
  readonly fd: number;
  readonly base: string;
  readonly dev: number;
  readonly ino: number;
  readonly readOnly: boolean;
  /** The directory was entered in a leap, and is shared. */
  readonly held: HeldDirectory | undefined;
}

/**
 * Resolves one guest path to a directory that is held and a name in it, component by component, without ever
 * leaving the directory that it started from. Links are read and resolved here, never by the kernel; `..` steps back
 * along the directories that were entered, never above the first. A link with an absolute target is refused unless
 * the target lies lexically under a granted root; then the walk starts again at that root.
 *
 * Use: {@link begin}, then act on {@link path} without following it, or {@link followLeaf}; then {@link release}.
 */
export class Walk {
  /** Where the walk stands: `base` + `leaf`. The leaf is `.` when the path names the directory itself. */
  base = "";
  leaf = "";
  /** The path said that the leaf must be a directory (`a/`). */
  directoryOnly = false;
  /** The place must not be changed: a read-only root, or a protected subtree. */
  readOnly = false;
  /** Identity of the directory that holds the leaf; known only while {@link inspects}. */
  dev = 0;
  ino = 0;
  /** A root of the run has something protected or special files in it: every directory entered is looked at. */
  inspects = false;
  /** A root of the run has special files in it. */
  special = false;
  /** The path, when its directory was entered in one leap, and how many steps that saved. */
  #leapt: string | undefined;
  #leaptLevels = 0;
  #links = 0;
  readonly #steps: Step[] = [];
  readonly #pending: string[] = [];
  #floor: Step | undefined;
  #roots: readonly RunRoot[] = [];
  readonly #containment: Containment;
  readonly #protection: Protection;
  readonly #store: RootStore;
  readonly #held: HeldDirectories;

  constructor(containment: Containment, protection: Protection, store: RootStore, held: HeldDirectories) {
    this.#held = held;
    this.#containment = containment;
    this.#protection = protection;
    this.#store = store;
  }

  /** The roots of the run, for links with an absolute target. */
  attach(roots: readonly RunRoot[]): void {
    this.#roots = roots;
    this.special = roots.some(({ pinned }) => pinned.special);
    this.inspects = this.special || roots.some(({ pinned }) => pinned.guarded);
  }

  get path(): string {
    return this.base + this.leaf;
  }

  /** Directories between the start of the walk and the leaf. */
  get depth(): number {
    return this.#steps.length + this.#leaptLevels;
  }

  /** Starts at a directory of the guest. ENOTCAPABLE when the path leads outside. */
  begin(from: Descriptor, path: string): number {
    this.release();
    this.#links = 0;
    this.#leapt = undefined;
    this.directoryOnly = false;
    if (path.length === 0) return ERRNO.noent;
    if (path.charCodeAt(0) === 47) return ERRNO.notcapable;
    this.#floor = { fd: -1, base: from.base, dev: from.dev, ino: from.ino, readOnly: from.readOnly, held: undefined };
    this.#stand(this.#floor);
    if (!path.includes("/") && path !== "." && path !== "..") {
      this.leaf = path;
      return this.#arrive();
    }
    this.#push(path);
    this.#leap(from, path);
    return this.#advance();
  }

  /**
   * Resolves the leaf as a link and walks on. `onOther` is returned when the leaf is no link: the errno of the
   * operation that met it.
   */
  followLeaf(onOther: number): number {
    const leapt = this.#leapt;
    if (leapt !== undefined) {
      // `..` in the link has to step back along every level: the same way again, in single steps
      this.#leapt = undefined;
      this.release();
      this.#stand(this.#floor!);
      this.#push(leapt);
      return this.#advance();
    }
    const errno = this.#expand(this.path, onOther);
    return errno === ERRNO.success ? this.#advance() : errno;
  }

  /** Lets go of every directory that was entered. */
  release(): void {
    while (this.#steps.length > 0) this.#leave();
    this.#pending.length = 0;
    this.#leaptLevels = 0;
  }

  /**
   * Enters the directory of a plain path of three names or more at once. Not in roots with special files, and not
   * into a protected directory: there every level is looked at.
   */
  #leap(from: Descriptor, path: string): void {
    const pending = this.#pending;
    const levels = pending.length - 1;
    if (levels < 2 || this.special || from.realPath === "" || path.includes("\ufffd")) return;
    if (pending[0] === "..") return; // it has to step back one level, not all that were entered at once
    let names = "";
    for (let i = levels; i > 0; i--) {
      const name = pending[i]!;
      if (name === "" || name === "." || name === "..") return;
      names += `/${name}`;
    }
    const real = from.realPath + names;
    if (this.inspects && this.#protection.ofPath(real) !== undefined) return;
    const held = this.#held.enter(this.base + names.slice(1), real);
    if (held === undefined) return;
    const { fd, base } = held;
    const step = { fd, base, dev: 0, ino: 0, readOnly: this.readOnly, held };
    if (this.inspects) {
      try {
        this.#held.identify(held);
      } catch (error) {
        this.#held.leave(held);
        throw error;
      }
      if (this.#protection.ofDirectory(held.dev, held.ino) !== undefined) {
        this.#held.leave(held);
        return;
      }
      step.dev = held.dev;
      step.ino = held.ino;
    }
    pending.length = 1;
    this.#leapt = path;
    this.#leaptLevels = levels - 1;
    this.#steps.push(step);
    this.#stand(step);
  }

  #advance(): number {
    for (;;) {
      const name = this.#pending.pop();
      if (name === undefined) {
        this.leaf = ".";
        return this.#arrive();
      }
      if (name === "" || name === ".") continue;
      if (name === "..") {
        if (this.#steps.length === 0) return ERRNO.notcapable;
        this.#leave();
        this.#stand(this.#steps[this.#steps.length - 1] ?? this.#floor!);
        continue;
      }
      if (this.#pending.length === 0) {
        this.leaf = name;
        return this.#arrive();
      }
      const errno = this.#enter(name);
      if (errno !== ERRNO.success) return errno;
    }
  }

  #arrive(): number {
    if (this.#containment.foreign?.test(this.leaf)) return ERRNO.notcapable;
    return this.#containment.holds(this.base) ? ERRNO.success : ERRNO.notcapable;
  }

  #enter(name: string): number {
    if (this.#steps.length >= MAX_DEPTH) return ERRNO.nametoolong;
    if (this.#containment.foreign?.test(name)) return ERRNO.notcapable;
    const path = this.base + name;
    let readOnly = this.readOnly;
    if (this.inspects) {
      const access = this.#protection.ofName(this.dev, this.ino, name);
      if (access === "none") return ERRNO.notcapable;
      readOnly ||= access === "read-only";
    }
    let fd: number;
    try {
      fd = this.#containment.enter(path);
    } catch (error) {
      const errno = errnoOf(error);
      return errno === ERRNO.notdir || errno === ERRNO.loop ? this.#expand(path, ERRNO.notdir) : errno;
    }
    let dev = 0;
    let ino = 0;
    try {
      if (this.inspects) {
        const stat = fd < 0 ? lstatSync(path) : fstatSync(fd);
        ({ dev, ino } = stat);
        const access = this.#protection.ofDirectory(dev, ino);
        if (access === "none" || this.#store.isKernelInterface(dev, path)) {
          if (fd >= 0) closeSync(fd);
          return ERRNO.notcapable;
        }
        readOnly ||= access === "read-only";
      }
    } catch (error) {
      if (fd >= 0) closeSync(fd);
      return errnoOf(error);
    }
    const step = { fd, base: this.#containment.baseOf(fd, path), dev, ino, readOnly, held: undefined };
    this.#steps.push(step);
    this.#stand(step);
    return ERRNO.success;
  }

  /** Replaces a link by the components of its target. */
  #expand(path: string, onOther: number): number {
    let target: string;
    try {
      const bytes = readlinkSync(path, "buffer");
      if (!isUtf8(bytes)) return ERRNO.ilseq;
      target = bytes.toString();
    } catch (error) {
      const errno = errnoOf(error);
      return errno === ERRNO.inval ? onOther : errno;
    }
    if (++this.#links > MAX_LINKS) return ERRNO.loop;
    if (target.charCodeAt(0) === 47) return this.#restart(target);
    this.#push(target);
    return ERRNO.success;
  }

  /** Starts again at the granted root that an absolute target lies under. */
  #restart(target: string): number {
    const found = rootOfTarget(this.#roots, target);
    if (found === undefined) return ERRNO.notcapable;
    while (this.#steps.length > 0) this.#leave();
    const { base, dev, ino } = found.root.pinned;
    this.#floor = { fd: -1, base, dev, ino, readOnly: found.root.readOnly, held: undefined };
    this.#stand(this.#floor);
    this.#push(found.rest);
    return ERRNO.success;
  }

  /** Puts a path in front of what is still to be walked. */
  #push(path: string): void {
    const names = path.split("/");
    let last = names.length - 1;
    while (last >= 0 && (names[last] === "" || names[last] === ".")) last--;
    // `a/`, `a/.`: what a names must be a directory, also through a link
    if (this.#pending.length === 0 && last < names.length - 1) this.directoryOnly = true;
    for (let i = last; i >= 0; i--) this.#pending.push(names[i]!);
  }

  #stand(step: Step): void {
    this.base = step.base;
    this.readOnly = step.readOnly;
    this.dev = step.dev;
    this.ino = step.ino;
  }

  #leave(): void {
    const { fd, held } = this.#steps.pop()!;
    if (held !== undefined) this.#held.leave(held);
    else if (fd >= 0) closeSync(fd);
  }
}
