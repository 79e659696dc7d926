// Walks folders without recursion and without bound on depth: one frame a level on a stack in memory, entries read in
// batches, and only the deepest levels held open. Links are never followed.
//
// A frame lies where the unread rest of its parent's batch ends, its own batch follows it. While a walk is under way
// the heap ends where the deepest batch ends: what is taken then must be given back before the next push or pop.

import * as wasi from "./wasi.ts";
import { TRANSFER } from "./wasi.ts";
import { openedFd, tryOpen } from "./file.ts";
import { heapTop, release, take } from "./heap.ts";

/** Levels held open besides the first; a descriptor (two in a copy) each. */
const MOST_OPEN: i32 = 48;
/** Levels that stay open when a closed one is opened again. */
const REOPENED: i32 = 24;
const WIDE_LEVELS: i32 = 16;
const WIDE_BATCH: usize = 8192;
/** Holds the longest name that any file system has. */
const NARROW_BATCH: usize = 2048;
const ENTRY_HEAD: usize = 24;

@unmanaged
export class Frame {
  parent: usize;
  child: usize;
  /** The folder, and in a copy its counterpart; -1 while closed. */
  fd: i32;
  other: i32;
  depth: i32;
  nameLength: usize;
  batch: usize;
  capacity: usize;
  next: usize;
  end: usize;
  cookie: u64;
  ended: bool;
  /** For the walker's own use. */
  note: u32;
  states: usize;
  stateCount: i32;
}

let top: Frame = changetype<Frame>(0);
let rights: u64 = 0;
let otherRights: u64 = 0;
let open: i32 = 0;
let oldest: Frame = changetype<Frame>(0);
let failure: i32 = 0;

/** The entry that {@link nextEntry} found; gone with the next call. */
export let entryName: usize = 0;
export let entryLength: usize = 0;
export let entryType: u8 = 0;

/** The deepest frame; 0 when the walk is over. */
export function topFrame(): Frame {
  return top;
}

/** Where the memory of the walk ends. */
export function walkEnd(): usize {
  return top.batch + top.capacity;
}

/** The most that {@link pushFolder} adds, but for {@link keepInFrame}. */
export const PUSH_ROOM: usize = WIDE_BATCH + 2048;

export function nameOf(frame: Frame): usize {
  return changetype<usize>(frame) + offsetof<Frame>();
}

/** The errno that ended {@link nextEntry} or {@link folderOf} early, else 0. */
export function walkFailure(): i32 {
  return failure;
}

/** Starts at open folders; `other` is -1 when there is but one. Folders below are opened with the given rights. */
export function startWalk(fd: i32, other: i32, folderRights: u64, counterpartRights: u64): Frame {
  rights = folderRights;
  otherRights = counterpartRights;
  open = 0;
  oldest = changetype<Frame>(0);
  failure = 0;
  top = changetype<Frame>(0);
  return place(heapTop(), 0, 0, fd, other);
}

function place(at: usize, name: usize, length: usize, fd: i32, other: i32): Frame {
  const parent = changetype<usize>(top);
  const depth = parent ? top.depth + 1 : 0;
  const start = (at + 15) & ~15;
  release(start);
  take(offsetof<Frame>() + length + 16);
  const frame = changetype<Frame>(start);
  // The name may lie where the frame comes to lie, so it goes first.
  memory.copy(nameOf(frame), name, length);
  memory.fill(start, 0, offsetof<Frame>());
  frame.parent = parent;
  frame.depth = depth;
  frame.fd = fd;
  frame.other = other;
  frame.nameLength = length;
  frame.capacity = depth < WIDE_LEVELS ? WIDE_BATCH : NARROW_BATCH;
  frame.batch = take(frame.capacity);
  frame.next = frame.batch;
  frame.end = frame.batch;
  if (parent) top.child = start;
  top = frame;
  return frame;
}

/** Goes down into an opened folder named by the entry just found. */
export function pushFolder(fd: i32, other: i32): Frame {
  const parent = top;
  const frame = place(parent.next < parent.end ? parent.end : parent.batch, entryName, entryLength, fd, other);
  if (!changetype<usize>(oldest)) oldest = frame;
  if (++open > MOST_OPEN) {
    const closing = oldest;
    closeFrame(closing);
    oldest = changetype<Frame>(closing.child);
    open--;
  }
  return frame;
}

/** Leaves the deepest folder, closing it, unless it is the first one; answers the frame above or 0. */
export function popFolder(): Frame {
  const frame = top;
  top = changetype<Frame>(frame.parent);
  if (!frame.parent) return top;
  if (frame.fd >= 0) {
    closeFrame(frame);
    open--;
  }
  if (oldest == frame) oldest = changetype<Frame>(0);
  top.child = 0;
  release(top.batch + top.capacity);
  return top;
}

function closeFrame(frame: Frame): void {
  wasi.fd_close(frame.fd);
  if (frame.other >= 0) wasi.fd_close(frame.other);
  frame.fd = -1;
  frame.other = -1;
}

/** Keeps `size` bytes after the frame's head for as long as the frame is there; only before its first entry is read. */
export function keepInFrame(frame: Frame, size: usize): usize {
  const at = frame.batch;
  release(at);
  take(size);
  frame.batch = take(frame.capacity);
  frame.next = frame.batch;
  frame.end = frame.batch;
  return at;
}

/** The descriptor of a frame's folder, opened again if it was closed meanwhile; -1 with {@link walkFailure}. */
export function folderOf(frame: Frame): i32 {
  if (frame.fd < 0 && !reopen(frame)) return -1;
  return frame.fd;
}

function reopen(frame: Frame): bool {
  let from = frame;
  while (from.fd < 0) from = changetype<Frame>(from.parent);
  const counterpart = from.other >= 0;
  const keepFrom = frame.depth - REOPENED;
  while (from != frame) {
    const child = changetype<Frame>(from.child);
    child.fd = openBelow(from.fd, child, rights);
    if (child.fd < 0) return false;
    child.other = counterpart ? openBelow(from.other, child, otherRights) : -1;
    if (counterpart && child.other < 0) return false;
    open++;
    if (from.parent && from.depth < keepFrom) {
      closeFrame(from);
      open--;
    }
    from = child;
  }
  oldest = frame;
  for (let above = changetype<Frame>(frame.parent); above.parent && above.fd >= 0; ) {
    oldest = above;
    above = changetype<Frame>(above.parent);
  }
  return true;
}

function openBelow(fd: i32, frame: Frame, wanted: u64): i32 {
  failure = tryOpen(fd, nameOf(frame), frame.nameLength, wasi.LOOKUP_NO_FOLLOW, wasi.O_DIRECTORY, wanted, 0);
  return failure ? -1 : openedFd();
}

/** Opens the folder that the entry just found names. */
export function openEntry(frame: Frame): i32 {
  failure = tryOpen(folderOf(frame), entryName, entryLength, wasi.LOOKUP_NO_FOLLOW, wasi.O_DIRECTORY, rights, 0);
  return failure ? -1 : openedFd();
}

/** Starts the frame's listing again. */
export function rewind(frame: Frame): void {
  frame.cookie = 0;
  frame.ended = false;
  frame.next = frame.batch;
  frame.end = frame.batch;
}

/** Finds the next entry that is neither `.` nor `..`; false at the end, or with {@link walkFailure}. */
export function nextEntry(frame: Frame): bool {
  failure = 0;
  do {
    while (frame.next + ENTRY_HEAD <= frame.end) {
      const at = frame.next;
      const length = <usize>load<u32>(at + 16);
      if (length > frame.end - at - ENTRY_HEAD) break;
      frame.cookie = load<u64>(at);
      frame.next = at + ENTRY_HEAD + length;
      entryName = at + ENTRY_HEAD;
      entryLength = length;
      entryType = load<u8>(at + 20);
      if (length == 1 && load<u8>(entryName) == 0x2e) continue;
      if (length == 2 && load<u16>(entryName) == 0x2e2e) continue;
      return true;
    }
    if (frame.ended) return false;
    const cut = frame.end > frame.batch && frame.next == frame.batch;
    const fd = folderOf(frame);
    if (fd < 0) return false;
    failure = cut
      ? wasi.E_NAMETOOLONG
      : wasi.fd_readdir(fd, frame.batch, frame.capacity, frame.cookie, changetype<usize>(TRANSFER));
    if (failure) return false;
    const used = <usize>load<u32>(changetype<usize>(TRANSFER));
    frame.ended = used < frame.capacity;
    frame.next = frame.batch;
    frame.end = frame.batch + used;
  } while (!failure);
  return false;
}

/** Bytes of the path of `frame` below the first one with a name after it. */
export function pathLength(frame: Frame, nameLength: usize): usize {
  let length = nameLength;
  for (let at = frame; at.parent; at = changetype<Frame>(at.parent)) length += at.nameLength + 1;
  return length;
}

/** Writes that path so that it ends at `end`, and answers where it starts. */
export function writePath(frame: Frame, name: usize, length: usize, end: usize): usize {
  let to = end - length;
  memory.copy(to, name, length);
  for (let at = frame; at.parent; at = changetype<Frame>(at.parent)) {
    store<u8>(--to, 0x2f);
    to -= at.nameLength;
    memory.copy(to, nameOf(at), at.nameLength);
  }
  return to;
}
