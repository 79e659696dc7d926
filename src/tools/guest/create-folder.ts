import * as wasi from "./wasi.ts";
import { STATUS } from "./wasi.ts";
import { statusOf } from "./file.ts";

/** Whether the last {@link createFolder} made the last folder of its path. */
let made: bool = false;

export function wasMade(): bool {
  return made;
}

/**
 * Makes a folder and, when `parents`, the missing ones above it; one that exists, also behind a link, is success.
 * Answers an errno; `EEXIST` when something else stands in its place, `ENOTDIR` when above it.
 */
export function createFolder(fd: i32, path: usize, length: usize, parents: bool): i32 {
  made = false;
  let errno = wasi.path_create_directory(fd, path, length);
  if (errno == wasi.E_NOENT && parents) {
    for (let stop: usize = 0; stop < length; stop++) {
      if (!stop || load<u8>(path + stop) != 0x2f) continue;
      const failed = single(fd, path, stop);
      if (failed) return failed == wasi.E_EXIST ? wasi.E_NOTDIR : failed;
    }
    errno = wasi.path_create_directory(fd, path, length);
  }
  made = !errno;
  return errno ? settle(errno, fd, path, length) : 0;
}

function single(fd: i32, path: usize, length: usize): i32 {
  const errno = wasi.path_create_directory(fd, path, length);
  return errno ? settle(errno, fd, path, length) : 0;
}

/** What stood in the way: nothing when it is a folder. */
function settle(errno: i32, fd: i32, path: usize, length: usize): i32 {
  const status = statusOf(fd, path, length, wasi.LOOKUP_FOLLOW);
  if (!status) return STATUS.type == wasi.TYPE_FOLDER ? 0 : wasi.E_EXIST;
  return errno == wasi.E_EXIST && status != wasi.E_NOENT ? status : errno;
}
