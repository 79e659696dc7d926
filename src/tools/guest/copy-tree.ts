// Copies a folder with everything in it into another folder, without recursion. Links are copied as links.

import * as wasi from "./wasi.ts";
import { STATUS, TRANSFER } from "./wasi.ts";
import { commitTemporary, createTemporaryLink, dropTemporary } from "./atomic-file.ts";
import { copyFile } from "./copy-file.ts";
import { openedFd, statusOf, tryOpen } from "./file.ts";
import { take, tryRoom } from "./heap.ts";
import { fd_mode_get, fd_mode_set } from "./tollgate.ts";
import * as walk from "./tree-walk.ts";
import { Frame } from "./tree-walk.ts";
import { holdsUnnameable } from "./unnameable.ts";
import { validPrefix } from "./utf8.ts";

const PATH_MAX: usize = 4096;
const NAME_MAX: usize = 256;

/** Answers beside the errnos of WASI, which end at 76. */
export const LINK_LEADS_OUT: i32 = 1000;
export const NOT_SERVED: i32 = 1001;
export const INTO_ITSELF: i32 = 1002;
export const CHANGED: i32 = 1003;
export const LINK_NOT_TEXT: i32 = 1005;

let culprit: usize = 0;
let culpritLength: usize = 0;
/** The folder that is copied to: met on the way, the copy would never end. */
let topDevice: u64 = 0;
let topInode: u64 = 0;
let text: usize = 0;
let path: usize = 0;

/** Path below the source of what stopped {@link copyTree}, with room for `room` bytes and one before it. */
export function copyCulprit(): usize {
  return culprit;
}

export function copyCulpritLength(): usize {
  return culpritLength;
}

/** Takes the memory that links need, before a walk owns the heap. */
export function prepareLinks(): void {
  text = take(PATH_MAX);
  path = take(PATH_MAX + NAME_MAX);
}

/**
 * Copies everything in the open folder `from` into the open folder `to`, permission bits too, those of `to` only when
 * `setMode`. Answers an errno, {@link LINK_LEADS_OUT} for a link that is absolute or leaves the source,
 * {@link LINK_NOT_TEXT} for one that is not UTF-8, {@link NOT_SERVED} for a pipe, socket or device, {@link INTO_ITSELF}
 * when `to` lies in `from`, {@link CHANGED} when an entry became another, or `UNNAMEABLE` for a folder below `from`,
 * which is the caller's to ask about; what was copied before stays.
 */
export function copyTree(from: i32, to: i32, setMode: bool, durable: bool, room: usize): i32 {
  culpritLength = 0;
  const unknown = wasi.fd_filestat_get(to, changetype<usize>(STATUS));
  if (unknown) return unknown;
  topDevice = STATUS.device;
  topInode = STATUS.inode;
  let frame = walk.startWalk(from, to, wasi.RIGHTS_READ_FOLDER, wasi.RIGHTS_CHANGE_FOLDER);
  frame.note = setMode ? 1 : 0;
  while (true) {
    let errno = 0;
    if (walk.nextEntry(frame)) {
      errno = copyEntry(frame, to, durable);
      if (errno) return blame(frame, walk.entryName, walk.entryLength, errno, room);
      frame = walk.topFrame();
      continue;
    }
    errno = walk.walkFailure();
    if (!errno && walk.folderOf(frame) < 0) errno = walk.walkFailure();
    if (!errno && frame.note) errno = copyMode(frame.fd, frame.other);
    if (!errno && durable) errno = wasi.fd_sync(frame.other);
    if (errno) return blame(frame, 0, 0, errno, room);
    if (!frame.parent) return 0;
    frame = walk.popFolder();
  }
  return 0;
}

function blame(frame: Frame, name: usize, length: usize, errno: i32, room: usize): i32 {
  culpritLength = walk.pathLength(frame, length);
  const size = culpritLength + room + 1;
  if (!culpritLength || !tryRoom(size)) culpritLength = 0;
  else culprit = walk.writePath(frame, name, length, take(size) + size);
  return errno;
}

export function copyMode(from: i32, to: i32): i32 {
  const errno = fd_mode_get(from, changetype<usize>(TRANSFER));
  if (errno) return errno;
  return fd_mode_set(to, <i32>load<u32>(changetype<usize>(TRANSFER)) & 0o777);
}

function copyEntry(frame: Frame, top: i32, durable: bool): i32 {
  const from = walk.folderOf(frame);
  if (from < 0) return walk.walkFailure();
  const name = walk.entryName;
  const length = walk.entryLength;
  let type = walk.entryType;
  if (type == wasi.TYPE_UNKNOWN) {
    const errno = statusOf(from, name, length, wasi.LOOKUP_NO_FOLLOW);
    if (errno) return errno;
    type = STATUS.type;
  }
  if (type == wasi.TYPE_FOLDER) return enter(frame);
  if (type == wasi.TYPE_LINK) return copyLink(frame, top);
  if (type != wasi.TYPE_FILE) return NOT_SERVED;
  const found = statusOf(frame.other, name, length, wasi.LOOKUP_NO_FOLLOW);
  if (!found && STATUS.type == wasi.TYPE_FOLDER) return wasi.E_ISDIR;
  if (found && found != wasi.E_NOENT) return found;
  let errno = tryOpen(from, name, length, wasi.LOOKUP_NO_FOLLOW, 0, wasi.RIGHTS_READ_FILE, 0);
  if (errno) return errno == wasi.E_LOOP ? CHANGED : errno;
  const fd = openedFd();
  errno = copyFile(fd, frame.other, name, length, durable || !found);
  wasi.fd_close(fd);
  return errno;
}

/** Goes down into a folder and its counterpart, which is made when it is missing. */
function enter(frame: Frame): i32 {
  const name = walk.entryName;
  const length = walk.entryLength;
  const known = statusOf(frame.fd, name, length, wasi.LOOKUP_NO_FOLLOW);
  if (known) return known;
  if (STATUS.device == topDevice && STATUS.inode == topInode) return INTO_ITSELF;
  const from = walk.openEntry(frame);
  if (from < 0) {
    const failed = walk.walkFailure();
    return failed == wasi.E_LOOP || failed == wasi.E_NOTDIR ? CHANGED : failed;
  }
  let errno = holdsUnnameable(from);
  let made = 0;
  if (!errno) {
    made = wasi.path_create_directory(frame.other, name, length);
    if (made != wasi.E_EXIST) errno = made;
  }
  if (errno) {
    wasi.fd_close(from);
    return errno;
  }
  errno = tryOpen(
    frame.other,
    name,
    length,
    wasi.LOOKUP_NO_FOLLOW,
    wasi.O_DIRECTORY,
    wasi.RIGHTS_CHANGE_FOLDER,
    0,
  );
  if (errno) {
    wasi.fd_close(from);
    return errno == wasi.E_LOOP ? wasi.E_NOTDIR : errno;
  }
  const below = walk.pushFolder(from, openedFd());
  below.note = made ? 0 : 1;
  return 0;
}

/** Copies a link as it is, when it stays inside of what is copied. */
function copyLink(frame: Frame, top: i32): i32 {
  const name = walk.entryName;
  const length = walk.entryLength;
  let errno = wasi.path_readlink(frame.fd, name, length, text, PATH_MAX, changetype<usize>(TRANSFER));
  if (errno) return errno == wasi.E_INVAL ? CHANGED : errno;
  const size = <usize>load<u32>(changetype<usize>(TRANSFER));
  if (size >= PATH_MAX) return wasi.E_NAMETOOLONG;
  if (leadsOut(size, frame.depth)) return LINK_LEADS_OUT;
  if (validPrefix(text, text + size) != text + size) return LINK_NOT_TEXT;
  const found = statusOf(frame.other, name, length, wasi.LOOKUP_NO_FOLLOW);
  if (!found && STATUS.type == wasi.TYPE_FOLDER) return wasi.E_ISDIR;
  // From the top, so that the host sees how far up the link may lead.
  const whole = walk.pathLength(frame, length);
  if (whole > PATH_MAX) return wasi.E_NAMETOOLONG;
  const start = walk.writePath(frame, name, length, path + whole);
  if (found) return wasi.path_symlink(text, size, top, start, whole);
  errno = createTemporaryLink(text, size, top, start, whole - length, name, length);
  if (errno) return errno;
  errno = commitTemporary(frame.other, name, length);
  if (errno) dropTemporary(frame.other);
  return errno;
}

function leadsOut(size: usize, depth: i32): bool {
  if (!size || load<u8>(text) == 0x2f) return true;
  let level = depth;
  let from: usize = 0;
  while (from <= size) {
    let stop = from;
    while (stop < size && load<u8>(text + stop) != 0x2f) stop++;
    const part = stop - from;
    if (part == 2 && load<u16>(text + from) == 0x2e2e) {
      if (--level < 0) return true;
    } else if (part && !(part == 1 && load<u8>(text + from) == 0x2e)) level++;
    from = stop + 1;
  }
  return false;
}
