import { performance } from "node:perf_hooks";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_LIMITS } from "../../../src/contract/limits.ts";
import { STANDARD_STREAMS } from "../../../src/contract/permit.ts";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { DATA_AT, Guest, Stopped } from "./guest.ts";

const test = suite("wasi streams, process and clock");
const guest = new Guest();

/** What a call stopped the run with; fails when it did not. */
function stopOf(body: () => unknown): Stopped["reason"] {
  try {
    body();
  } catch (error) {
    if (error instanceof Stopped) return error.reason;
    throw error;
  }
  throw new Error("the run was not stopped");
}

/** One clock subscription at 8192. */
function clockSubscription(clock: number, timeout: bigint, absolute: boolean): number {
  const view = new DataView(guest.memory.buffer);
  for (let i = 0; i < 48; i++) view.setUint8(8192 + i, 0);
  view.setBigUint64(8192, 77n, true);
  view.setUint32(8192 + 16, clock, true);
  view.setBigUint64(8192 + 24, timeout, true);
  view.setUint16(8192 + 40, absolute ? 1 : 0, true);
  return 8192;
}

test("stdin is read to its end, in pieces, and again after the end", () => {
  guest.begin({}, Buffer.from("hello"));
  assert.is(String(guest.read(0, 2)), "he");
  assert.is(String(guest.read(0, 100)), "llo");
  assert.is(String(guest.read(0, 100)), "");
  assert.is(guest.charged, 5);
  assert.is(guest.write(0, "x"), -ERRNO.badf);
  assert.is(guest.call("fd_seek", 0, 0n, 0, 64), ERRNO.spipe);
  guest.host.end();
});

test("stdout and stderr come back as written, nothing of one run in the next", () => {
  guest.begin({});
  for (let i = 0; i < 3000; i++) guest.write(1, `line ${i}\n`);
  guest.write(2, "oops");
  assert.is(guest.read(1), -ERRNO.badf);
  const first = guest.host.end();
  assert.is(Buffer.from(first.stdout).toString().split("\n").length, 3001);
  assert.is(Buffer.from(first.stderr).toString(), "oops");
  guest.begin({});
  guest.write(1, "x");
  assert.equal(guest.host.end(), { stdout: Uint8Array.of(120), stderr: new Uint8Array() });
  assert.ok(Buffer.from(first.stdout).toString().startsWith("line 0\n"), "an earlier answer is not overwritten");
});

test("output up to its limit is taken, a byte more stops the run, also by many vectors", () => {
  guest.begin({ limits: { ...DEFAULT_LIMITS, outputBytes: 10 } });
  assert.is(guest.write(1, "0123456789"), 10);
  assert.equal(
    stopOf(() => guest.write(1, "x")),
    { kind: "output-limit", limit: 10 },
  );
  assert.is(guest.host.end().stdout.length, 10);
  guest.begin({ limits: { ...DEFAULT_LIMITS, outputBytes: 10 } });
  const view = new DataView(guest.memory.buffer);
  for (let i = 0; i < 4; i++) {
    view.setUint32(2048 + i * 8, DATA_AT, true);
    view.setUint32(2052 + i * 8, 4, true);
  }
  assert.is(stopOf(() => guest.call("fd_write", 1, 2048, 4, 64)).kind, "output-limit");
  guest.host.end();
});

test("stderr is cut at 64 KiB, and the guest is not told", () => {
  guest.begin({});
  for (let i = 0; i < 3; i++) assert.is(guest.write(2, "e".repeat(40_000)), 40_000);
  assert.is(guest.host.end().stderr.length, 65_536);
});

test("an exit stops the run with its code", () => {
  guest.begin({});
  assert.equal(
    stopOf(() => guest.call("proc_exit", 7)),
    { kind: "exit", code: 7 },
  );
  assert.equal(
    stopOf(() => guest.call("proc_exit", -1)),
    { kind: "exit", code: 0xffff_ffff },
  );
  assert.is(guest.call("proc_raise", 9), ERRNO.notsup);
  assert.is(guest.call("sched_yield"), 0);
  guest.host.end();
});

test("arguments and environment are exactly what was granted", () => {
  guest.begin({});
  assert.is(guest.call("args_sizes_get", 64, 68), 0);
  assert.equal([guest.u32(64), guest.u32(68)], [0, 0]);
  guest.host.end();
  guest.begin({ args: ["tool", "\u00e9"], env: { A: "1", B: "" } });
  assert.is(guest.call("args_sizes_get", 64, 68), 0);
  assert.equal([guest.u32(64), guest.u32(68)], [2, 8]);
  assert.is(guest.call("args_get", 64, DATA_AT), 0);
  assert.is(guest.bytes(DATA_AT, 8).toString(), "tool\0\u00e9\0");
  assert.equal([guest.u32(64), guest.u32(68)], [DATA_AT, DATA_AT + 5]);
  assert.is(guest.call("environ_sizes_get", 64, 68), 0);
  assert.equal([guest.u32(64), guest.u32(68)], [2, 7]);
  assert.is(guest.call("environ_get", 64, DATA_AT), 0);
  assert.is(guest.bytes(DATA_AT, 7).toString(), "A=1\0B=\0");
  guest.host.end();
});

test("without a grant there is no clock, no timer and no randomness", () => {
  guest.begin({});
  for (const clock of [0, 1, 2, 3, 4, -1]) {
    assert.is(guest.call("clock_time_get", clock, 0n, 64), ERRNO.notcapable);
    assert.is(guest.call("clock_res_get", clock, 64), ERRNO.notcapable);
  }
  assert.is(guest.call("random_get", 64, 8), ERRNO.notcapable);
  for (const absolute of [true, false]) {
    assert.is(guest.call("poll_oneoff", clockSubscription(1, 0n, absolute), 16_384, 1, 64), ERRNO.success);
    assert.is(guest.bytes(16_384 + 8, 2).readUInt16LE(), ERRNO.notcapable, "the event carries the refusal");
  }
  guest.host.end();
});

test("with a grant the clocks tell the time and randomness fills what was asked", () => {
  guest.begin({ clock: true, random: true });
  assert.is(guest.call("clock_time_get", 0, 0n, 64), 0);
  assert.ok(Math.abs(Number(guest.u64(64) / 1_000_000n) - Date.now()) < 60_000);
  assert.is(guest.call("clock_time_get", 1, 0n, 64), 0);
  const earlier = guest.u64(64);
  assert.is(guest.call("clock_time_get", 1, 0n, 64), 0);
  assert.ok(guest.u64(64) >= earlier);
  assert.is(guest.call("clock_time_get", 2, 0n, 64), ERRNO.notsup);
  assert.is(guest.call("clock_time_get", 9, 0n, 64), ERRNO.inval);
  assert.is(guest.call("random_get", DATA_AT, 64), 0);
  assert.is.not(guest.bytes(DATA_AT, 64).toString("hex"), "0".repeat(128));
  guest.host.end();
});

test("a sleep lasts as long as asked, and never beyond the deadline", () => {
  guest.begin({ clock: true });
  let at = performance.now();
  assert.is(guest.call("poll_oneoff", clockSubscription(1, 20_000_000n, false), 16_384, 1, 64), 0);
  assert.ok(performance.now() - at >= 19);
  assert.equal([guest.u32(64), guest.u64(16_384)], [1, 77n]);
  guest.host.end();
  guest.begin({ clock: true }, new Uint8Array(), 30);
  at = performance.now();
  assert.is(guest.call("poll_oneoff", clockSubscription(1, 3_600_000_000_000n, false), 16_384, 1, 64), ERRNO.intr);
  assert.ok(performance.now() - at < 2_000);
  guest.host.end();
});

test("a poll of streams answers at once, and events may lie over the subscriptions", () => {
  guest.begin({}, Buffer.from("abc"));
  const view = new DataView(guest.memory.buffer);
  [0, 1, 9].forEach((fd, i) => {
    const subscription = 8192 + i * 48;
    for (let at = 0; at < 48; at++) view.setUint8(subscription + at, 0);
    view.setBigUint64(subscription, BigInt(100 + i), true);
    view.setUint8(subscription + 8, fd === 1 ? 2 : 1);
    view.setUint32(subscription + 16, fd, true);
  });
  assert.is(guest.call("poll_oneoff", 8192, 8192, 3, 64), 0);
  assert.is(guest.u32(64), 3);
  const events = [0, 1, 2].map((i) => {
    const bytes = guest.bytes(8192 + i * 32, 32);
    return [bytes.readBigUInt64LE(0), bytes.readUInt16LE(8), bytes[10], bytes.readBigUInt64LE(16)];
  });
  assert.equal(events, [
    [100n, 0, 1, 3n],
    [101n, 0, 2, 1n],
    [102n, ERRNO.badf, 1, 0n],
  ]);
  assert.is(guest.call("poll_oneoff", 8192, 8192, 0, 64), ERRNO.inval);
  assert.is(guest.call("poll_oneoff", 8192, 8192, 2000, 64), ERRNO.inval);
  guest.host.end();
});

test("there are no sockets", () => {
  guest.begin({});
  for (const [name, rest] of [
    ["sock_accept", [0, 64]],
    ["sock_recv", [64, 1, 0, 64, 64]],
    ["sock_send", [64, 1, 0, 64]],
    ["sock_shutdown", [3]],
  ] as const) {
    assert.is(guest.call(name, 1, ...rest), ERRNO.notsock, name);
    assert.is(guest.call(name, 50, ...rest), ERRNO.badf, name);
  }
  guest.host.end();
});

test("the streams can be closed and renumbered like any descriptor", () => {
  guest.begin({});
  assert.is(guest.call("fd_renumber", 1, 2), 0);
  assert.is(guest.write(1, "x"), -ERRNO.badf);
  assert.is(guest.write(2, "to stdout"), 9);
  assert.is(guest.call("fd_renumber", 2, 9), ERRNO.badf);
  assert.is(guest.call("fd_close", 0), 0);
  assert.is(guest.read(0), -ERRNO.badf);
  assert.is(Buffer.from(guest.host.end().stdout).toString(), "to stdout");
});

test("a host call that was not granted stops the run by name", () => {
  guest.begin({ hostCalls: ["fd_mode_get"] });
  assert.is(guest.toll("fd_mode_get", 1, 64), ERRNO.badf);
  const reason = stopOf(() => guest.toll("fd_mode_set", 1, 0));
  assert.is(reason.kind, "refused");
  assert.ok(reason.kind === "refused" && reason.message.includes("tollgate.fd_mode_set"));
  guest.host.end();
});

test("a charge that ends the run ends it, and the host takes the next run", () => {
  guest.host.begin({
    authority: {
      roots: [],
      hostCalls: [],
      streams: STANDARD_STREAMS,
      clock: false,
      random: true,
      args: [],
      env: {},
      limits: DEFAULT_LIMITS,
    },
    stdin: Buffer.from("abc"),
    deadline: performance.now() + 1000,
    hooks: {
      memory: () => guest.memory,
      charge: () => {
        throw new Stopped({ kind: "refused", message: "empty" });
      },
      stop: (reason) => {
        throw new Stopped(reason);
      },
    },
  });
  assert.throws(
    () => guest.read(0),
    (error: unknown) => error instanceof Stopped,
  );
  assert.throws(
    () => guest.write(1, "x"),
    (error: unknown) => error instanceof Stopped,
  );
  assert.throws(
    () => guest.call("random_get", 64, 8),
    (error: unknown) => error instanceof Stopped,
  );
  assert.is(guest.host.end().stdout.length, 0, "what was not paid for was not written");
  guest.begin({});
  assert.is(guest.write(1, "ok"), 2);
  guest.host.end();
});

test.after(() => guest.dispose());
test.run();
