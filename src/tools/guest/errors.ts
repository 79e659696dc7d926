// A tool's own refusal: `{"code", "message", "data"?}` on stdout and exit code 1.

import * as wasi from "./wasi.ts";
import { ascii, decimal, discard, escaped, flush, put } from "./json-writer.ts";
import { listRoots } from "./roots.ts";

let inData: bool = false;

/** Starts a refusal; {@link message} and its like follow, then {@link datum}, then {@link done}. */
export function fail(code: string): void {
  discard();
  ascii('{"code":"');
  ascii(code);
  ascii('","message":"');
  inData = false;
}

/** ASCII without anything that JSON escapes. */
export function message(text: string): void {
  ascii(text);
}

/** Text that a caller or a disk gave. */
export function messageText(from: usize, length: usize): void {
  escaped(from, length);
}

export function messageNumber(value: u64): void {
  decimal(value);
}

/** A figure in `data`. */
export function datum(name: string, value: u64): void {
  ascii(inData ? ',"' : '","data":{"');
  inData = true;
  ascii(name);
  ascii('":');
  decimal(value);
}

let noted: string = "";
let notedValue: u64 = 0;

/** A figure for the `data` of a refusal that another function words. */
export function note(name: string, value: u64): void {
  noted = name;
  notedValue = value;
}

/** Sends the refusal and ends the run. */
export function done(): void {
  if (noted.length) datum(noted, notedValue);
  ascii(inData ? "}}" : '"}');
  flush();
  wasi.proc_exit(1);
  unreachable();
}

/** `cannot <verb> <path>: ` */
export function cannot(code: string, verb: string, path: usize, length: usize): void {
  fail(code);
  message("cannot ");
  message(verb);
  put(0x20);
  messageText(path, length);
  message(": ");
}

/** The path leads, or may lead, outside of the roots. */
export function denyOutside(verb: string, path: usize, length: usize): void {
  cannot("permission-denied", verb, path, length);
  message("it is outside of the granted roots: use a path under ");
  listRoots();
  done();
}

/** Ends the run with what an errno of the host means for a path. */
export function failWith(errno: i32, verb: string, path: usize, length: usize): void {
  switch (errno) {
    case wasi.E_NOENT:
      cannot("file-not-found", verb, path, length);
      message("no such file or folder: check the name with fs.read_dir on the folder it should be in");
      break;
    case wasi.E_BADF: // the first root is meant, and there is none
    case wasi.E_NOTCAPABLE:
    case wasi.E_PERM:
      cannot("permission-denied", verb, path, length);
      message("it leads outside of the granted roots, or its root does not allow this: use a path under ");
      listRoots();
      break;
    case wasi.E_ACCES:
      cannot("permission-denied", verb, path, length);
      message("the host refuses access to it: use another path under ");
      listRoots();
      break;
    case wasi.E_ROFS:
      cannot("permission-denied", verb, path, length);
      message("it is on a read-only file system or root: use a writable path under ");
      listRoots();
      break;
    case wasi.E_NOTDIR:
      cannot("not-a-directory", verb, path, length);
      message("a part of the path that should be a folder is none");
      break;
    case wasi.E_ISDIR:
      cannot("is-a-directory", verb, path, length);
      message("it is a folder, not a file");
      break;
    case wasi.E_EXIST:
      cannot("already-exists", verb, path, length);
      message("something of that name exists already");
      break;
    case wasi.E_NOTEMPTY:
      cannot("not-empty", verb, path, length);
      message("the folder is not empty");
      break;
    case wasi.E_LOOP:
    case wasi.E_MLINK:
      cannot("too-many-links", verb, path, length);
      message("its symbolic links form a loop or are too many: name the file itself");
      break;
    case wasi.E_NAMETOOLONG:
      cannot("invalid-path", verb, path, length);
      message("the path or one of its names is too long: use a shorter one");
      break;
    case wasi.E_ILSEQ:
      cannot("invalid-path", verb, path, length);
      message("a name in the path is not one that a file can have: send it as plain UTF-8");
      break;
    case wasi.E_NOSPC:
    case wasi.E_DQUOT:
      cannot("no-space", verb, path, length);
      message("no space is left on the device or in the quota: free some and try again");
      break;
    case wasi.E_NXIO:
    case wasi.E_NODEV:
    case wasi.E_NOTSUP:
      failFileType(verb, path, length);
      break;
    default:
      cannot("io-error", verb, path, length);
      if (errno == wasi.E_MFILE || errno == wasi.E_NFILE) message("too many files are open: try again later");
      else if (errno == wasi.E_BUSY || errno == wasi.E_TXTBSY) message("it is in use: try again later");
      else if (errno == wasi.E_FBIG) message("it would be larger than the file system allows");
      else {
        message("the host answered with errno ");
        messageNumber(errno);
      }
      datum("errno", errno);
  }
  done();
}

/** What was looked at is no longer what it was. */
export function failChanged(verb: string, path: usize, length: usize): void {
  cannot("changed-meanwhile", verb, path, length);
  message("something else took its place while it was read: try again");
  done();
}

/** The path names a FIFO, a socket or a device. */
export function failFileType(verb: string, path: usize, length: usize): void {
  cannot("unsupported-file-type", verb, path, length);
  message("it is a pipe, socket or device: only regular files, folders and symbolic links are served");
  done();
}

