/**
 * Numbers of WASI preview1 (wasi_snapshot_preview1.witx): rights, flags, file types and the sizes of the records
 * that cross the boundary. All records are little-endian.
 */

/** `rights`: only bits 0 to 29 are defined, so a number holds them. */
export const RIGHT = {
  fdDatasync: 1 << 0,
  fdRead: 1 << 1,
  fdSeek: 1 << 2,
  fdFdstatSetFlags: 1 << 3,
  fdSync: 1 << 4,
  fdTell: 1 << 5,
  fdWrite: 1 << 6,
  fdAdvise: 1 << 7,
  fdAllocate: 1 << 8,
  pathCreateDirectory: 1 << 9,
  pathCreateFile: 1 << 10,
  pathLinkSource: 1 << 11,
  pathLinkTarget: 1 << 12,
  pathOpen: 1 << 13,
  fdReaddir: 1 << 14,
  pathReadlink: 1 << 15,
  pathRenameSource: 1 << 16,
  pathRenameTarget: 1 << 17,
  pathFilestatGet: 1 << 18,
  pathFilestatSetSize: 1 << 19,
  pathFilestatSetTimes: 1 << 20,
  fdFilestatGet: 1 << 21,
  fdFilestatSetSize: 1 << 22,
  fdFilestatSetTimes: 1 << 23,
  pathSymlink: 1 << 24,
  pathRemoveDirectory: 1 << 25,
  pathUnlinkFile: 1 << 26,
  pollFdReadwrite: 1 << 27,
} as const;

const R = RIGHT;

/** Every right that a regular file can carry. */
export const FILE_RIGHTS =
  R.fdDatasync |
  R.fdRead |
  R.fdSeek |
  R.fdFdstatSetFlags |
  R.fdSync |
  R.fdTell |
  R.fdWrite |
  R.fdAdvise |
  R.fdAllocate |
  R.fdFilestatGet |
  R.fdFilestatSetSize |
  R.fdFilestatSetTimes |
  R.pollFdReadwrite;

/** Every right that a directory can carry. */
export const DIRECTORY_RIGHTS =
  R.fdFdstatSetFlags |
  R.fdSync |
  R.fdDatasync |
  R.fdAdvise |
  R.pathCreateDirectory |
  R.pathCreateFile |
  R.pathLinkSource |
  R.pathLinkTarget |
  R.pathOpen |
  R.fdReaddir |
  R.pathReadlink |
  R.pathRenameSource |
  R.pathRenameTarget |
  R.pathFilestatGet |
  R.pathFilestatSetSize |
  R.pathFilestatSetTimes |
  R.fdFilestatGet |
  R.fdFilestatSetTimes |
  R.pathSymlink |
  R.pathRemoveDirectory |
  R.pathUnlinkFile |
  R.pollFdReadwrite;

/** Rights that change something; a read-only root and everything opened beneath it lack them. */
export const MUTATING_RIGHTS =
  R.fdWrite |
  R.fdAllocate |
  R.pathCreateDirectory |
  R.pathCreateFile |
  R.pathLinkSource |
  R.pathLinkTarget |
  R.pathRenameSource |
  R.pathRenameTarget |
  R.pathFilestatSetSize |
  R.pathFilestatSetTimes |
  R.fdFilestatSetSize |
  R.fdFilestatSetTimes |
  R.pathSymlink |
  R.pathRemoveDirectory |
  R.pathUnlinkFile;

/** Rights of the three standard streams. */
export const STDIN_RIGHTS = R.fdRead | R.fdFilestatGet | R.pollFdReadwrite;
export const OUTPUT_RIGHTS = R.fdWrite | R.fdFilestatGet | R.pollFdReadwrite;

export const FILE_TYPE = { unknown: 0, directory: 3, regular: 4, symlink: 7 } as const;

export const OFLAG = { creat: 1, directory: 2, excl: 4, trunc: 8 } as const;
export const FDFLAG = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;
export const LOOKUP_FOLLOW = 1;
export const FSTFLAG = { atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 } as const;
export const WHENCE = { set: 0, cur: 1, end: 2 } as const;
export const CLOCK = { realtime: 0, monotonic: 1, processCpu: 2, threadCpu: 3 } as const;
export const EVENT_FLAG = { hangup: 1 } as const;
export const EVENT_TYPE = { clock: 0, fdRead: 1, fdWrite: 2 } as const;

/** Sizes of records in bytes. */
export const SIZE = {
  iovec: 8,
  fdstat: 24,
  filestat: 64,
  dirent: 24,
  prestat: 8,
  subscription: 48,
  event: 32,
  statusRecord: 16,
} as const;

/** Most vectors in one scatter or gather call (IOV_MAX of Linux). */
export const MAX_IOVECS = 1024;
/** Longest path in bytes that a guest may name (PATH_MAX of Linux, without its NUL). */
export const MAX_PATH = 4095;
/** Most subscriptions in one poll. */
export const MAX_SUBSCRIPTIONS = 1024;
