// The part of WASI preview1 that guests use, with its numbers (WASI snapshot-01, witx/typenames.witx).
// A function that a tool never reaches is not imported by its module.

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_read")
export declare function fd_read(fd: i32, iovs: usize, count: i32, out: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_pread")
export declare function fd_pread(fd: i32, iovs: usize, count: i32, offset: u64, out: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
export declare function fd_write(fd: i32, iovs: usize, count: i32, out: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_close")
export declare function fd_close(fd: i32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_sync")
export declare function fd_sync(fd: i32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_filestat_get")
export declare function fd_filestat_get(fd: i32, out: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_readdir")
export declare function fd_readdir(fd: i32, buffer: usize, length: usize, cookie: u64, out: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_get")
export declare function fd_prestat_get(fd: i32, out: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_dir_name")
export declare function fd_prestat_dir_name(fd: i32, path: usize, length: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_open")
export declare function path_open(
  fd: i32,
  lookup: i32,
  path: usize,
  length: usize,
  openFlags: i32,
  rights: u64,
  inheriting: u64,
  fdFlags: i32,
  out: usize,
): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_filestat_get")
export declare function path_filestat_get(fd: i32, lookup: i32, path: usize, length: usize, out: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_create_directory")
export declare function path_create_directory(fd: i32, path: usize, length: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_remove_directory")
export declare function path_remove_directory(fd: i32, path: usize, length: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_unlink_file")
export declare function path_unlink_file(fd: i32, path: usize, length: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_rename")
export declare function path_rename(fd: i32, path: usize, length: usize, toFd: i32, to: usize, toLength: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_readlink")
export declare function path_readlink(
  fd: i32,
  path: usize,
  length: usize,
  buffer: usize,
  capacity: usize,
  out: usize,
): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_symlink")
export declare function path_symlink(target: usize, targetLength: usize, fd: i32, path: usize, length: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_exit")
export declare function proc_exit(code: i32): void;

export const STDIN: i32 = 0;
export const STDOUT: i32 = 1;
/** The first preopened directory; the others follow without a gap. */
export const FIRST_ROOT: i32 = 3;

export const E_ACCES: i32 = 2;
export const E_BADF: i32 = 8;
export const E_BUSY: i32 = 10;
export const E_DQUOT: i32 = 19;
export const E_EXIST: i32 = 20;
export const E_FBIG: i32 = 22;
export const E_ILSEQ: i32 = 25;
export const E_INVAL: i32 = 28;
export const E_ISDIR: i32 = 31;
export const E_LOOP: i32 = 32;
export const E_MFILE: i32 = 33;
export const E_MLINK: i32 = 34;
export const E_NAMETOOLONG: i32 = 37;
export const E_NFILE: i32 = 41;
export const E_NODEV: i32 = 43;
export const E_NOENT: i32 = 44;
export const E_NOSPC: i32 = 51;
export const E_NOTDIR: i32 = 54;
export const E_NOTEMPTY: i32 = 55;
export const E_NOTSUP: i32 = 58;
export const E_NXIO: i32 = 60;
export const E_PERM: i32 = 63;
export const E_ROFS: i32 = 69;
export const E_TXTBSY: i32 = 74;
export const E_XDEV: i32 = 75;
export const E_NOTCAPABLE: i32 = 76;

export const LOOKUP_NO_FOLLOW: i32 = 0;
export const LOOKUP_FOLLOW: i32 = 1;

export const O_CREAT: i32 = 1;
export const O_DIRECTORY: i32 = 2;
export const O_EXCL: i32 = 4;

export const FD_APPEND: i32 = 1;
export const FD_NONBLOCK: i32 = 4;

/** fd_read, fd_seek, fd_tell, fd_filestat_get. */
export const RIGHTS_READ_FILE: u64 = (1 << 1) | (1 << 2) | (1 << 5) | (1 << 21);
/** fd_datasync, fd_seek, fd_sync, fd_tell, fd_write, fd_filestat_get. */
export const RIGHTS_WRITE_FILE: u64 = (1 << 0) | (1 << 2) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 21);
/** path_open, fd_readdir: names and types, and no inodes, which take the system much longer to tell. */
export const RIGHTS_LIST_FOLDER: u64 = (1 << 13) | (1 << 14);
/** path_open, fd_readdir, path_readlink, path_filestat_get, fd_filestat_get. */
export const RIGHTS_READ_FOLDER: u64 = (1 << 13) | (1 << 14) | (1 << 15) | (1 << 18) | (1 << 21);
/** RIGHTS_READ_FOLDER, and fd_sync, create directory and file, rename from and to, symlink, remove, unlink. */
export const RIGHTS_CHANGE_FOLDER: u64 =
  RIGHTS_READ_FOLDER |
  (1 << 4) |
  (1 << 9) |
  (1 << 10) |
  (1 << 16) |
  (1 << 17) |
  (1 << 24) |
  (1 << 25) |
  (1 << 26);
export const RIGHTS_FILE: u64 = RIGHTS_READ_FILE | RIGHTS_WRITE_FILE;

export const TYPE_UNKNOWN: u8 = 0;
export const TYPE_FOLDER: u8 = 3;
export const TYPE_FILE: u8 = 4;
export const TYPE_LINK: u8 = 7;

/** `filestat` as the host writes it. */
@unmanaged
export class FileStatus {
  device: u64;
  inode: u64;
  type: u8;
  links: u64;
  size: u64;
  accessed: u64;
  modified: u64;
  changed: u64;
}

/** One `iovec` and the count that a host call writes beside it. */
@unmanaged
export class Transfer {
  at: usize;
  length: usize;
  done: usize;
}

/** Room for out parameters that live for one host call only. */
export const STATUS: FileStatus = changetype<FileStatus>(memory.data(64, 8));
export const TRANSFER: Transfer = changetype<Transfer>(memory.data(12, 4));
