import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bytesOf, ending, type Grant, openTestStore } from "./test-store.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-stop-")));
const file = join(folder, "kept");
let asked = 0;
const store = openTestStore({
  hostCalls: {
    "kv.get": {
      handler: () => {
        asked++;
        return bytesOf("x");
      },
      callsPerRun: 1,
    },
  },
});
test.before.each(() => {
  writeFileSync(file, "content");
  utimesSync(file, 1_000_000, 1_000_000);
  rmSync(join(folder, "made"), { recursive: true, force: true });
  asked = 0;
});
test.after(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What is outside and may be changed, as text. */
function outside(): string {
  if (!existsSync(file)) return "the file is gone";
  const made = existsSync(join(folder, "made")) ? ", a directory was made" : "";
  return `${JSON.stringify(readFileSync(file, "latin1"))} of ${statSync(file).mtimeMs / 1000}, ${asked} asked${made}`;
}
const UNCHANGED = '"content" of 1000000';

/**
 * Opens the file, does `stop` and catches what comes of it, does `change` twice and catches that too, and returns 0. In
 * one straight line: the meter looks at the counter at loop heads and at the entries of functions, so that of what stands
 * here only the host can keep the guest from its next call.
 */
const guest = (stop: string, change: string): string => `(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $set_size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_times" (func $set_times (param i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_allocate" (func $allocate (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $make (param i32 i32 i32) (result i32)))
  (import "tollgate" "kv.get" (func $get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "kept") (data (i32.const 8) "made")
  (data (i32.const 16) "\\00\\00\\00\\00\\02\\00\\00\\00")
  (func (export "run") (result i32) (local $fd i32)
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0)
          (i64.const ${(1 << 8) | (1 << 22) | (1 << 23)}) (i64.const 0) (i32.const 0) (i32.const 32))
      (then (return (i32.const 99))))
    (local.set $fd (i32.load (i32.const 32)))
    ${stop === "" ? "" : `(try (do ${stop}) (catch_all))`}
    (try (do ${change}) (catch_all))
    (try (do ${change}) (catch_all))
    (i32.const 0)))`;
const GRANT: Grant = {
  roots: [{ guestPath: "/w", hostPath: folder, access: "read-write" }],
  hostCalls: ["kv.get"],
  limits: { outputBytes: 1 },
};

/** What ends a run from within a call of the host: `[what, the call, how the run ends]`. */
const STOPS = [
  ["its exit", "(call $exit (i32.const 7))", "exited 7"],
  [
    "too much output",
    "(drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 40)))",
    "output-limit-exceeded",
  ],
  [
    "a host call over its bound",
    "(drop (call $get (i32.const 0) (i32.const 0))) (drop (call $get (i32.const 0) (i32.const 0)))",
    "host-call-limit-exceeded",
  ],
] as const;

/** What changes something outside: `[what, the call, what is outside then]`. The first three act before any charge. */
const CHANGES = [
  ["cut the file", "(drop (call $set_size (local.get $fd) (i64.const 1)))", '"c" of '],
  [
    "lengthen the file",
    "(drop (call $allocate (local.get $fd) (i64.const 0) (i64.const 9)))",
    '"content\\u0000\\u0000" of ',
  ],
  [
    "date the file",
    "(drop (call $set_times (local.get $fd) (i64.const 0) (i64.const 5000000000) (i32.const 4)))",
    '"content" of 5,',
  ],
  ["remove the file", "(drop (call $unlink (i32.const 3) (i32.const 0) (i32.const 4)))", "the file is gone"],
  [
    "make a directory",
    "(drop (call $make (i32.const 3) (i32.const 8) (i32.const 4)))",
    `${UNCHANGED}, 0 asked, a directory`,
  ],
  ["ask the host", "(drop (call $get (i32.const 0) (i32.const 0)))", `${UNCHANGED}, 1 asked`],
] as const;

for (const [what, change, then] of CHANGES) {
  test(`a guest that was not stopped may ${what}`, async () => {
    const ends = ending(await store.go(guest("", change), GRANT));
    assert.is(ends, what === "ask the host" ? "host-call-limit-exceeded" : "exited 0");
    assert.is(outside().slice(0, then.length), then);
  });

  for (const [stopped, stop, ends] of STOPS) {
    test(`a guest that was stopped by ${stopped}, and caught it, cannot ${what} any more`, async () => {
      assert.is(ending(await store.go(guest(stop, change), GRANT)), ends);
      assert.is(outside(), `${UNCHANGED}, ${stopped.startsWith("a host call") ? 1 : 0} asked`);
    });
  }
}

test.run();
