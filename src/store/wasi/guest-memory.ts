import { isUtf8 } from "node:buffer";
import { ERRNO } from "./errno.ts";
import { MAX_IOVECS, MAX_PATH } from "./layout.ts";
import type { LinearMemory } from "./run-state.ts";

const EMPTY = Buffer.alloc(0);

/**
 * The guest's linear memory as the host sees it. Every address and length comes from the guest: nothing may be
 * touched before {@link has} was true for it. Views are kept until the memory grows, which detaches them.
 */
export class GuestMemory {
  bytes: Buffer = EMPTY;
  view: DataView = new DataView(EMPTY.buffer);
  /** The path that {@link readPath} read last. */
  path = "";
  #source: (() => LinearMemory | undefined) | undefined;

  attach(source: () => LinearMemory | undefined): void {
    this.#source = source;
    this.bytes = EMPTY;
  }

  detach(): void {
    this.#source = undefined;
    this.bytes = EMPTY;
    this.view = new DataView(EMPTY.buffer);
  }

  /** Whether `length` bytes at `address` lie in the memory. Both are unsigned. Refreshes the views after a grow. */
  has(address: number, length: number): boolean {
    // a buffer that a grow detached has no length; a memory only grows, so a hit needs no refresh
    if (address + length <= this.bytes.length && this.bytes.length > 0) return true;
    const memory = this.#source?.();
    if (memory === undefined) return false;
    if (this.bytes.buffer !== memory.buffer) {
      this.bytes = Buffer.from(memory.buffer);
      this.view = new DataView(memory.buffer);
    }
    return address + length <= this.bytes.length;
  }

  /**
   * Reads a path into {@link path} and returns an errno: EFAULT outside the memory, ENAMETOOLONG above 4 095
   * bytes, EINVAL with a NUL, EILSEQ when it is not UTF-8.
   */
  readPath(address: number, length: number): number {
    if (length > MAX_PATH) return ERRNO.nametoolong;
    if (!this.has(address, length)) return ERRNO.fault;
    const path = this.bytes.toString("utf8", address, address + length);
    // U+FFFD is either the guest's own or the trace of an ill-formed sequence
    if (path.includes("\ufffd") && !isUtf8(this.bytes.subarray(address, address + length))) return ERRNO.ilseq;
    if (path.includes("\0")) return ERRNO.inval;
    this.path = path;
    return ERRNO.success;
  }

  /** Checks the table of vectors and every vector in it: EINVAL above IOV_MAX, EFAULT outside the memory. */
  checkVectors(address: number, count: number): number {
    if (count > MAX_IOVECS) return ERRNO.inval;
    if (!this.has(address, count * 8)) return ERRNO.fault;
    for (let i = 0; i < count; i++) {
      const at = address + i * 8;
      if (!this.has(this.view.getUint32(at, true), this.view.getUint32(at + 4, true))) return ERRNO.fault;
    }
    return ERRNO.success;
  }
}
