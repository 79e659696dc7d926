import {
  commitTemporary,
  createTemporaryFolder,
  createTemporaryLink,
  dropTemporary,
  temporaryLength,
  temporaryName,
} from "../guest/atomic-file.ts";
import { liesInside } from "../guest/containment.ts";
import { copyFile, prepareCopy } from "../guest/copy-file.ts";
import { failExisting, failInside, failKind, failLinkText, failSame, failTree } from "../guest/copy-refusals.ts";
import { copyTree, prepareLinks } from "../guest/copy-tree.ts";
import { cannot, done, failChanged, failFileType, failWith, message } from "../guest/errors.ts";
import { openedFd, tryOpen } from "../guest/file.ts";
import { isRootStatus, learnRoots, refuseRoot } from "../guest/granted.ts";
import { take } from "../guest/heap.ts";
import { flagOf, lengthOf, readArguments, textOf } from "../guest/json-reader.ts";
import { ascii, flush, quoted, slot } from "../guest/json-writer.ts";
import { Location, locate } from "../guest/path.ts";
import { removeTree } from "../guest/remove-tree.ts";
import { Target, entryAt } from "../guest/target.ts";
import { UNNAMEABLE, failUnnameable, holdsUnnameable } from "../guest/unnameable.ts";
import { validPrefix } from "../guest/utf8.ts";
import * as wasi from "../guest/wasi.ts";
import { STATUS, TRANSFER } from "../guest/wasi.ts";

const VERB: string = "move";
const WRITE: string = "move to";
const PATH_MAX: usize = 4096;
const NAME_MAX: usize = 256;

export function _start(): void {
  readArguments();
  const src = locate(textOf("src"), lengthOf("src"), VERB);
  const dst = locate(textOf("dst"), lengthOf("dst"), WRITE);
  refuseRoot(src, VERB);
  refuseRoot(dst, WRITE);
  slot();
  learnRoots();
  const source = entryAt(src, VERB);
  if (!source.exists) failWith(wasi.E_NOENT, VERB, src.given, src.givenLength);
  if (isRootStatus()) failWith(wasi.E_NOTCAPABLE, VERB, src.given, src.givenLength);
  const device = STATUS.device;
  const inode = STATUS.inode;
  const isFolder = source.type == wasi.TYPE_FOLDER;
  const target = entryAt(dst, WRITE);
  if (target.exists) {
    if (isRootStatus()) failWith(wasi.E_NOTCAPABLE, WRITE, dst.given, dst.givenLength);
    if (STATUS.device == device && STATUS.inode == inode) failSame(VERB, src, dst);
    if (!flagOf("overwrite", true)) failExisting(VERB, src, dst);
    const other = target.type == wasi.TYPE_FOLDER;
    if (other != isFolder) failKind(VERB, src, dst, other);
  }
  if (isFolder && liesInside(dst, device, inode)) failInside(VERB, src, dst);
  const errno = wasi.path_rename(source.folder, source.leaf, source.length, target.folder, target.leaf, target.length);
  if (errno == wasi.E_XDEV) moveAcross(src, source, dst, target);
  else if (errno == wasi.E_INVAL && isFolder) failInside(VERB, src, dst);
  else if (errno == wasi.E_NOTEMPTY || errno == wasi.E_EXIST) failNotEmpty(src, dst);
  else if (errno) failWith(errno, VERB, src.given, src.givenLength);
  ascii('{"moved":true,"src":');
  quoted(src.given, src.givenLength);
  ascii(',"dst":');
  quoted(dst.given, dst.givenLength);
  ascii("}");
  flush();
}

function failNotEmpty(src: Location, dst: Location): void {
  cannot("not-empty", WRITE, dst.given, dst.givenLength);
  message("the folder there is not empty: remove it first, or choose another dst");
  done();
}

/** To another device: a complete, durable copy first, then the source goes. */
function moveAcross(src: Location, source: Target, dst: Location, target: Target): void {
  prepareCopy();
  prepareLinks();
  if (source.type == wasi.TYPE_FOLDER) acrossFolder(src, source, dst, target);
  else if (source.type == wasi.TYPE_LINK) acrossLink(src, source, dst, target);
  else if (source.type == wasi.TYPE_FILE) acrossFile(src, source, dst, target);
  else failFileType(VERB, src.given, src.givenLength);
}

function settle(errno: i32, dst: Location, target: Target): void {
  if (!errno) errno = wasi.fd_sync(target.folder);
  if (errno) failWith(errno, WRITE, dst.given, dst.givenLength);
}

function dropSource(errno: i32, src: Location): void {
  if (!errno) return;
  cannot("io-error", VERB, src.given, src.givenLength);
  message("it was copied whole, but could not be removed: remove it with fs.remove");
  done();
}

function acrossFile(src: Location, source: Target, dst: Location, target: Target): void {
  const errno = tryOpen(
    source.folder,
    source.leaf,
    source.length,
    wasi.LOOKUP_NO_FOLLOW,
    0,
    wasi.RIGHTS_READ_FILE,
    0,
  );
  if (errno == wasi.E_LOOP) failChanged(VERB, src.given, src.givenLength);
  if (errno) failWith(errno, VERB, src.given, src.givenLength);
  settle(copyFile(openedFd(), target.folder, target.leaf, target.length, true), dst, target);
  dropSource(wasi.path_unlink_file(source.folder, source.leaf, source.length), src);
}

function acrossLink(src: Location, source: Target, dst: Location, target: Target): void {
  const text = take(PATH_MAX);
  let errno = wasi.path_readlink(
    source.folder,
    source.leaf,
    source.length,
    text,
    PATH_MAX,
    changetype<usize>(TRANSFER),
  );
  if (errno == wasi.E_INVAL) failChanged(VERB, src.given, src.givenLength);
  if (errno) failWith(errno, VERB, src.given, src.givenLength);
  const length = <usize>load<u32>(changetype<usize>(TRANSFER));
  if (length >= PATH_MAX) failWith(wasi.E_NAMETOOLONG, VERB, src.given, src.givenLength);
  if (validPrefix(text, text + length) != text + length) failLinkText(VERB, src.given, src.givenLength);
  const prefix = <usize>(dst.leaf - dst.path);
  const path = take(prefix + NAME_MAX);
  memory.copy(path, dst.path, prefix);
  errno = createTemporaryLink(text, length, dst.fd, path, prefix, target.leaf, target.length);
  if (!errno) {
    errno = commitTemporary(target.folder, target.leaf, target.length);
    if (errno) dropTemporary(target.folder);
  }
  settle(errno, dst, target);
  dropSource(wasi.path_unlink_file(source.folder, source.leaf, source.length), src);
}

function acrossFolder(src: Location, source: Target, dst: Location, target: Target): void {
  let errno = tryOpen(
    source.folder,
    source.leaf,
    source.length,
    wasi.LOOKUP_NO_FOLLOW,
    wasi.O_DIRECTORY,
    wasi.RIGHTS_READ_FOLDER,
    0,
  );
  if (errno == wasi.E_LOOP || errno == wasi.E_NOTDIR) failChanged(VERB, src.given, src.givenLength);
  if (errno) failWith(errno, VERB, src.given, src.givenLength);
  const from = openedFd();
  errno = holdsUnnameable(from);
  if (errno == UNNAMEABLE) failUnnameable(VERB, src.given, src.givenLength);
  if (errno) failWith(errno, VERB, src.given, src.givenLength);
  errno = createTemporaryFolder(target.folder, target.leaf, target.length);
  if (errno) failWith(errno, WRITE, dst.given, dst.givenLength);
  // Files are copied under names of their own kind, so this one is kept aside.
  const length = temporaryLength();
  const name = take(length);
  memory.copy(name, temporaryName(), length);
  errno = tryOpen(
    target.folder,
    name,
    length,
    wasi.LOOKUP_NO_FOLLOW,
    wasi.O_DIRECTORY,
    wasi.RIGHTS_CHANGE_FOLDER,
    0,
  );
  if (!errno) errno = copyTree(from, openedFd(), true, true, src.givenLength);
  if (errno) {
    removeTree(target.folder, name, length, 0);
    failTree(errno, VERB, src, dst);
  }
  errno = wasi.path_rename(target.folder, name, length, target.folder, target.leaf, target.length);
  if (errno) {
    removeTree(target.folder, name, length, 0);
    if (errno == wasi.E_NOTEMPTY || errno == wasi.E_EXIST) failNotEmpty(src, dst);
  }
  settle(errno, dst, target);
  dropSource(removeTree(source.folder, source.leaf, source.length, 0), src);
}
