// The granted roots: the preopened directories, each named by its absolute path.

import { FIRST_ROOT, TRANSFER, fd_prestat_dir_name, fd_prestat_get } from "./wasi.ts";
import { take } from "./heap.ts";
import { ascii, escaped } from "./json-writer.ts";

@unmanaged
class Root {
  name: usize;
  length: usize;
}

let roots: usize = 0;
let count: i32 = -1;

function root(index: i32): Root {
  return changetype<Root>(roots + <usize>index * offsetof<Root>());
}

/** How many roots there are; their descriptors are `FIRST_ROOT + index`. */
export function rootCount(): i32 {
  if (count >= 0) return count;
  let found = 0;
  while (fd_prestat_get(FIRST_ROOT + found, changetype<usize>(TRANSFER)) == 0) found++;
  roots = take(<usize>found * offsetof<Root>());
  for (let i = 0; i < found; i++) {
    fd_prestat_get(FIRST_ROOT + i, changetype<usize>(TRANSFER));
    let length = TRANSFER.length;
    const name = take(length);
    if (fd_prestat_dir_name(FIRST_ROOT + i, name, length)) length = 0;
    while (length > 1 && load<u8>(name + length - 1) == 0x2f) length--;
    root(i).name = name;
    root(i).length = length;
  }
  count = found;
  return found;
}

export function rootName(index: i32): usize {
  return root(index).name;
}

export function rootLength(index: i32): usize {
  return root(index).length;
}

/** Whether `path` is `root` itself or lies under it; if so, where the part below it starts, else -1. */
export function below(name: usize, length: usize, path: usize, pathLength: usize): i32 {
  if (!length || pathLength < length) return -1;
  if (memory.compare(path, name, length) != 0) return -1;
  if (pathLength == length || load<u8>(name + length - 1) == 0x2f) return <i32>length;
  return load<u8>(path + length) == 0x2f ? <i32>length + 1 : -1;
}

/** The root that an absolute path lies in, the longest name first; -1 when there is none. */
export function rootOf(path: usize, length: usize): i32 {
  let best = -1;
  const all = rootCount();
  for (let i = 0; i < all; i++) {
    if (below(rootName(i), rootLength(i), path, length) < 0) continue;
    if (best < 0 || rootLength(i) > rootLength(best)) best = i;
  }
  return best;
}

/** Appends the roots to a message: `/a, /b`. */
export function listRoots(): void {
  const all = rootCount();
  if (!all) ascii("a root (none is granted)");
  for (let i = 0; i < all; i++) {
    if (i) ascii(", ");
    escaped(rootName(i), rootLength(i));
  }
}
