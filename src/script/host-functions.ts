/**
 * A function that a script guest may import: where from, and its parameters, `i` for i32, `l` for i64, `d` for f64, and
 * `p` for an i64 that the script gives the address of, because its numbers have 53 bits. All answer an i32.
 */
export interface HostFunctionType {
  readonly module: string;
  readonly name: string;
  readonly parameters: string;
}

const WASI = "wasi_snapshot_preview1";
const TOLLGATE = "tollgate";

/** The part of WASI preview1 that scripts can be given (wasi_snapshot_preview1.witx). */
const PREVIEW1: Readonly<Record<string, string>> = {
  args_get: "ii",
  args_sizes_get: "ii",
  clock_time_get: "ili",
  environ_get: "ii",
  environ_sizes_get: "ii",
  fd_close: "i",
  fd_filestat_get: "ii",
  fd_prestat_dir_name: "iii",
  fd_prestat_get: "ii",
  fd_read: "iiii",
  fd_readdir: "iiili",
  fd_sync: "i",
  fd_write: "iiii",
  path_create_directory: "iii",
  path_filestat_get: "iiiii",
  path_filestat_set_times: "iiiippi",
  path_link: "iiiiiii",
  path_open: "iiiiillii",
  path_readlink: "iiiiii",
  path_remove_directory: "iii",
  path_rename: "iiiiii",
  path_symlink: "iiiii",
  path_unlink_file: "iii",
  poll_oneoff: "iiii",
  random_get: "ii",
};

/** The store's own host calls, and what reads the answer of a registered one. */
const OWN: Readonly<Record<string, string>> = {
  answer_read: "iii",
  fd_mode_get: "ii",
  fd_mode_set: "ii",
  fd_unnameable: "ii",
  log: "iii",
  path_status_get: "iiii",
  progress: "ddii",
};

/** What a registered host call takes: a request's address and length. */
const REGISTERED = "ii";

/** What a manifest asks for that decides which functions a script can call at all. */
export interface ScriptGrants {
  readonly filesystem: "none" | "read-only" | "read-write";
  readonly clock: boolean;
  readonly random: boolean;
  readonly hostCalls: readonly string[];
  /** Variables that it is given; none where absent. */
  readonly env?: readonly string[];
  /** Whether a permit may give it a program's arguments beside those of the call. */
  readonly programArguments?: boolean;
}

const READING = [
  "fd_close",
  "fd_filestat_get",
  "fd_prestat_dir_name",
  "fd_prestat_get",
  "fd_readdir",
  "path_filestat_get",
  "path_open",
  "path_readlink",
];
const WRITING = [
  "fd_sync",
  "path_create_directory",
  "path_filestat_set_times",
  "path_link",
  "path_remove_directory",
  "path_rename",
  "path_symlink",
  "path_unlink_file",
];
const TIME = ["clock_time_get", "poll_oneoff"];

/** The functions that a script imports: what its grants need and no other, beside its arguments and its answer. */
export function functionsFor(grants: ScriptGrants): HostFunctionType[] {
  const { filesystem, hostCalls } = grants;
  const names = [
    "fd_read",
    "fd_write",
    ...(filesystem === "none" ? [] : READING),
    ...(filesystem === "read-write" ? WRITING : []),
    ...(grants.clock ? TIME : []),
    ...(grants.random ? ["random_get"] : []),
    ...(grants.env !== undefined && grants.env.length > 0 ? ["environ_get", "environ_sizes_get"] : []),
    ...(grants.programArguments === true ? ["args_get", "args_sizes_get"] : []),
  ];
  const registered = hostCalls.filter((name) => !Object.hasOwn(OWN, name));
  const calls = registered.length === 0 ? hostCalls : [...hostCalls, "answer_read"];
  return [
    ...names.map((name) => ({ module: WASI, name, parameters: PREVIEW1[name] as string })),
    ...calls.map((name) => ({ module: TOLLGATE, name, parameters: OWN[name] ?? REGISTERED })),
  ];
}
