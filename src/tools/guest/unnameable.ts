// Names on disk that are not UTF-8. No listing shows them and no tool can address them, so what must take everything in
// a folder refuses the folder before it changes anything there.

import { TRANSFER } from "./wasi.ts";
import { cannot, done, message } from "./errors.ts";
import { fd_unnameable } from "./tollgate.ts";

/** An answer beside the errnos of WASI, which end at 76. */
export const UNNAMEABLE: i32 = 1004;

/** Answers {@link UNNAMEABLE} when the open folder holds such a name, or an errno; 0 when a listing shows everything. */
export function holdsUnnameable(fd: i32): i32 {
  const errno = fd_unnameable(fd, changetype<usize>(TRANSFER));
  if (errno) return errno;
  return load<u32>(changetype<usize>(TRANSFER)) ? UNNAMEABLE : 0;
}

/** Ends the run; the path is the folder's. */
export function failUnnameable(verb: string, path: usize, length: usize): void {
  cannot("invalid-name", verb, path, length);
  message("the folder holds a name that is not UTF-8, which no tool can address: rename or remove it by other means");
  done();
}
