import { closeSync, fstatSync } from "node:fs";
import type { Containment } from "./containment.ts";

/** A directory that was entered in one leap. */
export interface HeldDirectory {
  readonly fd: number;
  readonly base: string;
  /** Identity; 0 until it is asked for. */
  dev: number;
  ino: number;
  /** Walks that stand in it or have passed through it. */
  users: number;
  /** Found again by its path; else closed when the last user leaves. */
  kept: boolean;
}

/**
 * The directories that a run entered by their whole path, so that the next name in one of them costs one question to
 * the kernel instead of an open, the question and a close. The question is asked every time: a directory is used only
 * while the kernel says that it is, right now, at the very path that it is wanted by. One that was moved, removed or
 * replaced since is let go of, and the path is looked up anew.
 */
export class HeldDirectories {
  readonly #containment: Containment;
  readonly #capacity: number;
  readonly #byPath = new Map<string, HeldDirectory>();

  /** Keeps at most so many; with 0 every directory is closed when it is left. */
  constructor(containment: Containment, capacity: number) {
    this.#containment = containment;
    this.#capacity = capacity;
  }

  /** The directory at `path`, provided that its real path is `real`; undefined when that cannot be shown. */
  enter(path: string, real: string): HeldDirectory | undefined {
    const known = this.#byPath.get(real);
    if (known !== undefined) {
      if (this.#containment.isAt(known.fd, real)) {
        known.users++;
        return known;
      }
      this.#forget(real, known);
    }
    const fd = this.#containment.enterAt(path, real);
    if (fd < 0) return undefined;
    const entered = { fd, base: this.#containment.baseOf(fd, ""), dev: 0, ino: 0, users: 1, kept: false };
    this.#keep(real, entered);
    return entered;
  }

  /** Finds out the device and inode. Throws, with the directory still to be left. */
  identify(directory: HeldDirectory): void {
    if (directory.ino !== 0) return;
    const { dev, ino } = fstatSync(directory.fd);
    directory.dev = dev;
    directory.ino = ino;
  }

  leave(directory: HeldDirectory): void {
    directory.users--;
    if (!directory.kept && directory.users === 0) closeSync(directory.fd);
  }

  /** Closes all that are kept. No walk may stand in one: where one seems to, it was interrupted as it left. */
  clear(): void {
    for (const [real, { fd }] of this.#byPath) {
      this.#byPath.delete(real);
      closeSync(fd);
    }
  }

  #keep(real: string, directory: HeldDirectory): void {
    if (this.#byPath.size >= this.#capacity) {
      // the one that was entered first of those that no walk stands in: its descriptor may be closed
      for (const [path, candidate] of this.#byPath) {
        if (candidate.users > 0) continue;
        this.#forget(path, candidate);
        break;
      }
    }
    if (this.#byPath.size >= this.#capacity) return;
    directory.kept = true;
    this.#byPath.set(real, directory);
  }

  #forget(real: string, directory: HeldDirectory): void {
    this.#byPath.delete(real);
    directory.kept = false;
    if (directory.users === 0) closeSync(directory.fd);
  }
}
