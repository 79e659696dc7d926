// Copies one regular file: to a temporary file beside the target, then one rename.

import * as wasi from "./wasi.ts";
import { TRANSFER } from "./wasi.ts";
import { commitTemporary, dropTemporary, openTemporary } from "./atomic-file.ts";
import { openedFd, writeAll } from "./file.ts";
import { take } from "./heap.ts";
import { fd_mode_get, fd_mode_set } from "./tollgate.ts";

const BLOCK: usize = 256 << 10;

let block: usize = 0;
let bytes: u64 = 0;
let files: u64 = 0;

/** Bytes copied so far in this run. */
export function bytesCopied(): u64 {
  return bytes;
}

export function filesCopied(): u64 {
  return files;
}

/** Takes the memory that copying needs, before a walk owns the heap. */
export function prepareCopy(): void {
  block = take(BLOCK);
}

/**
 * Copies the open file `from`, with its permission bits, to `leaf` in `folder`, replacing what is there unless it is a
 * folder. `durable` when the new content must be on the disk before it takes the place of another. Answers an errno;
 * after one, nothing is left behind.
 */
export function copyFile(from: i32, folder: i32, leaf: usize, length: usize, durable: bool): i32 {
  let errno = fd_mode_get(from, changetype<usize>(TRANSFER));
  if (errno) return errno;
  const mode = <i32>load<u32>(changetype<usize>(TRANSFER)) & 0o777;
  errno = openTemporary(folder, leaf, length);
  if (errno) return errno;
  const to = openedFd();
  let copied: u64 = 0;
  while (!errno) {
    TRANSFER.at = block;
    TRANSFER.length = BLOCK;
    errno = wasi.fd_read(from, changetype<usize>(TRANSFER), 1, changetype<usize>(TRANSFER) + 8);
    const got = TRANSFER.done;
    if (errno || !got) break;
    errno = writeAll(to, block, got);
    copied += got;
  }
  if (!errno) errno = fd_mode_set(to, mode);
  if (!errno && durable) errno = wasi.fd_sync(to);
  wasi.fd_close(to);
  if (!errno) errno = commitTemporary(folder, leaf, length);
  if (errno) {
    dropTemporary(folder);
    return errno;
  }
  bytes += copied;
  files++;
  return 0;
}
