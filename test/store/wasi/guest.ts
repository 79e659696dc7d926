import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Authority } from "../../../src/contract/permit.ts";
import { createWasiHost, type StopReason, type WasiHost, type WasiHostOptions } from "../../../src/store/wasi/host.ts";
import { BARE_AUTHORITY } from "../../contract/bare-authority.ts";

/** What a stop hook throws, so that tests can tell it from anything else. */
export class Stopped extends Error {
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(reason.kind);
    this.reason = reason;
  }
}

export const ALL = 0xffff_ffff_ffff_ffffn;
export const READ = (1n << 1n) | (1n << 2n) | (1n << 5n) | (1n << 14n) | (1n << 21n);
export const WRITE = 1n << 6n;
/** Every right but those to write a file, which no directory can be opened with. */
export const BROWSE = ALL & ~((1n << 6n) | (1n << 8n) | (1n << 22n));
export const CREAT = 1;
export const DIRECTORY = 2;
export const EXCL = 4;
export const TRUNC = 8;
export const FOLLOW = 1;
export const NO_FOLLOW = 0;

const PATH_AT = 4096;
const OTHER_PATH_AT = 12_288;
const RESULT_AT = 1024;
const IOVEC_AT = 2048;
export const DATA_AT = 65_536;

declare const WebAssembly: { Memory: new (limits: { initial: number; maximum: number }) => GrowableMemory };

interface GrowableMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** A guest made by hand: puts arguments into a real WebAssembly memory and calls the imports as a module would. */
export class Guest {
  readonly host: WasiHost;
  readonly memory = new WebAssembly.Memory({ initial: 32, maximum: 64 });
  charged = 0;

  constructor(options: Partial<WasiHostOptions> = {}) {
    this.host = createWasiHost({ protectedPaths: [], protectedNames: [], ...options });
  }

  begin(authority: Partial<Authority>, stdin: Uint8Array = new Uint8Array(), deadlineMs = 10_000): this {
    this.charged = 0;
    this.host.begin({
      authority: {
        ...BARE_AUTHORITY,
        ...authority,
      },
      stdin,
      deadline: performance.now() + deadlineMs,
      hooks: {
        memory: () => this.memory,
        charge: (bytes) => {
          this.charged += bytes;
        },
        stop: (reason) => {
          throw new Stopped(reason);
        },
      },
    });
    return this;
  }

  /** Calls any preview1 function with raw arguments. */
  call(name: string, ...args: (number | bigint)[]): number {
    return this.host.imports.wasi_snapshot_preview1[name]!(...args) as number;
  }

  toll(name: string, ...args: (number | bigint)[]): number {
    return this.host.imports.tollgate[name]!(...args) as number;
  }

  put(text: string | Uint8Array, at = PATH_AT): [address: number, length: number] {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    new Uint8Array(this.memory.buffer).set(bytes, at);
    return [at, bytes.length];
  }

  u32(at = RESULT_AT): number {
    return new DataView(this.memory.buffer).getUint32(at, true);
  }

  u64(at = RESULT_AT): bigint {
    return new DataView(this.memory.buffer).getBigUint64(at, true);
  }

  bytes(at: number, length: number): Buffer {
    return Buffer.from(new Uint8Array(this.memory.buffer, at, length));
  }

  /** Opens a path: a descriptor, or minus an errno. */
  open(path: string | Uint8Array, { fd = 3, follow = FOLLOW, oflags = 0, rights = READ, flags = 0 } = {}): number {
    const errno = this.call("path_open", fd, follow, ...this.put(path), oflags, rights, ALL, flags, RESULT_AT);
    return errno === 0 ? this.u32() : -errno;
  }

  /** A function of one directory and one path. */
  onPath(name: string, path: string | Uint8Array, fd = 3): number {
    return this.call(name, fd, ...this.put(path));
  }

  rename(from: string, to: string, fromFd = 3, toFd = 3): number {
    return this.call("path_rename", fromFd, ...this.put(from), toFd, ...this.put(to, OTHER_PATH_AT));
  }

  link(from: string, to: string, follow = NO_FOLLOW, fromFd = 3, toFd = 3): number {
    return this.call("path_link", fromFd, follow, ...this.put(from), toFd, ...this.put(to, OTHER_PATH_AT));
  }

  symlink(target: string, path: string): number {
    return this.call("path_symlink", ...this.put(target, OTHER_PATH_AT), 3, ...this.put(path));
  }

  readlink(path: string, room = 4096): string | number {
    const errno = this.call("path_readlink", 3, ...this.put(path), DATA_AT, room, RESULT_AT);
    return errno === 0 ? this.bytes(DATA_AT, this.u32()).toString() : -errno;
  }

  stat(path: string | Uint8Array, follow = FOLLOW, fd = 3): number {
    return this.call("path_filestat_get", fd, follow, ...this.put(path), DATA_AT);
  }

  setTimes(path: string, follow = FOLLOW): number {
    return this.call("path_filestat_set_times", 3, follow, ...this.put(path), 1_000_000_000n, 2_000_000_000n, 5);
  }

  /** Reads up to `length` bytes: the bytes, or minus an errno. */
  read(fd: number, length = 65_536): Buffer | number {
    const errno = this.call("fd_read", fd, ...this.vector(DATA_AT, length), RESULT_AT);
    return errno === 0 ? this.bytes(DATA_AT, this.u32()) : -errno;
  }

  /** Writes text: the number of bytes written, or minus an errno. */
  write(fd: number, text: string | Uint8Array): number {
    const [at, length] = this.put(text, DATA_AT);
    const errno = this.call("fd_write", fd, ...this.vector(at, length), RESULT_AT);
    return errno === 0 ? this.u32() : -errno;
  }

  vector(at: number, length: number): [address: number, count: number] {
    const view = new DataView(this.memory.buffer);
    view.setUint32(IOVEC_AT, at, true);
    view.setUint32(IOVEC_AT + 4, length, true);
    return [IOVEC_AT, 1];
  }

  /** Reads a file as text, or minus the errno that stopped it. */
  contents(path: string, fd = 3): string | number {
    const opened = this.open(path, { fd });
    if (opened < 0) return opened;
    const read = this.read(opened);
    this.call("fd_close", opened);
    return typeof read === "number" ? read : read.toString();
  }

  /** All names and types in an open directory, read through a buffer of this size. */
  list(fd: number, room = 4096): { name: string; type: number; next: bigint }[] {
    const found: { name: string; type: number; next: bigint }[] = [];
    let cookie = 0n;
    for (;;) {
      const errno = this.call("fd_readdir", fd, DATA_AT, room, cookie, RESULT_AT);
      if (errno !== 0) throw new Error(`fd_readdir: ${errno}`);
      const used = this.u32();
      const bytes = this.bytes(DATA_AT, used);
      let at = 0;
      while (at + 24 <= used) {
        const length = bytes.readUInt32LE(at + 16);
        if (at + 24 + length > used) break;
        cookie = bytes.readBigUInt64LE(at);
        found.push({
          name: bytes.toString("utf8", at + 24, at + 24 + length),
          type: bytes[at + 20]!,
          next: cookie,
        });
        at += 24 + length;
      }
      if (used < room) return found;
    }
  }

  dispose(): void {
    this.host.dispose();
  }
}

/** A scratch directory that is gone afterwards; its real path. */
export function scratch(): { readonly path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-wasi-")));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
