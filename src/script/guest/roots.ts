import { hostFunction, native, SCRATCH, scratchView } from "./native.ts";

/** A directory that the script was granted: its descriptor, and its absolute path as the host names it. */
export interface Root {
  readonly fd: number;
  readonly path: string;
}

const prestatGet = hostFunction("fd_prestat_get");
const prestatDirName = hostFunction("fd_prestat_dir_name");
const FIRST_ROOT = 3;
const NAME = 16;
const MOST_NAME = 4096;

/** The granted directories in the host's order; ask within a call, since another call has others. */
export function grantedRoots(): Root[] {
  const roots: Root[] = [];
  for (let fd = FIRST_ROOT; prestatGet(fd, SCRATCH) === 0; fd++) {
    const length = scratchView.getUint32(4, true);
    if (length > MOST_NAME || prestatDirName(fd, SCRATCH + NAME, length) !== 0) continue;
    const path = native.decode(SCRATCH + NAME, length);
    roots.push({ fd, path: path.length > 1 ? path.replace(/\/+$/, "") : path });
  }
  return roots;
}
