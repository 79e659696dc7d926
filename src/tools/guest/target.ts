// Where a write goes: the folder that holds the file, opened, and the file's own name in it. A symbolic link as the
// last component is followed here, so that its target is replaced and not the link.

import * as wasi from "./wasi.ts";
import { FIRST_ROOT, STATUS, TRANSFER } from "./wasi.ts";
import { cannot, denyOutside, done, failChanged, failFileType, failWith, message } from "./errors.ts";
import { openedFd, statusOf, tryOpen } from "./file.ts";
import { take } from "./heap.ts";
import { Location, endsInParent, isRoot } from "./path.ts";
import { below, rootLength, rootName, rootOf } from "./roots.ts";

/** As Linux's own bound on links in one path is 40. */
const HOPS: i32 = 40;
const PATH_MAX: usize = 4096;

@unmanaged
export class Target {
  folder: i32;
  leaf: usize;
  length: usize;
  /** Whether something is there now. */
  exists: bool;
  /** Its type, when it exists. */
  type: u8;
}

/** Ends the run with `invalid-path` when the path names no entry of a folder: a root itself, or `..` at the end. */
export function requireLeaf(at: Location, verb: string): void {
  if (isRoot(at)) {
    cannot("is-a-directory", verb, at.given, at.givenLength);
    message("it is a granted root itself: name something inside of it");
    done();
  }
  if (!endsInParent(at)) return;
  cannot("invalid-path", verb, at.given, at.givenLength);
  message("it ends in ..: name the file or folder itself");
  done();
}

/** Opens the folder of a path's last component; the answer is an errno, the descriptor in `openedFd()`. */
function openParent(fd: i32, path: usize, leaf: usize): i32 {
  if (leaf == path) {
    store<u32>(changetype<usize>(TRANSFER), fd);
    return 0;
  }
  const errno = tryOpen(fd, path, leaf - 1 - path, wasi.LOOKUP_FOLLOW, wasi.O_DIRECTORY, wasi.RIGHTS_CHANGE_FOLDER, 0);
  return errno;
}

/** Finds the entry that a path names without following it. */
export function entryAt(at: Location, verb: string): Target {
  requireLeaf(at, verb);
  const target = changetype<Target>(take(offsetof<Target>()));
  const errno = openParent(at.fd, at.path, at.leaf);
  if (errno) failParent(errno, at, verb);
  target.folder = openedFd();
  target.leaf = at.leaf;
  target.length = at.path + at.length - at.leaf;
  look(target, at, verb);
  return target;
}

/** As {@link entryAt}, following a link to where it leads, also when nothing is there yet. */
export function fileAt(at: Location, verb: string): Target {
  const target = entryAt(at, verb);
  if (!target.exists || target.type != wasi.TYPE_LINK) return target;
  // The path of the link below its root; `..` in the link's text is left to the host's walk.
  let path = take(PATH_MAX);
  let other = take(PATH_MAX);
  memory.copy(path, at.path, at.length);
  let leaf = path + (at.leaf - at.path);
  let base = at.fd;
  let opened = leaf > path;
  for (let hops = 0; target.exists && target.type == wasi.TYPE_LINK; hops++) {
    if (hops == HOPS) failWith(wasi.E_LOOP, verb, at.given, at.givenLength);
    const kept = leaf - path;
    const errno = wasi.path_readlink(
      target.folder,
      target.leaf,
      target.length,
      other + kept,
      PATH_MAX - kept,
      changetype<usize>(TRANSFER),
    );
    // It was a link a moment ago.
    if (errno == wasi.E_INVAL) failChanged(verb, at.given, at.givenLength);
    if (errno) failWith(errno, verb, at.given, at.givenLength);
    let length = <usize>load<u32>(changetype<usize>(TRANSFER));
    if (!length || length >= PATH_MAX - kept) failWith(wasi.E_NAMETOOLONG, verb, at.given, at.givenLength);
    if (load<u8>(other + kept) == 0x2f) {
      // An absolute target starts again at the root that it lies under.
      memory.copy(other, other + kept, length);
      const root = rootOf(other, length);
      if (root < 0) denyOutside(verb, at.given, at.givenLength);
      const start = <usize>below(rootName(root), rootLength(root), other, length);
      length -= start;
      memory.copy(other, other + start, length);
      base = FIRST_ROOT + root;
    } else {
      memory.copy(other, path, kept);
      length += kept;
    }
    while (length && load<u8>(other + length - 1) == 0x2f) length--;
    const swap = path;
    path = other;
    other = swap;
    leaf = path + length;
    while (leaf > path && load<u8>(leaf - 1) != 0x2f) leaf--;
    if (opened) wasi.fd_close(target.folder);
    opened = leaf > path;
    const failed = openParent(base, path, leaf);
    if (failed) failParent(failed, at, verb);
    target.folder = openedFd();
    target.leaf = leaf;
    target.length = path + length - leaf;
    const size = target.length;
    if (!size || (size == 1 && load<u8>(leaf) == 0x2e) || (size == 2 && load<u16>(leaf) == 0x2e2e)) {
      failWith(wasi.E_ISDIR, verb, at.given, at.givenLength);
    }
    look(target, at, verb);
  }
  return target;
}

function look(target: Target, at: Location, verb: string): void {
  const errno = statusOf(target.folder, target.leaf, target.length, wasi.LOOKUP_NO_FOLLOW);
  if (errno && errno != wasi.E_NOENT) failWith(errno, verb, at.given, at.givenLength);
  target.exists = !errno;
  target.type = errno ? wasi.TYPE_UNKNOWN : STATUS.type;
}

function failParent(errno: i32, at: Location, verb: string): void {
  if (errno != wasi.E_NOENT) failWith(errno, verb, at.given, at.givenLength);
  cannot("file-not-found", verb, at.given, at.givenLength);
  message("the folder that should hold it does not exist: create it with fs.create_dir first");
  done();
}

/** Ends the run unless the target is free or a regular file. */
export function refuseOther(target: Target, at: Location, verb: string): void {
  if (!target.exists || target.type == wasi.TYPE_FILE) return;
  if (target.type == wasi.TYPE_FOLDER) failWith(wasi.E_ISDIR, verb, at.given, at.givenLength);
  failFileType(verb, at.given, at.givenLength);
}
