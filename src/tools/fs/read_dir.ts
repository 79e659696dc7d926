import { failWith } from "../guest/errors.ts";
import { openFolder, statusOf } from "../guest/file.ts";
import { lengthOf, numberOf, readArguments, textOf } from "../guest/json-reader.ts";
import { ascii, decimal, flush, put, quoted, slot, truth } from "../guest/json-writer.ts";
import { locate } from "../guest/path.ts";
import { Name, addName, keepFirst, namesMet, sortedNames, textAt } from "../guest/sorted-names.ts";
import { entryLength, entryName, entryType, nextEntry, startWalk, walkFailure } from "../guest/tree-walk.ts";
import * as wasi from "../guest/wasi.ts";
import { STATUS } from "../guest/wasi.ts";

const VERB: string = "list";
const DEFAULT_LIMIT: u64 = 1000;
const MOST: u64 = 10_000;

export function _start(): void {
  readArguments();
  const at = locate(textOf("path"), lengthOf("path"), VERB);
  const offset = numberOf("offset", 0);
  const limit = min(numberOf("limit", DEFAULT_LIMIT), MOST);
  const fd = openFolder(at, VERB, wasi.RIGHTS_READ_FOLDER);
  // The names own the heap from here on, so the output buffer is taken first.
  slot();
  const frame = startWalk(fd, -1, wasi.RIGHTS_READ_FOLDER, 0);
  keepFirst(offset + limit);
  while (nextEntry(frame)) addName(0, 0, entryName, entryLength, entryType);
  if (walkFailure()) failWith(walkFailure(), VERB, at.given, at.givenLength);
  let count: u64 = 0;
  let passed: u64 = 0;
  ascii('{"entries":[');
  for (let name = sortedNames(); changetype<usize>(name) && count < limit; name = changetype<Name>(name.next)) {
    if (passed++ < offset) continue;
    if (count++) put(0x2c);
    entry(fd, name);
  }
  ascii('],"count":');
  decimal(count);
  ascii(',"total":');
  decimal(namesMet());
  ascii("}");
  flush();
}

/** An entry that vanished since it was listed has the size 0 and the type that it was listed with. */
function entry(fd: i32, name: Name): void {
  const errno = statusOf(fd, textAt(name), name.length, wasi.LOOKUP_NO_FOLLOW);
  const type = errno ? name.type : STATUS.type;
  ascii('{"name":');
  quoted(textAt(name), name.length);
  ascii(',"is_dir":');
  truth(type == wasi.TYPE_FOLDER);
  ascii(',"is_file":');
  truth(type == wasi.TYPE_FILE);
  ascii(',"is_symlink":');
  truth(type == wasi.TYPE_LINK);
  ascii(',"size":');
  decimal(errno ? 0 : STATUS.size);
  put(0x7d);
}
