import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { STANDARD_STREAMS, type StandardStream } from "../../../src/contract/permit.ts";
import { openStore } from "../../../src/store/library.ts";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { ending, wat, workerUrl } from "../test-store.ts";
import { ALL, CREAT, DATA_AT, Guest, scratch, WRITE } from "./guest.ts";

const test = suite("wasi grants");
const guest = new Guest();
const place = scratch();
writeFileSync(join(place.path, "f"), "file");
const roots = [{ guestPath: "/w", hostPath: place.path, access: "read-write" }] as const;

const SUBSETS: readonly StandardStream[][] = [
  [],
  ["stdin"],
  ["stdout"],
  ["stderr"],
  ["stdin", "stderr"],
  [...STANDARD_STREAMS],
];

for (const granted of SUBSETS) {
  test(`of the streams exactly ${granted.join(" and ") || "none"} can be used, and no other function reaches the rest`, () => {
    guest.begin({ streams: granted, roots }, Buffer.from("in"));
    for (const [fd, stream] of STANDARD_STREAMS.entries()) {
      const has = granted.includes(stream);
      const moves = has ? 2 : -ERRNO.badf;
      if (stream === "stdin") assert.equal(guest.read(fd), has ? Buffer.from("in") : -ERRNO.badf);
      else assert.is(guest.write(fd, "xx"), moves, stream);
      for (const [name, ...rest] of [
        ["fd_fdstat_get", 64],
        ["fd_filestat_get", 64],
        ["fd_fdstat_set_rights", 0n, 0n],
        ["fd_renumber", fd],
        ["sock_shutdown", 0],
        ["fd_close"],
      ] as [string, ...(number | bigint)[]][]) {
        const errno = guest.call(name, fd, ...rest);
        assert.is(errno === ERRNO.badf, !has, `${name} of ${stream}: ${errno}`);
      }
    }
    const { stdout, stderr } = guest.host.end();
    assert.is(stdout.length, granted.includes("stdout") ? 2 : 0);
    assert.is(stderr.length, granted.includes("stderr") ? 2 : 0);
  });
}

test("what is opened or renumbered never takes the number of a stream that was not granted", () => {
  guest.begin({ streams: ["stderr"], roots });
  const first = guest.open("made", { oflags: CREAT, rights: WRITE });
  const second = guest.open("f", { rights: ALL & ~(1n << 14n) });
  assert.equal([first, second], [4, 5], "the root is 3");
  assert.is(guest.call("fd_renumber", first, 1), ERRNO.badf);
  assert.is(guest.call("fd_renumber", 1, first), ERRNO.badf);
  assert.is(guest.write(1, "to stdout"), -ERRNO.badf);
  guest.host.end();
  guest.begin({ roots });
  assert.is(guest.write(1, "x"), 1, "the next run has what it was granted");
  guest.host.end();
});

test("without their grants arguments and environment are empty, clocks and randomness refused, and nothing is written", () => {
  guest.begin({});
  const blank = guest.bytes(DATA_AT, 64);
  for (const name of ["args_sizes_get", "environ_sizes_get"]) {
    assert.is(guest.call(name, 64, 68), 0);
    assert.equal([guest.u32(64), guest.u32(68)], [0, 0], name);
  }
  for (const name of ["args_get", "environ_get"]) assert.is(guest.call(name, DATA_AT, DATA_AT + 32), 0);
  for (const clock of [0, 1, 2, 3, 7]) {
    assert.is(guest.call("clock_time_get", clock, 0n, DATA_AT), ERRNO.notcapable);
    assert.is(guest.call("clock_res_get", clock, DATA_AT), ERRNO.notcapable);
  }
  assert.is(guest.call("random_get", DATA_AT, 64), ERRNO.notcapable);
  assert.equal(guest.bytes(DATA_AT, 64), blank);
  assert.is(guest.call("fd_prestat_get", 3, 64), ERRNO.badf, "no root either");
  guest.host.end();
});

test("the library grants the three streams unless told otherwise, and a run without them leaves no output", async () => {
  const store = openStore({ workerUrl, workers: 1 });
  try {
    const loaded = store.load(
      wat(`(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (data (i32.const 0) "\\08\\00\\00\\00\\02\\00\\00\\00hi")
        (func (export "_start")
          (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))`),
    );
    assert.ok(loaded.ok);
    if (!loaded.ok) return;
    for (const [streams, code, length] of [
      [undefined, 0, 2],
      [["stdout"], 0, 2],
      [["stdin", "stderr"], ERRNO.badf, 0],
      [[], ERRNO.badf, 0],
    ] as [StandardStream[] | undefined, number, number][]) {
      const permit = store.permit(loaded.module, streams === undefined ? {} : { streams });
      const outcome = await store.run(permit, { stdin: new Uint8Array(0) });
      assert.is(ending(outcome), `exited ${code}`, String(streams));
      assert.is(outcome.kind === "exited" && outcome.stdout.length, length);
    }
  } finally {
    await store.close();
  }
});

test.after(() => {
  guest.dispose();
  place.remove();
});
test.run();
