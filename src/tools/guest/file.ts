// Opening, reading and writing, with every errno turned into the tool's refusal.

import * as wasi from "./wasi.ts";
import { FileStatus, STATUS, TRANSFER } from "./wasi.ts";
import { failFileType, failWith } from "./errors.ts";
import { Location } from "./path.ts";

let opened: i32 = 0;

/** Opens below `fd`; the descriptor is in {@link openedFd} when the answer is 0. */
export function tryOpen(fd: i32, path: usize, length: usize, lookup: i32, flags: i32, rights: u64, fdFlags: i32): i32 {
  // What a folder hands on is what may be done with the files that are opened in it.
  const inheriting = flags & wasi.O_DIRECTORY ? rights | wasi.RIGHTS_FILE : 0;
  return wasi.path_open(fd, lookup, path, length, flags, rights, inheriting, fdFlags, changetype<usize>(TRANSFER));
}

/** What the last successful {@link tryOpen} gave; read it before the next host call. */
export function openedFd(): i32 {
  opened = <i32>load<u32>(changetype<usize>(TRANSFER));
  return opened;
}

/** Fills {@link STATUS}. */
export function statusOf(fd: i32, path: usize, length: usize, lookup: i32): i32 {
  return wasi.path_filestat_get(fd, lookup, path, length, changetype<usize>(STATUS));
}

/** Opens a folder that the caller named, following links inside the roots. */
export function openFolder(at: Location, verb: string, rights: u64): i32 {
  const errno = tryOpen(at.fd, at.path, at.length, wasi.LOOKUP_FOLLOW, wasi.O_DIRECTORY, rights, 0);
  if (errno) failWith(errno, verb, at.given, at.givenLength);
  return openedFd();
}

/** Opens a regular file for reading and leaves its status in {@link STATUS}; anything else is refused by its type. */
export function openForReading(at: Location, verb: string): i32 {
  const errno = tryOpen(at.fd, at.path, at.length, wasi.LOOKUP_FOLLOW, 0, wasi.RIGHTS_READ_FILE, 0);
  if (errno) {
    // The host refuses to open what is no file in more than one way; the type says it better.
    if (!statusOf(at.fd, at.path, at.length, wasi.LOOKUP_FOLLOW)) refuseType(STATUS, at, verb);
    failWith(errno, verb, at.given, at.givenLength);
  }
  const fd = openedFd();
  const failed = wasi.fd_filestat_get(fd, changetype<usize>(STATUS));
  if (failed) failWith(failed, verb, at.given, at.givenLength);
  refuseType(STATUS, at, verb);
  return fd;
}

/** Ends the run unless the status is a regular file's. */
export function refuseType(status: FileStatus, at: Location, verb: string): void {
  if (status.type == wasi.TYPE_FILE) return;
  if (status.type == wasi.TYPE_FOLDER) failWith(wasi.E_ISDIR, verb, at.given, at.givenLength);
  failFileType(verb, at.given, at.givenLength);
}

let transferred: usize = 0;

/** Bytes that the last {@link readAt}, {@link readSome} or {@link writeAll} moved. */
export function moved(): usize {
  return transferred;
}

/** Reads until `size` bytes are there or the file ends. */
export function readAt(fd: i32, into: usize, size: usize, offset: u64): i32 {
  transferred = 0;
  while (transferred < size) {
    TRANSFER.at = into + transferred;
    TRANSFER.length = size - transferred;
    const errno = wasi.fd_pread(
      fd,
      changetype<usize>(TRANSFER),
      1,
      offset + transferred,
      changetype<usize>(TRANSFER) + 8,
    );
    if (errno) return errno;
    if (!TRANSFER.done) break;
    transferred += TRANSFER.done;
  }
  return 0;
}

/** Writes all bytes at the descriptor's position, or at the end when it appends. */
export function writeAll(fd: i32, from: usize, size: usize): i32 {
  transferred = 0;
  while (transferred < size) {
    TRANSFER.at = from + transferred;
    TRANSFER.length = size - transferred;
    const errno = wasi.fd_write(fd, changetype<usize>(TRANSFER), 1, changetype<usize>(TRANSFER) + 8);
    if (errno) return errno;
    if (!TRANSFER.done) return wasi.E_NOSPC;
    transferred += TRANSFER.done;
  }
  return 0;
}
