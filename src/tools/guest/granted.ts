// Granted roots must survive: which of them a path or a folder would take along.

import { FIRST_ROOT, STATUS, fd_filestat_get } from "./wasi.ts";
import { cannot, done, message } from "./errors.ts";
import { take } from "./heap.ts";
import { Location, isRoot } from "./path.ts";
import { below, rootCount, rootLength, rootName } from "./roots.ts";

let identities: usize = 0;
let loaded: i32 = 0;

/** Ends the run when the path is a granted root or, as its text tells, a folder above one. */
export function refuseRoot(at: Location, verb: string): void {
  const all = rootCount();
  let above = isRoot(at);
  for (let i = 0; i < all && !above; i++) {
    const own = at.fd - FIRST_ROOT;
    // The path is the own root's name, a slash and the part below: compared piece by piece, as it is never joined.
    const start = below(rootName(own), rootLength(own), rootName(i), rootLength(i));
    if (start < 0 || <usize>start >= rootLength(i)) continue;
    above = below(at.path, at.length, rootName(i) + start, rootLength(i) - start) >= 0;
  }
  if (!above) return;
  cannot("permission-denied", verb, at.given, at.givenLength);
  message("it is a granted root, or holds one: name something inside of it");
  done();
}

/** Reads what the roots are, for {@link holdsRoot}; to be called before a walk starts. */
export function learnRoots(): void {
  loaded = rootCount();
  if (loaded < 2) return;
  identities = take(<usize>loaded << 4);
  for (let i = 0; i < loaded; i++) {
    const at = identities + (<usize>i << 4);
    if (fd_filestat_get(FIRST_ROOT + i, changetype<usize>(STATUS))) STATUS.inode = 0;
    store<u64>(at, STATUS.device);
    store<u64>(at, STATUS.inode, 8);
  }
}

/** Whether an open folder is one of the roots, under whatever name. With a single root, none can lie below it. */
export function holdsRoot(fd: i32): bool {
  return loaded > 1 && !fd_filestat_get(fd, changetype<usize>(STATUS)) && isRootStatus();
}

/** The same for what {@link STATUS} describes. */
export function isRootStatus(): bool {
  if (loaded < 2) return false;
  for (let i = 0; i < loaded; i++) {
    const at = identities + (<usize>i << 4);
    if (load<u64>(at) == STATUS.device && load<u64>(at, 8) == STATUS.inode) return true;
  }
  return false;
}
