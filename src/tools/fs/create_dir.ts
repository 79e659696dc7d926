import { createFolder, wasMade } from "../guest/create-folder.ts";
import { cannot, done, failWith, message } from "../guest/errors.ts";
import { flagOf, lengthOf, readArguments, textOf } from "../guest/json-reader.ts";
import { ascii, flush, truth } from "../guest/json-writer.ts";
import { isRoot, locate } from "../guest/path.ts";
import * as wasi from "../guest/wasi.ts";

const VERB: string = "create";

export function _start(): void {
  readArguments();
  const at = locate(textOf("path"), lengthOf("path"), VERB);
  const recursive = flagOf("recursive", true);
  const errno = isRoot(at) ? 0 : createFolder(at.fd, at.path, at.length, recursive);
  if (errno == wasi.E_NOENT && !recursive) {
    cannot("file-not-found", VERB, at.given, at.givenLength);
    message("the folder that should hold it does not exist: create it first, or pass recursive true");
    done();
  }
  if (errno) failWith(errno, VERB, at.given, at.givenLength);
  ascii('{"created":');
  truth(wasMade());
  ascii(',"existed":');
  truth(!wasMade());
  ascii("}");
  flush();
}
