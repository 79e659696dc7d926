// The words for what copying and moving refuse.

import { filesCopied } from "./copy-file.ts";
import {
  CHANGED,
  INTO_ITSELF,
  LINK_LEADS_OUT,
  LINK_NOT_TEXT,
  NOT_SERVED,
  copyCulprit,
  copyCulpritLength,
} from "./copy-tree.ts";
import { cannot, done, failChanged, failFileType, failWith, message, messageText, note } from "./errors.ts";
import { Location } from "./path.ts";
import { UNNAMEABLE, failUnnameable } from "./unnameable.ts";

export function failSame(verb: string, src: Location, dst: Location): void {
  cannot("same-file", verb, src.given, src.givenLength);
  message("it is the same file or folder as ");
  messageText(dst.given, dst.givenLength);
  message(": choose another dst");
  done();
}

export function failInside(verb: string, src: Location, dst: Location): void {
  cannot("into-itself", verb, src.given, src.givenLength);
  message("dst lies inside of it: choose a dst outside of it: ");
  messageText(dst.given, dst.givenLength);
  done();
}

export function failExisting(verb: string, src: Location, dst: Location): void {
  cannot("already-exists", verb, src.given, src.givenLength);
  message("dst exists: choose another one or pass overwrite true: ");
  messageText(dst.given, dst.givenLength);
  done();
}

/** A file in the place of a folder, or the other way round. */
export function failKind(verb: string, src: Location, dst: Location, dstIsFolder: bool): void {
  cannot(dstIsFolder ? "is-a-directory" : "not-a-directory", verb, src.given, src.givenLength);
  message(dstIsFolder ? "dst is a folder, name the file in it: " : "dst is a file, a folder cannot take its place: ");
  messageText(dst.given, dst.givenLength);
  done();
}

export function failLinkText(verb: string, path: usize, length: usize): void {
  cannot("invalid-name", verb, path, length);
  message("it is a symbolic link to a name that is not UTF-8, which no tool can address: change it by other means");
  done();
}

/** What stopped the copy of a folder, named below the source as the caller wrote it. */
export function failTree(errno: i32, verb: string, src: Location, dst: Location): void {
  if (errno == INTO_ITSELF) failInside(verb, src, dst);
  let path = src.given;
  let length = src.givenLength;
  if (copyCulpritLength()) {
    path = copyCulprit() - src.givenLength - 1;
    memory.copy(path, src.given, src.givenLength);
    store<u8>(path + src.givenLength, 0x2f);
    length += 1 + copyCulpritLength();
  }
  note("files", filesCopied());
  if (errno == NOT_SERVED) failFileType(verb, path, length);
  if (errno == CHANGED) failChanged(verb, path, length);
  if (errno == UNNAMEABLE) failUnnameable(verb, path, length);
  if (errno == LINK_NOT_TEXT) failLinkText(verb, path, length);
  if (errno == LINK_LEADS_OUT) {
    cannot("link-leads-out", verb, path, length);
    message("it is a symbolic link that is absolute or leads out of the folder: remove it, or copy what it leads to");
    done();
  }
  failWith(errno, verb, path, length);
}
