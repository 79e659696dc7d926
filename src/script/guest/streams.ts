import { addressOf, hostFunction, SCRATCH, scratchView } from "./native.ts";

const fdRead = hostFunction("fd_read");
const fdWrite = hostFunction("fd_write");
const FIRST_BYTES = 16_384;
/** Where the one io vector of a call stands in the scratch space, and the count that the host answers. */
const COUNT = 8;

/** Reads into `bytes`; answers how many came, or the negative errno. */
export function readOnce(fd: number, bytes: Uint8Array<ArrayBuffer>): number {
  scratchView.setUint32(0, addressOf(bytes), true);
  scratchView.setUint32(4, bytes.length, true);
  const errno = fdRead(fd, SCRATCH, 1, SCRATCH + COUNT);
  return errno === 0 ? scratchView.getUint32(COUNT, true) : -errno;
}

/** Reads to the end; throws the errno as a number. */
export function readAll(fd: number, expected = FIRST_BYTES): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(expected + 1);
  let size = 0;
  for (;;) {
    const count = readOnce(fd, bytes.subarray(size));
    if (count < 0) throw -count;
    if (count === 0) return bytes.subarray(0, size);
    size += count;
    if (size < bytes.length) continue;
    const grown = new Uint8Array(bytes.length * 2);
    grown.set(bytes);
    bytes = grown;
  }
}

/** Writes all of it; answers 0 or the errno. */
export function writeAll(fd: number, bytes: Uint8Array<ArrayBuffer>): number {
  let at = 0;
  while (at < bytes.length) {
    const rest = bytes.subarray(at);
    scratchView.setUint32(0, addressOf(rest), true);
    scratchView.setUint32(4, rest.length, true);
    const errno = fdWrite(fd, SCRATCH, 1, SCRATCH + COUNT);
    if (errno !== 0) return errno;
    at += scratchView.getUint32(COUNT, true);
  }
  return 0;
}
