import { bytesCopied, copyFile, filesCopied, prepareCopy } from "../guest/copy-file.ts";
import { failExisting, failInside, failKind, failSame, failTree } from "../guest/copy-refusals.ts";
import { copyTree, prepareLinks } from "../guest/copy-tree.ts";
import { failFileType, failWith } from "../guest/errors.ts";
import { openFolder, openForReading, openedFd, statusOf, tryOpen } from "../guest/file.ts";
import { flagOf, lengthOf, readArguments, textOf } from "../guest/json-reader.ts";
import { ascii, decimal, flush, quoted, slot } from "../guest/json-writer.ts";
import { liesInside } from "../guest/containment.ts";
import { Location, locate } from "../guest/path.ts";
import { Target, fileAt } from "../guest/target.ts";
import { UNNAMEABLE, failUnnameable, holdsUnnameable } from "../guest/unnameable.ts";
import * as wasi from "../guest/wasi.ts";
import { STATUS } from "../guest/wasi.ts";

const VERB: string = "copy";
const WRITE: string = "copy to";

export function _start(): void {
  readArguments();
  const src = locate(textOf("src"), lengthOf("src"), VERB);
  const dst = locate(textOf("dst"), lengthOf("dst"), WRITE);
  const errno = statusOf(src.fd, src.path, src.length, wasi.LOOKUP_FOLLOW);
  if (errno) failWith(errno, VERB, src.given, src.givenLength);
  const device = STATUS.device;
  const inode = STATUS.inode;
  const isFolder = STATUS.type == wasi.TYPE_FOLDER;
  if (!isFolder && STATUS.type != wasi.TYPE_FILE) failFileType(VERB, src.given, src.givenLength);
  const target = fileAt(dst, WRITE);
  if (target.exists) {
    // fileAt ended with the status of what is there now.
    if (STATUS.device == device && STATUS.inode == inode) failSame(VERB, src, dst);
    if (!flagOf("overwrite", true)) failExisting(VERB, src, dst);
    const other = target.type == wasi.TYPE_FOLDER;
    if (!other && target.type != wasi.TYPE_FILE) failFileType(WRITE, dst.given, dst.givenLength);
    if (other != isFolder) failKind(VERB, src, dst, other);
  }
  slot();
  prepareCopy();
  if (isFolder) copyFolder(src, dst, target, device, inode);
  else copyOne(src, dst, target);
  ascii('{"copied":');
  decimal(bytesCopied());
  ascii(',"files":');
  decimal(filesCopied());
  ascii(',"src":');
  quoted(src.given, src.givenLength);
  ascii(',"dst":');
  quoted(dst.given, dst.givenLength);
  ascii("}");
  flush();
}

function copyOne(src: Location, dst: Location, target: Target): void {
  const from = openForReading(src, VERB);
  const errno = copyFile(from, target.folder, target.leaf, target.length, target.exists);
  if (errno) failWith(errno, WRITE, dst.given, dst.givenLength);
}

function copyFolder(src: Location, dst: Location, target: Target, device: u64, inode: u64): void {
  if (liesInside(dst, device, inode)) failInside(VERB, src, dst);
  const from = openFolder(src, VERB, wasi.RIGHTS_READ_FOLDER);
  let errno = holdsUnnameable(from);
  if (errno == UNNAMEABLE) failUnnameable(VERB, src.given, src.givenLength);
  if (errno) failWith(errno, VERB, src.given, src.givenLength);
  errno = target.exists ? 0 : wasi.path_create_directory(target.folder, target.leaf, target.length);
  if (!errno) {
    errno = tryOpen(
      target.folder,
      target.leaf,
      target.length,
      wasi.LOOKUP_NO_FOLLOW,
      wasi.O_DIRECTORY,
      wasi.RIGHTS_CHANGE_FOLDER,
      0,
    );
  }
  if (errno) failWith(errno, WRITE, dst.given, dst.givenLength);
  const to = openedFd();
  prepareLinks();
  errno = copyTree(from, to, !target.exists, false, src.givenLength);
  if (errno) failTree(errno, VERB, src, dst);
}
