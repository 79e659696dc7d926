/** WASI's error numbers (wasi_snapshot_preview1.witx, `errno`) that files have, as Node.js names and describes them. */
const ERRORS: Readonly<Record<number, readonly [code: string, text: string]>> = {
  2: ["EACCES", "permission denied"],
  8: ["EBADF", "bad file descriptor"],
  10: ["EBUSY", "resource busy or locked"],
  19: ["EDQUOT", "disk quota exceeded"],
  20: ["EEXIST", "file already exists"],
  22: ["EFBIG", "file too large"],
  25: ["EILSEQ", "illegal byte sequence"],
  28: ["EINVAL", "invalid argument"],
  29: ["EIO", "i/o error"],
  31: ["EISDIR", "illegal operation on a directory"],
  32: ["ELOOP", "too many symbolic links encountered"],
  33: ["EMFILE", "too many open files"],
  34: ["EMLINK", "too many links"],
  37: ["ENAMETOOLONG", "name too long"],
  41: ["ENFILE", "file table overflow"],
  44: ["ENOENT", "no such file or directory"],
  51: ["ENOSPC", "no space left on device"],
  52: ["ENOSYS", "function not implemented"],
  54: ["ENOTDIR", "not a directory"],
  55: ["ENOTEMPTY", "directory not empty"],
  58: ["ENOTSUP", "operation not supported"],
  60: ["ENXIO", "no such device or address"],
  63: ["EPERM", "operation not permitted"],
  69: ["EROFS", "read-only file system"],
  74: ["ETXTBSY", "text file is busy"],
  75: ["EXDEV", "cross-device link not permitted"],
  76: ["EACCES", "permission denied"],
};

export const ERRNO = { exist: 20, inval: 28, isdir: 31, noent: 44, notdir: 54, notempty: 55, xdev: 75 } as const;

/** What a file operation failed with, in the words of Node.js. */
export class FileError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly path: string;

  constructor(errno: number, operation: string, path: string) {
    const [code, text] = ERRORS[errno] ?? ["EIO", `errno ${errno}`];
    super(`${code}: ${text}, ${operation} '${path}'`);
    this.name = "FileError";
    this.errno = errno;
    this.code = code;
    this.path = path;
  }
}
