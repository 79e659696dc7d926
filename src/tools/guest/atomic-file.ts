// Replacing a file so that a reader or a crash finds the old one or the new one, never a part: a temporary file beside
// it, then one rename.

import * as wasi from "./wasi.ts";
import { tryOpen } from "./file.ts";

/** A name is 255 bytes at most; dot, suffix and number need 17. */
const NAME_KEPT: usize = 232;
const TRIES: i32 = 10_000;

/** Static, because it is used in the middle of walks, which own the heap. */
const name: usize = memory.data(256, 8);
let nameLength: usize = 0;

/** The name that {@link openTemporary} chose. */
export function temporaryName(): usize {
  return name;
}

export function temporaryLength(): usize {
  return nameLength;
}

/** Writes `.<leaf>.tollgate-<n>` to memory. */
function compose(leaf: usize, length: usize, number: i32): void {
  let kept = length;
  if (kept > NAME_KEPT) {
    kept = NAME_KEPT;
    while (kept && (load<u8>(leaf + kept) & 0xc0) == 0x80) kept--;
  }
  store<u8>(name, 0x2e);
  memory.copy(name + 1, leaf, kept);
  let to = name + 1 + kept;
  const suffix = ".tollgate-";
  for (let i = 0; i < suffix.length; i++) store<u8>(to++, load<u16>(changetype<usize>(suffix) + (<usize>i << 1)));
  let digits = 1;
  for (let rest = number; rest >= 10; rest /= 10) digits++;
  to += digits;
  nameLength = to - name;
  do {
    store<u8>(--to, 0x30 + (number % 10));
    number /= 10;
  } while (number);
}

/** Creates a new file in `folder` under a name that nothing else has; its descriptor is `openedFd()` when 0. */
export function openTemporary(folder: i32, leaf: usize, length: usize): i32 {
  for (let number = 0; number < TRIES; number++) {
    compose(leaf, length, number);
    const errno = tryOpen(
      folder,
      name,
      nameLength,
      wasi.LOOKUP_NO_FOLLOW,
      wasi.O_CREAT | wasi.O_EXCL,
      wasi.RIGHTS_WRITE_FILE,
      0,
    );
    if (errno != wasi.E_EXIST) return errno;
  }
  return wasi.E_EXIST;
}

/** Creates a new folder in `parent` likewise. */
export function createTemporaryFolder(parent: i32, leaf: usize, length: usize): i32 {
  for (let number = 0; number < TRIES; number++) {
    compose(leaf, length, number);
    const errno = wasi.path_create_directory(parent, name, nameLength);
    if (errno != wasi.E_EXIST) return errno;
  }
  return wasi.E_EXIST;
}

/**
 * Makes a symbolic link likewise. `path`, with room for a name after its first `prefix` bytes, leads to the folder from
 * `top`: so the host sees how far up the link may lead.
 */
export function createTemporaryLink(
  text: usize,
  size: usize,
  top: i32,
  path: usize,
  prefix: usize,
  leaf: usize,
  length: usize,
): i32 {
  for (let number = 0; number < TRIES; number++) {
    compose(leaf, length, number);
    memory.copy(path + prefix, name, nameLength);
    const errno = wasi.path_symlink(text, size, top, path, prefix + nameLength);
    if (errno != wasi.E_EXIST) return errno;
  }
  return wasi.E_EXIST;
}

/** Removes the temporary file after a failure. */
export function dropTemporary(folder: i32): void {
  wasi.path_unlink_file(folder, name, nameLength);
}

/** Puts the temporary file in the place of `leaf`. */
export function commitTemporary(folder: i32, leaf: usize, length: usize): i32 {
  return wasi.path_rename(folder, name, nameLength, folder, leaf, length);
}
