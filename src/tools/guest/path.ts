// From a path argument to a descriptor and a path below it. Never follows anything: the host walks the path.

import { FIRST_ROOT } from "./wasi.ts";
import { take } from "./heap.ts";
import { cannot, denyOutside, done, message } from "./errors.ts";
import { escaped, put } from "./json-writer.ts";
import { below, rootCount, rootLength, rootName, rootOf } from "./roots.ts";

/** Where a path argument leads: `path` below the descriptor `fd`, `.` for a root itself. */
@unmanaged
export class Location {
  /** As the caller wrote it. */
  given: usize;
  givenLength: usize;
  fd: i32;
  path: usize;
  length: usize;
  /** The last component in `path`. */
  leaf: usize;
}

/** The path is a root, as far as its text tells. */
export function isRoot(at: Location): bool {
  return at.length == 1 && load<u8>(at.path) == 0x2e;
}

/** The last component is `..`, which names a folder by what it holds. */
export function endsInParent(at: Location): bool {
  return at.path + at.length - at.leaf == 2 && load<u16>(at.leaf) == 0x2e2e;
}

export function leafLength(at: Location): usize {
  return at.path + at.length - at.leaf;
}

/**
 * Finds the root of a path by whole components, the longest match first; a relative path starts at the first root.
 * Drops empty components and `.`, leaves `..` to the host's walk. Ends the run with `permission-denied` for a path
 * outside of the roots, or whose text climbs above its root, and with `invalid-path` for NUL.
 */
export function locate(given: usize, givenLength: usize, verb: string): Location {
  const at = changetype<Location>(take(offsetof<Location>()));
  at.given = given;
  at.givenLength = givenLength;
  for (let i: usize = 0; i < givenLength; i++) {
    if (load<u8>(given + i)) continue;
    cannot("invalid-path", verb, given, givenLength);
    message("it contains a NUL character: no file name can");
    done();
  }
  let from = given;
  let rest = givenLength;
  at.fd = FIRST_ROOT;
  if (rest && load<u8>(from) == 0x2f) {
    const best = rootOf(given, givenLength);
    if (best < 0) denyOutside(verb, given, givenLength);
    at.fd = FIRST_ROOT + best;
    from = given + below(rootName(best), rootLength(best), given, givenLength);
    rest = given + givenLength - from;
  }
  at.path = take(rest + 1);
  if (!normalise(at, from, rest)) denyOutside(verb, given, givenLength);
  return at;
}

/** Copies the components into `at.path`; false when `..` outnumber the names before them. */
function normalise(at: Location, from: usize, length: usize): bool {
  const end = from + length;
  let to = at.path;
  let depth = 0;
  at.leaf = to;
  while (from < end) {
    let stop = from;
    while (stop < end && load<u8>(stop) != 0x2f) stop++;
    const size = stop - from;
    if (size && !(size == 1 && load<u8>(from) == 0x2e)) {
      if (size == 2 && load<u16>(from) == 0x2e2e) {
        if (--depth < 0) return false;
      } else depth++;
      if (to > at.path) store<u8>(to++, 0x2f);
      at.leaf = to;
      memory.copy(to, from, size);
      to += size;
    }
    from = stop + 1;
  }
  if (to == at.path) {
    store<u8>(to, 0x2e);
    to++;
  }
  at.length = to - at.path;
  return true;
}

/** Writes the absolute path of `path` below the root `fd` inside a JSON string, with a slash behind it if asked to. */
export function absolute(fd: i32, path: usize, length: usize, slash: bool): void {
  rootCount();
  const root = fd - FIRST_ROOT;
  escaped(rootName(root), rootLength(root));
  const bare = length == 1 && load<u8>(path) == 0x2e;
  if ((slash || !bare) && load<u8>(rootName(root) + rootLength(root) - 1) != 0x2f) put(0x2f);
  if (bare) return;
  escaped(path, length);
  if (slash) put(0x2f);
}
