import { closeSync } from "node:fs";
import type { DirectoryListing } from "./directory-listing.ts";
import { ERRNO } from "./errno.ts";

export type DescriptorKind = "file" | "directory" | "stdin" | "stdout" | "stderr";

/** What one descriptor number of the guest stands for. */
export class Descriptor {
  readonly kind: DescriptorKind;
  /** The host's descriptor, or −1 for a standard stream. Replaced when the append flag changes. */
  hostFd: number;
  /** Prefix for names in a directory; empty for everything else. */
  base = "";
  /** Real path of a preopen when it was opened; empty for everything else. */
  realPath = "";
  /** Device and inode of a directory, by which protected entries in it are known. */
  dev = 0;
  ino = 0;
  /** Nothing may be changed through this descriptor. */
  readOnly = false;
  rightsBase = 0;
  rightsInheriting = 0;
  flags = 0;
  /** The file offset: Node has no lseek(2), so it is kept here. */
  position = 0;
  /** The flags that the host opened the file with. */
  hostFlags = 0;
  /** Encoded name of a preopen. */
  preopenName: Uint8Array | undefined;
  /** The host descriptor belongs to the root and outlives the run. */
  pinned = false;
  listing: DirectoryListing | undefined;

  constructor(kind: DescriptorKind, hostFd: number) {
    this.kind = kind;
    this.hostFd = hostFd;
  }

  close(): void {
    this.listing?.close();
    this.listing = undefined;
    if (this.pinned || this.hostFd < 0) return;
    const fd = this.hostFd;
    this.hostFd = -1;
    closeSync(fd);
  }
}

/** The descriptors of one run; the lowest free number is given first, as POSIX does. Bounded. */
export class DescriptorTable {
  readonly #entries: (Descriptor | undefined)[] = [];
  /** Numbers that nothing may be opened as. */
  readonly #withheld = new Set<number>();
  readonly #max: number;
  #open = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get(fd: number): Descriptor | undefined {
    return this.#entries[fd];
  }

  get full(): boolean {
    return this.#open >= this.#max;
  }

  add(descriptor: Descriptor): number {
    const entries = this.#entries;
    let fd = 0;
    while (entries[fd] !== undefined || this.#withheld.has(fd)) fd++;
    entries[fd] = descriptor;
    this.#open++;
    return fd;
  }

  /**
   * Keeps a number free for the rest of the run, so that what a guest writes to a stream that it was not given
   * cannot end up in a file that it opened.
   */
  withhold(fd: number): void {
    this.#withheld.add(fd);
  }

  close(fd: number): number {
    const descriptor = this.#entries[fd];
    if (descriptor === undefined) return ERRNO.badf;
    this.#entries[fd] = undefined;
    this.#open--;
    descriptor.close();
    return ERRNO.success;
  }

  /** Moves `from` over `to`, which is closed; both must be open (witx: fd_renumber). */
  renumber(from: number, to: number): number {
    const descriptor = this.#entries[from];
    const replaced = this.#entries[to];
    if (descriptor === undefined || replaced === undefined) return ERRNO.badf;
    if (from === to) return ERRNO.success;
    this.#entries[to] = descriptor;
    this.#entries[from] = undefined;
    this.#open--;
    replaced.close();
    return ERRNO.success;
  }

  /** Closes everything, also when one close fails. */
  clear(): void {
    const entries = this.#entries;
    for (let fd = 0; fd < entries.length; fd++) {
      try {
        entries[fd]?.close();
      } catch {
        // a failed close(2) leaves the descriptor closed on Linux, and the run is over: nobody is left to be told
      }
    }
    entries.length = 0;
    this.#withheld.clear();
    this.#open = 0;
  }
}
