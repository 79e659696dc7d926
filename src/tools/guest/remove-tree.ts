// Removes a folder with everything in it, never following a link and without recursion.

import * as wasi from "./wasi.ts";
import { STATUS } from "./wasi.ts";
import { openedFd, statusOf, tryOpen } from "./file.ts";
import { holdsRoot } from "./granted.ts";
import { take, tryRoom } from "./heap.ts";
import * as walk from "./tree-walk.ts";
import { Frame } from "./tree-walk.ts";
import { UNNAMEABLE, holdsUnnameable } from "./unnameable.ts";

/** A folder whose entries come back while it is emptied is listed this often. */
const PASSES: u32 = 64;

let gone: u64 = 0;
/** Room that is left before a culprit's path. */
let before: usize = 0;
let culprit: usize = 0;
let culpritLength: usize = 0;

/** Entries that the last {@link removeTree} removed. */
export function removedCount(): u64 {
  return gone;
}

/** The path below the folder of what could not be removed; empty for the folder itself. */
export function culpritPath(): usize {
  return culprit;
}

export function culpritPathLength(): usize {
  return culpritLength;
}

/**
 * Removes `leaf`, a folder, from `parent`. Answers an errno; `ENOTCAPABLE` when a granted root lies in it, `UNNAMEABLE`
 * when it or a folder in it holds a name that is not UTF-8, before anything in that folder goes. A culprit's path has `room` bytes and one before it, for the caller to write to.
 */
export function removeTree(parent: i32, leaf: usize, length: usize, room: usize): i32 {
  before = room;
  gone = 0;
  culprit = 0;
  culpritLength = 0;
  const errno = tryOpen(
    parent,
    leaf,
    length,
    wasi.LOOKUP_NO_FOLLOW,
    wasi.O_DIRECTORY,
    wasi.RIGHTS_CHANGE_FOLDER,
    0,
  );
  if (errno) return errno;
  const fd = openedFd();
  let failed = holdsRoot(fd) ? wasi.E_NOTCAPABLE : holdsUnnameable(fd);
  if (!failed) failed = empty(fd);
  wasi.fd_close(fd);
  if (!failed) failed = wasi.path_remove_directory(parent, leaf, length);
  if (!failed) gone++;
  return failed;
}

function blame(frame: Frame, name: usize, length: usize, errno: i32): i32 {
  culpritLength = walk.pathLength(frame, length);
  // The walk is over, but its frames are read once more: the path is written behind all of them.
  const size = culpritLength + before + 1;
  if (!tryRoom(size)) {
    culpritLength = 0;
    return errno;
  }
  culprit = walk.writePath(frame, name, length, take(size) + size);
  return errno;
}

function empty(fd: i32): i32 {
  let frame = walk.startWalk(fd, -1, wasi.RIGHTS_CHANGE_FOLDER, 0);
  while (true) {
    if (walk.nextEntry(frame)) {
      const errno = removeEntry(frame);
      if (errno) return blame(frame, walk.entryName, walk.entryLength, errno);
      frame = walk.topFrame();
      continue;
    }
    if (walk.walkFailure()) return blame(frame, 0, 0, walk.walkFailure());
    if (!frame.parent) return 0;
    const above = changetype<Frame>(frame.parent);
    const folder = walk.folderOf(above);
    if (folder < 0) return blame(above, walk.nameOf(frame), frame.nameLength, walk.walkFailure());
    let errno = wasi.path_remove_directory(folder, walk.nameOf(frame), frame.nameLength);
    if (errno == wasi.E_NOTEMPTY && frame.note < PASSES) {
      if (refilled(frame)) continue;
      // What came meanwhile may be a name that no listing shows.
      if (frame.fd >= 0 && holdsUnnameable(frame.fd) == UNNAMEABLE) errno = UNNAMEABLE;
    }
    if (errno && errno != wasi.E_NOENT) return blame(above, walk.nameOf(frame), frame.nameLength, errno);
    if (!errno) gone++;
    frame = walk.popFolder();
  }
  return 0;
}

/** Whether there is something to list in a folder that was emptied once: what came meanwhile, or was passed over. */
function refilled(frame: Frame): bool {
  frame.note++;
  walk.rewind(frame);
  if (!walk.nextEntry(frame)) return false;
  walk.rewind(frame);
  return true;
}

function removeEntry(frame: Frame): i32 {
  const folder = walk.folderOf(frame);
  if (folder < 0) return walk.walkFailure();
  let type = walk.entryType;
  if (type == wasi.TYPE_UNKNOWN) {
    // The file system does not say, or it is a pipe, socket or device.
    const errno = statusOf(folder, walk.entryName, walk.entryLength, wasi.LOOKUP_NO_FOLLOW);
    if (errno) return errno == wasi.E_NOENT ? 0 : errno;
    type = STATUS.type;
  }
  if (type != wasi.TYPE_FOLDER) {
    const errno = wasi.path_unlink_file(folder, walk.entryName, walk.entryLength);
    if (!errno) gone++;
    return errno == wasi.E_NOENT ? 0 : errno;
  }
  const fd = walk.openEntry(frame);
  if (fd < 0) return walk.walkFailure() == wasi.E_NOENT ? 0 : walk.walkFailure();
  if (holdsRoot(fd)) {
    wasi.fd_close(fd);
    return wasi.E_NOTCAPABLE;
  }
  const unnameable = holdsUnnameable(fd);
  if (unnameable) {
    wasi.fd_close(fd);
    return unnameable;
  }
  walk.pushFolder(fd, -1);
  return 0;
}
