// Host calls of tollgate's own, for what preview1 cannot say. A manifest lists those that its guest imports.

/** Writes `st_mode & 0o7777` as u32 to `out`. */
// @ts-ignore: decorator
@external("tollgate", "fd_mode_get")
export declare function fd_mode_get(fd: i32, out: usize): i32;

/** Sets the permission bits, `mode & 0o777`. */
// @ts-ignore: decorator
@external("tollgate", "fd_mode_set")
export declare function fd_mode_set(fd: i32, mode: i32): i32;

/** Writes to `out`, as u32, how many entries of a folder no listing shows, because their names are not UTF-8. */
// @ts-ignore: decorator
@external("tollgate", "fd_unnameable")
export declare function fd_unnameable(fd: i32, out: usize): i32;

/** Writes mode u32, writable u32 (0 or 1) and birth time u64 in ns to `out`; does not follow a link. */
// @ts-ignore: decorator
@external("tollgate", "path_status_get")
export declare function path_status_get(fd: i32, path: usize, length: usize, out: usize): i32;

@unmanaged
export class PathStatus {
  mode: u32;
  writable: u32;
  born: u64;
}

export const PATH_STATUS: PathStatus = changetype<PathStatus>(memory.data(16, 8));
