import { cannot, done, failWith, message, note } from "../guest/errors.ts";
import { isRootStatus, learnRoots, refuseRoot } from "../guest/granted.ts";
import { flagOf, lengthOf, readArguments, textOf } from "../guest/json-reader.ts";
import { ascii, decimal, flush, slot } from "../guest/json-writer.ts";
import { locate } from "../guest/path.ts";
import { culpritPath, culpritPathLength, removeTree, removedCount } from "../guest/remove-tree.ts";
import { entryAt } from "../guest/target.ts";
import { UNNAMEABLE, failUnnameable } from "../guest/unnameable.ts";
import * as wasi from "../guest/wasi.ts";

const VERB: string = "remove";

export function _start(): void {
  readArguments();
  const at = locate(textOf("path"), lengthOf("path"), VERB);
  refuseRoot(at, VERB);
  slot();
  learnRoots();
  const target = entryAt(at, VERB);
  if (!target.exists) failWith(wasi.E_NOENT, VERB, at.given, at.givenLength);
  let count: u64 = 1;
  let errno = 0;
  if (target.type != wasi.TYPE_FOLDER) {
    errno = wasi.path_unlink_file(target.folder, target.leaf, target.length);
  } else if (isRootStatus()) {
    errno = wasi.E_NOTCAPABLE;
  } else if (!flagOf("recursive", false)) {
    errno = wasi.path_remove_directory(target.folder, target.leaf, target.length);
    if (errno == wasi.E_NOTEMPTY) {
      cannot("not-empty", VERB, at.given, at.givenLength);
      message("the folder is not empty: pass recursive true to remove it with everything in it");
      done();
    }
  } else {
    errno = removeTree(target.folder, target.leaf, target.length, at.givenLength);
    count = removedCount();
    if (errno && culpritPathLength()) {
      // The entry that stopped it, as a path that continues the caller's.
      const length = at.givenLength + 1 + culpritPathLength();
      const path = culpritPath() - at.givenLength - 1;
      memory.copy(path, at.given, at.givenLength);
      store<u8>(path + at.givenLength, 0x2f);
      note("removed", count);
      if (errno == UNNAMEABLE) failUnnameable(VERB, path, length);
      failWith(errno, VERB, path, length);
    }
  }
  if (errno == UNNAMEABLE) failUnnameable(VERB, at.given, at.givenLength);
  if (errno) failWith(errno, VERB, at.given, at.givenLength);
  ascii('{"removed":true,"count":');
  decimal(count);
  ascii("}");
  flush();
}
