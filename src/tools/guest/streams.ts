// All of stdin, and all of an answer to stdout, for modules that change nothing of either. Not by way of errors.ts, which
// would make a module of this size three times as large.

import { heapTop, tryRoom } from "./heap.ts";
import { STDIN, STDOUT, TRANSFER, fd_read, fd_write, proc_exit } from "./wasi.ts";

const CHUNK: usize = 65_536;
const TOO_LARGE: string =
  '{"code":"too-large","message":"this call needs more memory than its limit allows: send or ask for less at once"}';

/** Reads all of stdin to `heapTop()`, without taking the place, and answers its length. */
export function readInput(): usize {
  const from = heapTop();
  let size: usize = 0;
  for (;;) {
    let free = (<usize>memory.size() << 16) - from - size;
    if (free < 4096) {
      mustHold(size + CHUNK);
      free = (<usize>memory.size() << 16) - from - size;
    }
    TRANSFER.at = from + size;
    TRANSFER.length = free;
    if (fd_read(STDIN, changetype<usize>(TRANSFER), 1, changetype<usize>(TRANSFER) + 8)) unreachable();
    if (!TRANSFER.done) break;
    size += TRANSFER.done;
  }
  return size;
}

/** Makes `size` bytes from `heapTop()` addressable, or ends the run with `too-large`. */
export function mustHold(size: usize): void {
  if (tryRoom(size)) return;
  const from = heapTop();
  const length = <usize>TOO_LARGE.length;
  for (let i: usize = 0; i < length; i++) store<u8>(from + i, load<u16>(changetype<usize>(TOO_LARGE) + (i << 1)));
  writeOutput(from, length);
  proc_exit(1);
}

/** Writes bytes to stdout. A host that takes no output ends the run by a trap. */
export function writeOutput(from: usize, length: usize): void {
  let at = from;
  const end = from + length;
  while (at < end) {
    TRANSFER.at = at;
    TRANSFER.length = end - at;
    if (fd_write(STDOUT, changetype<usize>(TRANSFER), 1, changetype<usize>(TRANSFER) + 8)) unreachable();
    if (!TRANSFER.done) unreachable();
    at += TRANSFER.done;
  }
}
