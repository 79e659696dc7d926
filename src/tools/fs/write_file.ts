import {
  commitTemporary,
  dropTemporary,
  openTemporary,
} from "../guest/atomic-file.ts";
import { decode64 } from "../guest/base64.ts";
import { createFolder } from "../guest/create-folder.ts";
import { cannot, done, failChanged, failWith, message } from "../guest/errors.ts";
import { openedFd, tryOpen, writeAll } from "../guest/file.ts";
import { flagOf, isText, lengthOf, readArguments, textOf } from "../guest/json-reader.ts";
import { ascii, decimal, flush, quoted } from "../guest/json-writer.ts";
import { Location, locate } from "../guest/path.ts";
import { Target, fileAt, refuseOther, requireLeaf } from "../guest/target.ts";
import { PATH_STATUS, fd_mode_set, path_status_get } from "../guest/tollgate.ts";
import * as wasi from "../guest/wasi.ts";
import { STATUS } from "../guest/wasi.ts";

const VERB: string = "write";

export function _start(): void {
  readArguments();
  const at = locate(textOf("path"), lengthOf("path"), VERB);
  requireLeaf(at, VERB);
  const content = textOf("content");
  let length = lengthOf("content");
  if (isText("encoding", "base64")) {
    const decoded = decode64(content, length);
    if (decoded < 0) {
      cannot("invalid-base64", VERB, at.given, at.givenLength);
      message("content is not base64: send the standard alphabet with padding and no white space");
      done();
    }
    length = decoded;
  }
  if (flagOf("create_parents", false) && at.leaf > at.path) {
    const errno = createFolder(at.fd, at.path, at.leaf - 1 - at.path, true);
    if (errno) failWith(errno == wasi.E_EXIST ? wasi.E_NOTDIR : errno, VERB, at.given, at.givenLength);
  }
  const target = fileAt(at, VERB);
  refuseOther(target, at, VERB);
  if (flagOf("append", false)) append(target, at, content, length);
  else replace(target, at, content, length);
  ascii('{"path":');
  quoted(at.given, at.givenLength);
  ascii(',"written":');
  decimal(length);
  ascii("}");
  flush();
}

function append(target: Target, at: Location, content: usize, length: usize): void {
  // fileAt ended with the status of what is there now.
  if (target.exists && STATUS.links > 1) {
    cannot("hard-linked", VERB, at.given, at.givenLength);
    message("it has more than one name, and all of them would change: replace it whole, without append");
    done();
  }
  let errno = tryOpen(
    target.folder,
    target.leaf,
    target.length,
    wasi.LOOKUP_NO_FOLLOW,
    wasi.O_CREAT,
    wasi.RIGHTS_WRITE_FILE,
    wasi.FD_APPEND,
  );
  if (!errno) {
    const fd = openedFd();
    errno = writeAll(fd, content, length);
    if (!errno) errno = wasi.fd_sync(fd);
    if (!errno && !target.exists) errno = wasi.fd_sync(target.folder);
  }
  // It was no link a moment ago.
  if (errno == wasi.E_LOOP) failChanged(VERB, at.given, at.givenLength);
  if (errno) failWith(errno, VERB, at.given, at.givenLength);
}

function replace(target: Target, at: Location, content: usize, length: usize): void {
  let mode = -1;
  if (target.exists) {
    const errno = path_status_get(target.folder, target.leaf, target.length, changetype<usize>(PATH_STATUS));
    if (errno) failWith(errno, VERB, at.given, at.givenLength);
    if (!PATH_STATUS.writable) failWith(wasi.E_ACCES, VERB, at.given, at.givenLength);
    mode = <i32>(PATH_STATUS.mode & 0o777);
  }
  let errno = openTemporary(target.folder, target.leaf, target.length);
  if (errno) failWith(errno, VERB, at.given, at.givenLength);
  const fd = openedFd();
  errno = writeAll(fd, content, length);
  if (!errno && mode >= 0) errno = fd_mode_set(fd, mode);
  if (!errno) errno = wasi.fd_sync(fd);
  wasi.fd_close(fd);
  if (!errno) errno = commitTemporary(target.folder, target.leaf, target.length);
  if (errno) {
    dropTemporary(target.folder);
    failWith(errno, VERB, at.given, at.givenLength);
  }
  // The rename itself is durable once the folder is.
  errno = wasi.fd_sync(target.folder);
  if (errno) failWith(errno, VERB, at.given, at.givenLength);
}
