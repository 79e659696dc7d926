import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { ending, openTestStore } from "../test-store.ts";
import { ALL, BROWSE, Guest, scratch, WRITE } from "./guest.ts";

const test = suite("wasi poll");
const guest = new Guest();
const place = scratch();
writeFileSync(join(place.path, "f"), "0123456789");
const roots = [{ guestPath: "/w", hostPath: place.path, access: "read-write" }] as const;

const AT = 8192;
const EVENTS = 65_536;
const MS = 1_000_000n;
/** The right `poll_fd_readwrite`. */
const POLLED = 1n << 27n;
const REALTIME = 0;
const MONOTONIC = 1;

interface Wanted {
  readonly clock?: number;
  readonly timeout?: bigint;
  readonly flags?: number;
  readonly read?: number;
  readonly write?: number;
  readonly type?: number;
}

/** Lays out the subscriptions, numbered from 100, and polls: the errno, or the events. */
function poll(
  ...wanted: Wanted[]
): number | { id: number; errno: number; type: number; bytes: bigint; flags: number }[] {
  const view = new DataView(guest.memory.buffer);
  new Uint8Array(guest.memory.buffer).fill(0, AT, AT + wanted.length * 48);
  wanted.forEach(({ clock, timeout = 0n, flags = 0, read, write, type }, i) => {
    const at = AT + i * 48;
    view.setBigUint64(at, BigInt(100 + i), true);
    view.setUint8(at + 8, type ?? (read !== undefined ? 1 : write !== undefined ? 2 : 0));
    view.setUint32(at + 16, clock ?? read ?? write ?? 0, true);
    view.setBigUint64(at + 24, BigInt.asUintN(64, timeout), true);
    view.setUint16(at + 40, flags, true);
  });
  const errno = guest.call("poll_oneoff", AT, EVENTS, wanted.length, 64);
  if (errno !== 0) return errno;
  return Array.from({ length: guest.u32(64) }, (_, i) => {
    const event = guest.bytes(EVENTS + i * 32, 32);
    return {
      id: Number(event.readBigUInt64LE(0)),
      errno: event.readUInt16LE(8),
      type: event[10]!,
      bytes: event.readBigUInt64LE(16),
      flags: event.readUInt16LE(24),
    };
  });
}

const ids = (events: ReturnType<typeof poll>): unknown => (Array.isArray(events) ? events.map(({ id }) => id) : events);

function now(clock: number): bigint {
  assert.is(guest.call("clock_time_get", clock, 0n, 128), 0);
  return guest.u64(128);
}

test("of several timers the soonest ends the wait, and all that are due by then are reported", () => {
  guest.begin({ clock: true });
  const began = performance.now();
  const hour = 3_600_000n * MS;
  assert.equal(
    ids(
      poll(
        { clock: MONOTONIC, timeout: hour },
        { clock: REALTIME, timeout: 5n * MS },
        { clock: MONOTONIC, timeout: 5n * MS },
        { clock: MONOTONIC, timeout: now(MONOTONIC) + hour, flags: 1 },
      ),
    ),
    [101, 102],
  );
  assert.ok(performance.now() - began >= 5);
  guest.host.end();
});

test("an absolute time is waited for on its own clock, and one that has passed is due at once", () => {
  guest.begin({ clock: true });
  for (const clock of [REALTIME, MONOTONIC]) {
    const due = now(clock) + 8n * MS;
    assert.equal(ids(poll({ clock, timeout: due, flags: 1 })), [100]);
    // the wall clock follows the system's in steps of less than a millisecond
    assert.ok(now(clock) >= due - MS, "not before it is due");
    const began = performance.now();
    assert.equal(
      ids(poll({ clock, timeout: 0n, flags: 1 }, { clock, timeout: now(clock) - 1n, flags: 1 })),
      [100, 101],
    );
    assert.ok(performance.now() - began < 2_000);
  }
  guest.host.end();
});

test("what is wrong with one subscription is the error of its event; the others stand", () => {
  guest.begin({ clock: true, roots });
  const directory = guest.open(".", { rights: BROWSE });
  const writeOnly = guest.open("f", { rights: WRITE | POLLED });
  const events = poll(
    { clock: 2 },
    { clock: 9 },
    { clock: MONOTONIC, flags: 2 },
    { read: 77 },
    { read: directory },
    { read: writeOnly },
    { write: 0 },
    { write: writeOnly },
    { clock: MONOTONIC, timeout: 3_600_000n * MS },
  );
  assert.equal(Array.isArray(events) && events.map(({ id, errno }) => [id, errno]), [
    [100, ERRNO.notsup],
    [101, ERRNO.inval],
    [102, ERRNO.inval],
    [103, ERRNO.badf],
    [104, ERRNO.badf],
    [105, ERRNO.notcapable],
    [106, ERRNO.notcapable],
    [107, 0],
  ]);
  guest.host.end();
});

test("a file and stdin tell what is left to read, and hang up at their end", () => {
  guest.begin({ roots }, Buffer.from("abc"));
  const fd = guest.open("f", { rights: ALL & ~(1n << 14n) });
  const tell = (): unknown => {
    const events = poll({ read: fd }, { read: 0 }, { write: fd });
    return Array.isArray(events) && events.map(({ bytes, flags }) => [Number(bytes), flags]);
  };
  assert.equal(tell(), [
    [10, 0],
    [3, 0],
    [1, 0],
  ]);
  guest.read(fd);
  guest.read(0);
  assert.equal(tell(), [
    [0, 1],
    [0, 1],
    [1, 0],
  ]);
  guest.call("fd_seek", fd, 1n << 40n, 0, 128);
  assert.equal((tell() as number[][])[0], [0, 1], "beyond the end");
  guest.host.end();
});

test("a descriptor without the right to be polled, or to do what it is polled for, is not capable", () => {
  guest.begin({ roots });
  const READS = 1n << 1n;
  const errnos = (rights: bigint): unknown => {
    const fd = guest.open("f", { rights });
    const events = poll({ read: fd }, { write: fd });
    return Array.isArray(events) && events.map(({ errno }) => errno);
  };
  assert.equal(errnos(POLLED | READS), [0, ERRNO.notcapable]);
  assert.equal(errnos(POLLED | WRITE), [ERRNO.notcapable, 0]);
  assert.equal(errnos(READS | WRITE), [ERRNO.notcapable, ERRNO.notcapable]);
  guest.host.end();
});

test("counts, types and pointers out of bounds are refused before anything is waited for or written", () => {
  guest.begin({ clock: true });
  const end = guest.memory.buffer.byteLength;
  const sleep = { clock: MONOTONIC, timeout: 3_600_000n * MS };
  assert.is(poll(sleep, { type: 3 }), ERRNO.inval);
  assert.is(poll(sleep, { type: 255 }), ERRNO.inval);
  poll({ clock: MONOTONIC, flags: 1 });
  for (const [input, output, count, result, errno] of [
    [AT, EVENTS, 0, 64, ERRNO.inval],
    [AT, EVENTS, 1025, 64, ERRNO.inval],
    [AT, EVENTS, -1, 64, ERRNO.inval],
    [end - 47, EVENTS, 1, 64, ERRNO.fault],
    [-1, EVENTS, 1, 64, ERRNO.fault],
    [AT, end - 31, 1, 64, ERRNO.fault],
    [AT, -32, 1, 64, ERRNO.fault],
    [AT, EVENTS, 1, end - 3, ERRNO.fault],
    [end - 48 * 1023, EVENTS, 1024, 64, ERRNO.fault],
  ] as const) {
    assert.is(guest.call("poll_oneoff", input, output, count, result), errno, `${input} ${output} ${count} ${result}`);
  }
  guest.host.end();
});

test("a poll is charged by its subscriptions", () => {
  guest.begin({ clock: true });
  const before = guest.charged;
  poll(...Array.from({ length: 1024 }, () => ({ clock: MONOTONIC, flags: 1 })));
  assert.is(guest.charged - before, 1024 * 48);
  guest.host.end();
});

/** Sleeps for an hour on the monotonic clock, then exits with the errno. */
const SLEEPER = `(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (call $exit (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))`;

for (const fuel of [1_000_000, 10_000_000_000]) {
  test(`with ${fuel} fuel a sleep ends at the deadline as execution-timeout, and at a cancellation as cancelled, in the same worker`, async () => {
    const store = openTestStore();
    try {
      const grant = { clock: true, limits: { fuel, deadlineMs: 60 } };
      const slept = await store.go(SLEEPER, grant);
      assert.is(ending(slept), "execution-timeout");
      assert.ok(slept.usage.durationMs >= 59 && slept.usage.durationMs < 5_000, String(slept.usage.durationMs));
      const cancel = new AbortController();
      const running = store.go(
        SLEEPER,
        { clock: true, limits: { fuel, deadlineMs: 60_000 } },
        { signal: cancel.signal },
      );
      setTimeout(() => cancel.abort(), 30);
      const cancelled = await running;
      assert.is(ending(cancelled), "cancelled");
      // a worker that has to be replaced reports no time
      assert.ok(cancelled.usage.durationMs > 0 && cancelled.usage.durationMs < 10_000);
      assert.is(store.stats().replaced, 0, "no worker was ended for it");
      assert.is(ending(await store.go(SLEEPER, { limits: { fuel } })), "exited 0", "without the clock nothing sleeps");
    } finally {
      await store.close();
    }
  });
}

test.after(() => {
  guest.dispose();
  place.remove();
});
test.run();
