import { failWith } from "../guest/errors.ts";
import { statusOf } from "../guest/file.ts";
import { lengthOf, readArguments, textOf } from "../guest/json-reader.ts";
import { ascii, flush, truth } from "../guest/json-writer.ts";
import { locate } from "../guest/path.ts";
import * as wasi from "../guest/wasi.ts";
import { STATUS } from "../guest/wasi.ts";

const VERB: string = "look for";

export function _start(): void {
  readArguments();
  const at = locate(textOf("path"), lengthOf("path"), VERB);
  const errno = statusOf(at.fd, at.path, at.length, wasi.LOOKUP_FOLLOW);
  // A link that leads nowhere or in a circle, and a name that no file can have, name nothing.
  const absent =
    errno == wasi.E_NOENT || errno == wasi.E_NOTDIR || errno == wasi.E_LOOP || errno == wasi.E_NAMETOOLONG;
  if (errno && !absent) failWith(errno, VERB, at.given, at.givenLength);
  ascii('{"exists":');
  truth(!absent);
  ascii(',"is_file":');
  truth(!absent && STATUS.type == wasi.TYPE_FILE);
  ascii(',"is_dir":');
  truth(!absent && STATUS.type == wasi.TYPE_FOLDER);
  ascii("}");
  flush();
}
