import { failWith } from "../guest/errors.ts";
import { statusOf } from "../guest/file.ts";
import { lengthOf, readArguments, textOf } from "../guest/json-reader.ts";
import { ascii, truth, decimal, flush, put } from "../guest/json-writer.ts";
import { locate } from "../guest/path.ts";
import { timestamp } from "../guest/timestamp.ts";
import { PATH_STATUS, path_status_get } from "../guest/tollgate.ts";
import * as wasi from "../guest/wasi.ts";
import { STATUS } from "../guest/wasi.ts";

const VERB: string = "stat";

export function _start(): void {
  readArguments();
  const at = locate(textOf("path"), lengthOf("path"), VERB);
  let errno = statusOf(at.fd, at.path, at.length, wasi.LOOKUP_NO_FOLLOW);
  if (!errno) errno = path_status_get(at.fd, at.path, at.length, changetype<usize>(PATH_STATUS));
  if (errno) failWith(errno, VERB, at.given, at.givenLength);
  ascii('{"size":');
  decimal(STATUS.size);
  ascii(',"is_file":');
  truth(STATUS.type == wasi.TYPE_FILE);
  ascii(',"is_dir":');
  truth(STATUS.type == wasi.TYPE_FOLDER);
  ascii(',"is_symlink":');
  truth(STATUS.type == wasi.TYPE_LINK);
  ascii(',"readonly":');
  truth(!(PATH_STATUS.mode & 0o222));
  ascii(',"modified":"');
  timestamp(STATUS.modified);
  ascii('","created":');
  if (PATH_STATUS.born) {
    put(0x22);
    timestamp(PATH_STATUS.born);
    put(0x22);
  } else ascii("null");
  ascii(',"mode":"0');
  for (let shift = 6; shift >= 0; shift -= 3) put(0x30 + ((PATH_STATUS.mode >> shift) & 7));
  ascii('"}');
  flush();
}
