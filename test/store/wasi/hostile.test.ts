import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { FILE_CALLS, WASI_FUNCTIONS } from "../../../src/store/wasi/import-names.ts";
import { ALL, CREAT, DATA_AT, Guest, READ, Stopped, scratch, WRITE } from "./guest.ts";

const test = suite("wasi hostile arguments");
const place = scratch();
const root = join(place.path, "root");
mkdirSync(join(root, "d"), { recursive: true });
writeFileSync(join(root, "f"), "x".repeat(100));
writeFileSync(join(place.path, "outside"), "outside");
const guest = new Guest({ maxDescriptors: 16 });
const END = guest.memory.buffer.byteLength;

/** The types of the arguments, as the witx lowers them: i32 unless said. */
const WIDE: Readonly<Record<string, readonly number[]>> = {
  clock_time_get: [1],
  fd_advise: [1, 2],
  fd_allocate: [1, 2],
  fd_fdstat_set_rights: [1, 2],
  fd_filestat_set_size: [1],
  fd_filestat_set_times: [1, 2],
  fd_pread: [3],
  fd_pwrite: [3],
  fd_readdir: [3],
  fd_seek: [1],
  path_filestat_set_times: [4, 5],
  path_open: [5, 6],
};

const begin = (): Guest =>
  guest.begin(
    {
      roots: [{ guestPath: "/w", hostPath: root, access: "read-write" }],
      hostCalls: [...FILE_CALLS],
      clock: true,
      random: true,
      args: ["a"],
      env: { A: "b" },
    },
    Buffer.from("stdin"),
    2,
  );

test("arguments of any kind give an errno or a stop, never a throw, and touch nothing outside", () => {
  const small = fc.integer({ min: 0, max: 8 });
  const edge = fc.constantFrom(-1, -8, END, END - 1, END - 4, END - 8, 0x7fff_ffff, -0x8000_0000, 1024, 2048, 4096);
  const i32 = fc.oneof({ weight: 3, arbitrary: small }, { weight: 2, arbitrary: edge }, fc.integer());
  const i64 = fc.oneof(
    fc.bigInt({ min: 0n, max: 9n }),
    fc.constantFrom(-1n, 1n << 62n, -(1n << 63n), (1n << 53n) - 1n, 1n << 40n),
  );
  const functions = [
    ...[...WASI_FUNCTIONS].map((name) => ["call", name] as const),
    ...[...FILE_CALLS].map((name) => ["toll", name] as const),
  ];
  const one = fc
    .tuple(
      fc.constantFrom(...functions),
      fc.array(i32, { minLength: 9, maxLength: 9 }),
      fc.array(i64, { minLength: 9, maxLength: 9 }),
    )
    .map(([[kind, name], small32, wide64]) => {
      const wide = WIDE[name] ?? [];
      return { kind, name, args: small32.map((value, i) => (wide.includes(i) ? wide64[i]! : value)) };
    });
  const noise = fc.uint8Array({ minLength: 256, maxLength: 256 });
  fc.assert(
    fc.property(fc.array(one, { minLength: 20, maxLength: 40 }), noise, (calls, bytes) => {
      begin();
      guest.put(bytes, 0);
      guest.put("d/../f\0./g/..", 1024);
      guest.put(
        Uint8Array.from({ length: 64 }, (_, i) => bytes[i]! & (i % 4 > 1 ? 0 : 255)),
        2048,
      );
      try {
        for (const { kind, name, args } of calls) {
          try {
            const errno = guest[kind](name, ...args);
            assert.ok(Number.isInteger(errno) && errno >= 0 && errno <= 76, `${name}(${args.join()}) = ${errno}`);
          } catch (error) {
            assert.ok(error instanceof Stopped, `${name}(${args.join()}): ${error}`);
          }
        }
      } finally {
        guest.host.end();
      }
    }),
    { numRuns: 1500 },
  );
  assert.is(readFileSync(join(place.path, "outside"), "utf8"), "outside");
  assert.equal(readdirSync(place.path).sort(), ["outside", "root"]);
});

test("every result that would lie outside of the memory is EFAULT, before anything is done", () => {
  writeFileSync(join(root, "f"), "x");
  begin();
  const out = END - 3;
  const path = guest.put("made");
  assert.is(guest.call("path_open", 3, 0, ...path, CREAT, WRITE, ALL, 0, out), ERRNO.fault);
  assert.not.ok(existsSync(join(root, "made")));
  const fd = guest.open("f", { rights: READ | WRITE });
  for (const [name, ...args] of [
    ["fd_read", fd, 2048, 1, out],
    ["fd_read", fd, END - 4, 1, 64],
    ["fd_filestat_get", fd, END - 63],
    ["fd_fdstat_get", fd, END - 23],
    ["fd_tell", fd, END - 7],
    ["fd_prestat_get", 3, END - 7],
    ["fd_prestat_dir_name", 3, END - 1, 2],
    ["fd_readdir", 3, END - 10, 11, 0n, 64],
    ["fd_readdir", 3, 64, 100, 0n, out],
    ["path_filestat_get", 3, 0, ...guest.put("f"), END - 63],
    ["path_readlink", 3, ...guest.put("f"), END - 1, 2, 64],
    ["path_unlink_file", 3, END - 1, 2],
    ["path_unlink_file", 3, -1, 2],
    ["random_get", END - 1, 2],
    ["random_get", 0, -1],
    ["args_get", END - 3, 64],
    ["environ_sizes_get", 64, out],
    ["clock_time_get", 0, 0n, END - 7],
    ["poll_oneoff", END - 47, 64, 1, 64],
    ["poll_oneoff", 64, END - 31, 1, 64],
  ] as [string, ...(number | bigint)[]][]) {
    assert.is(guest.call(name, ...args), ERRNO.fault, `${name} ${args.join()}`);
  }
  guest.vector(END - 1, 2);
  assert.is(guest.call("fd_read", fd, 2048, 1, 64), ERRNO.fault);
  guest.vector(0, -1);
  assert.is(guest.call("fd_write", fd, 2048, 1, 64), ERRNO.fault);
  assert.is(guest.call("fd_read", fd, 2048, 1025, 64), ERRNO.inval, "too many vectors");
  assert.is(guest.call("path_unlink_file", 3, 0, 5000), ERRNO.nametoolong);
  guest.host.end();
});

test("a read that overwrites its own vectors stays in the memory, and pays for what it read", () => {
  writeFileSync(join(root, "vectors"), Buffer.alloc(64, 0xff));
  begin();
  const fd = guest.open("vectors");
  const view = new DataView(guest.memory.buffer);
  // the first vector lies over the second
  view.setUint32(2048, 2056, true);
  view.setUint32(2052, 8, true);
  view.setUint32(2056, DATA_AT, true);
  view.setUint32(2060, 8, true);
  const before = guest.charged;
  assert.is(guest.call("fd_read", fd, 2048, 2, 64), 0);
  assert.is(guest.u32(64), 8, "what the first vector took");
  assert.is(guest.charged - before, 8);
  guest.host.end();
});

test("memory that grows between calls is seen, and memory that is missing is EFAULT", () => {
  begin();
  assert.is(guest.call("clock_time_get", 0, 0n, END), ERRNO.fault);
  guest.memory.grow(1);
  assert.is(guest.call("clock_time_get", 0, 0n, END), 0);
  guest.host.end();
  guest.host.begin({
    authority: {
      roots: [],
      hostCalls: [],
      streams: [],
      clock: true,
      random: true,
      args: [],
      env: {},
      limits: { fuel: 1, memoryBytes: 1, deadlineMs: 1, outputBytes: 1 },
    },
    stdin: new Uint8Array(),
    deadline: 0,
    hooks: {
      memory: () => undefined,
      charge() {},
      stop: (reason) => {
        throw new Stopped(reason);
      },
    },
  });
  assert.is(guest.call("clock_time_get", 0, 0n, 0), ERRNO.fault);
  assert.is(guest.call("random_get", 0, 0), ERRNO.fault);
  guest.host.end();
});

test("descriptors are bounded, and given back", () => {
  writeFileSync(join(root, "f"), "x");
  begin();
  const opened: number[] = [];
  for (;;) {
    const fd = guest.open("f");
    if (fd < 0) {
      assert.is(fd, -ERRNO.mfile);
      break;
    }
    opened.push(fd);
  }
  assert.is(opened.length, 12);
  assert.is(guest.call("fd_close", opened[3]!), 0);
  assert.is(guest.open("f"), opened[3]);
  guest.host.end();
});

test("rights can be given up and not be taken back", () => {
  begin();
  const fd = guest.open("f", { rights: READ | WRITE });
  assert.is(guest.call("fd_fdstat_set_rights", fd, 1n << 1n, 0n), 0);
  assert.is(guest.write(fd, "x"), -ERRNO.badf);
  assert.is(guest.call("fd_fdstat_set_rights", fd, (1n << 1n) | WRITE, 0n), ERRNO.notcapable);
  assert.is(guest.call("fd_fdstat_set_rights", fd, -1n, 0n), ERRNO.notcapable);
  guest.host.end();
});

test.after(() => {
  guest.dispose();
  place.remove();
});
test.run();
