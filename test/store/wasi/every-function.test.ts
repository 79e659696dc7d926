import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FILE_CALLS, WASI_FUNCTIONS } from "../../../src/store/wasi/import-names.ts";
import { openTestStore, wat } from "../test-store.ts";
import { scratch } from "./guest.ts";

const test = suite("wasi every function");
const place = scratch();
const root = join(place.path, "root");
mkdirSync(root);
writeFileSync(join(root, "f"), "x".repeat(100));
writeFileSync(join(place.path, "outside"), "outside");
const store = openTestStore();

/** Parameters of all functions as the witx lowers them: `i` is an i32, `I` an i64. All return an errno but proc_exit. */
const SIGNATURES: Readonly<Record<string, string>> = {
  args_get: "ii",
  args_sizes_get: "ii",
  clock_res_get: "ii",
  clock_time_get: "iIi",
  environ_get: "ii",
  environ_sizes_get: "ii",
  fd_advise: "iIIi",
  fd_allocate: "iII",
  fd_close: "i",
  fd_datasync: "i",
  fd_fdstat_get: "ii",
  fd_fdstat_set_flags: "ii",
  fd_fdstat_set_rights: "iII",
  fd_filestat_get: "ii",
  fd_filestat_set_size: "iI",
  fd_filestat_set_times: "iIIi",
  fd_pread: "iiiIi",
  fd_prestat_dir_name: "iii",
  fd_prestat_get: "ii",
  fd_pwrite: "iiiIi",
  fd_read: "iiii",
  fd_readdir: "iiiIi",
  fd_renumber: "ii",
  fd_seek: "iIii",
  fd_sync: "i",
  fd_tell: "ii",
  fd_write: "iiii",
  path_create_directory: "iii",
  path_filestat_get: "iiiii",
  path_filestat_set_times: "iiiiIIi",
  path_link: "iiiiiii",
  path_open: "iiiiiIIii",
  path_readlink: "iiiiii",
  path_remove_directory: "iii",
  path_rename: "iiiiii",
  path_symlink: "iiiii",
  path_unlink_file: "iii",
  poll_oneoff: "iiii",
  proc_exit: "i",
  proc_raise: "i",
  random_get: "ii",
  sched_yield: "",
  sock_accept: "iii",
  sock_recv: "iiiiii",
  sock_send: "iiiii",
  sock_shutdown: "ii",
};
const OWN_SIGNATURES: Readonly<Record<string, string>> = {
  fd_mode_get: "ii",
  fd_mode_set: "ii",
  fd_unnameable: "ii",
  path_status_get: "iiii",
};

const PAGES = 2;
const END = PAGES * 65_536;
/** Descriptors, addresses, lengths and counts that no honest guest passes, and some that one does. */
const HOSTILE_32 = [0, 1, 3, 4, 50, -1, -4, 0x7fff_ffff, -0x8000_0000, END, END - 1, END - 7, 4096, 65_536];
const HOSTILE_64 = [0n, 1n, -1n, 1n << 62n, -(1n << 63n), (1n << 53n) + 1n, 1n << 40n];

/** What an honest guest passes, where it is not a descriptor and then an address for the result. */
const HONEST: Readonly<Record<string, readonly number[]>> = {
  fd_pread: [4, 65_536, 1, 0, 2048],
  fd_prestat_dir_name: [3, 8192, 64],
  fd_prestat_get: [3, 2048],
  fd_pwrite: [4, 65_536, 1, 0, 2048],
  fd_read: [4, 65_536, 1, 2048],
  fd_readdir: [3, 8192, 512, 0, 2048],
  fd_unnameable: [3, 2048],
  fd_write: [4, 65_536, 1, 2048],
  path_create_directory: [3, 4096, 1],
  path_filestat_get: [3, 0, 4096, 1, 2048],
  path_filestat_set_times: [3, 0, 4096, 1, 0, 0, 5],
  path_link: [3, 0, 4096, 1, 3, 4096, 1],
  path_open: [3, 0, 4096, 1, 0, 2, 0, 0, 2048],
  path_readlink: [3, 4096, 1, 8192, 64, 2048],
  path_remove_directory: [3, 4096, 1],
  path_rename: [3, 4096, 1, 3, 4096, 1],
  path_status_get: [3, 4096, 1, 2048],
  path_symlink: [4096, 1, 3, 4096, 1],
  path_unlink_file: [3, 4096, 1],
  poll_oneoff: [8192, 12_288, 1, 2048],
  random_get: [8192, 64],
};

/** Opens the file `f` as descriptor 4, calls the function with the arguments in its input, and answers the errno. */
function caller(module: string, name: string, types: string): Uint8Array {
  const params = [...types].map((type) => (type === "i" ? "i32" : "i64")).join(" ");
  const args = [...types].map((type, i) => `(${type === "i" ? "i32" : "i64"}.load offset=${8 * i} (local.get 0))`);
  const ends = name === "proc_exit";
  const call = `(call $call ${args.join(" ")})`;
  return wat(`(module
    (import "${module}" "${name}" (func $call (param ${params}) ${ends ? "" : "(result i32)"}))
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") ${PAGES} ${PAGES})
    ;; a path, a vector that covers it, and a subscription to a clock, where the honest addresses are
    (data (i32.const 4096) "f") (data (i32.const 65536) "\\00\\10\\00\\00\\01\\00\\00\\00")
    (func (export "alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "execute") (param i32 i32) (result i64)
      (if (call $open (i32.const 3) (i32.const 0) (i32.const 4096) (i32.const 1) (i32.const 1) (i64.const 0x3fffbfff)
            (i64.const 0) (i32.const 0) (i32.const 520))
        (then unreachable))
      ${ends ? call : `(i32.store (i32.const 512) ${call})`}
      (i64.const ${(512n << 32n) | 4n})))`);
}

/** Each parameter in turn takes each hostile value, the others being honest; then all take the same. */
function* argumentLists(name: string, types: string): Generator<bigint[]> {
  const given = HONEST[name] ?? [name.startsWith("fd_") ? 4 : 3, 2048, 4096, 1, 0, 0, 0, 0, 2048];
  const honest = [...types].map((_, i) => BigInt(given[i]!));
  for (let i = 0; i < types.length; i++) {
    for (const value of types[i] === "i" ? HOSTILE_32 : HOSTILE_64) yield honest.with(i, BigInt(value));
  }
  for (const value of HOSTILE_32) yield honest.map(() => BigInt(value));
  if (types === "") yield [];
}

const TYPED_FAULTS = new Set(["execution-timeout", "output-limit-exceeded", "fuel-exhausted", "host-call-refused"]);
const DEADLINE_MS = 100;

async function attack(module: string, name: string, types: string): Promise<number> {
  const bytes = caller(module, name, types);
  const grant = {
    roots: [{ guestPath: "/w", hostPath: root, access: "read-write" }] as const,
    hostCalls: module === "tollgate" ? [name] : [],
    clock: true,
    random: true,
    args: ["tool"],
    env: { A: "b" },
    limits: { deadlineMs: DEADLINE_MS, outputBytes: 4096 },
  };
  let calls = 0;
  for (const list of argumentLists(name, types)) {
    const stdin = new Uint8Array(Math.max(1, list.length) * 8);
    const view = new DataView(stdin.buffer);
    for (const [i, value] of list.entries()) view.setBigInt64(i * 8, BigInt.asIntN(64, value), true);
    const outcome = await store.go(bytes, grant, { stdin });
    calls++;
    const what = `${name}(${list.join(", ")})`;
    assert.ok(outcome.usage.durationMs < DEADLINE_MS + 5_000, `${what} took ${outcome.usage.durationMs} ms`);
    if (outcome.kind === "fault") {
      assert.ok(TYPED_FAULTS.has(outcome.fault.code), `${what}: ${outcome.fault.code}: ${outcome.fault.message}`);
    } else if (name !== "proc_exit") {
      const errno = new DataView(outcome.stdout.slice(-4).buffer).getUint32(0, true);
      assert.ok(errno <= 76, `${what} = ${errno}`);
    } else assert.is(outcome.exitCode, Number(BigInt.asUintN(32, list[0]!)));
  }
  return calls;
}

test("the tables name all functions that there are", () => {
  assert.equal(Object.keys(SIGNATURES).sort(), [...WASI_FUNCTIONS].sort());
  assert.equal(Object.keys(OWN_SIGNATURES).sort(), [...FILE_CALLS].sort());
});

for (const [module, signatures] of [
  ["wasi_snapshot_preview1", SIGNATURES],
  ["tollgate", OWN_SIGNATURES],
] as const) {
  test(`every function of ${module} answers hostile descriptors, addresses, lengths and counts by an errno or a typed fault, in time`, async () => {
    let calls = 0;
    for (const [name, types] of Object.entries(signatures)) calls += await attack(module, name, types);
    assert.ok(calls > (40 * Object.keys(signatures).length) / 2, String(calls));
    assert.is(store.stats().replaced, 0, "and no worker was lost over it");
    assert.equal(readdirSync(place.path).sort(), ["outside", "root"]);
    assert.is(readFileSync(join(place.path, "outside"), "utf8"), "outside");
  });
}

test.after(async () => {
  await store.close();
  place.remove();
});
test.run();
