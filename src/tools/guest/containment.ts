// Whether one place lies inside another, asked of the disk and not of the text of paths.

import * as wasi from "./wasi.ts";
import { STATUS } from "./wasi.ts";
import { statusOf } from "./file.ts";
import { heapTop, release, take } from "./heap.ts";
import { Location } from "./path.ts";

const STEPS: i32 = 1024;

/** Whether the folder that holds the place, or one above it, has this identity. */
export function liesInside(at: Location, device: u64, inode: u64): bool {
  const mark = heapTop();
  let length = at.leaf > at.path ? at.leaf - 1 - at.path : 0;
  const path = take(length + 2 + 3 * <usize>STEPS);
  memory.copy(path, at.path, length);
  if (!length) {
    store<u8>(path, 0x2e);
    length = 1;
  }
  let inside = false;
  // The host walks up along the folders that it entered, so this is where `..` really leads; above the root it refuses.
  for (let step = 0; step < STEPS; step++) {
    if (statusOf(at.fd, path, length, wasi.LOOKUP_FOLLOW)) break;
    if (STATUS.device == device && STATUS.inode == inode) {
      inside = true;
      break;
    }
    store<u8>(path + length, 0x2f);
    store<u16>(path + length + 1, 0x2e2e);
    length += 3;
  }
  release(mark);
  return inside;
}
