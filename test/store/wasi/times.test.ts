import { linkSync, lstatSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { ExactTimes, secondsOf } from "../../../src/store/wasi/exact-times.ts";
import { wallClock } from "../../../src/store/wasi/wall-clock.ts";
import { ALL, BROWSE, DATA_AT, FOLLOW, Guest, NO_FOLLOW, scratch } from "./guest.ts";

const test = suite("wasi times");
const guest = new Guest();
const place = scratch();
const POSIX = process.platform !== "win32";
const FILE_RIGHTS = ALL & ~(1n << 14n);

const ATIM = 1;
const ATIM_NOW = 2;
const MTIM = 4;
const MTIM_NOW = 8;
const EXACT = 1_795_628_280_337_584_825n;

const begin = (): Guest => guest.begin({ roots: [{ guestPath: "/w", hostPath: place.path, access: "read-write" }] });
const file = (name: string): string => {
  writeFileSync(join(place.path, name), "x");
  return join(place.path, name);
};
const times = (): [bigint, bigint] => [guest.u64(DATA_AT + 40), guest.u64(DATA_AT + 48)];
const told = (name: string, follow = NO_FOLLOW): [bigint, bigint] => {
  assert.is(guest.stat(name, follow), 0);
  return times();
};
const set = (name: string, atim: bigint, mtim: bigint, flags: number, follow = NO_FOLLOW): number =>
  guest.call("path_filestat_set_times", 3, follow, ...guest.put(name), atim, mtim, flags);

test("a guest is told the nanoseconds that it set, by name and by descriptor, and the disk has the microsecond", () => {
  const path = file("exact");
  begin();
  const fd = guest.open("exact", { rights: FILE_RIGHTS });
  assert.is(set("exact", EXACT, EXACT + 111n, ATIM | MTIM), 0);
  assert.equal(told("exact"), [EXACT, EXACT + 111n]);
  assert.is(guest.call("fd_filestat_get", fd, DATA_AT), 0);
  assert.equal(times(), [EXACT, EXACT + 111n]);
  if (POSIX) assert.is(lstatSync(path, { bigint: true }).mtimeNs, (EXACT / 1000n) * 1000n);
  assert.is(guest.call("fd_filestat_set_times", fd, EXACT - 999n, 0n, ATIM), 0);
  assert.equal(told("exact"), [EXACT - 999n, EXACT + 111n], "the other time stays, to the nanosecond");
  guest.host.end();
  begin();
  if (POSIX) assert.is(told("exact")[1], (EXACT / 1000n) * 1000n, "the next run sees the disk");
  guest.host.end();
});

test("a time that is left alone is told as it was before, whatever the kernel had made it", () => {
  file("kept");
  begin();
  const [atime] = told("kept");
  assert.is(set("kept", 0n, EXACT, MTIM), 0);
  assert.equal(told("kept"), [atime, EXACT]);
  guest.host.end();
});

test("the link itself or what it leads to has the time, as asked", () => {
  file("target");
  symlinkSync("target", join(place.path, "link"));
  begin();
  const [, before] = told("target");
  assert.is(set("link", 0n, EXACT, MTIM), 0);
  assert.is(told("link")[1], EXACT);
  assert.is(told("target")[1], before);
  assert.is(set("link", 0n, EXACT + 7n, MTIM, FOLLOW), 0);
  assert.equal([told("link")[1], told("target")[1], told("link", FOLLOW)[1]], [EXACT, EXACT + 7n, EXACT + 7n]);
  guest.host.end();
});

test("what anybody does to the file afterwards counts: writes, times, names and another file in its place", () => {
  const changes: Record<string, (path: string) => void> = {
    write: (path) => writeFileSync(path, "other"),
    times: (path) => utimesSync(path, 1, 2),
    link: (path) => linkSync(path, `${path}.second`),
    replace: (path) => renameSync(file("fresh"), path),
  };
  for (const [name, change] of Object.entries(changes)) {
    const path = file(name);
    begin();
    assert.is(set(name, EXACT, EXACT, ATIM | MTIM), 0);
    assert.is(told(name)[1], EXACT);
    // the clock that the kernel stamps with moves in steps of up to 10 ms
    const until = Date.now() + 25;
    while (Date.now() < until);
    change(path);
    const disk = lstatSync(path, { bigint: true });
    assert.equal(told(name), [disk.atimeNs, disk.mtimeNs], name);
    guest.host.end();
  }
});

test("what is remembered is never off from the disk by a microsecond, and is bounded", () => {
  const stat = lstatSync(file("stat"), { bigint: true });
  const exact = new ExactTimes();
  const asked = { atimeNs: stat.atimeNs + 5n, mtimeNs: stat.mtimeNs - 5n };
  exact.remember(asked, stat);
  assert.equal(exact.of(stat), asked);
  const later = Object.assign(Object.create(stat), { atimeNs: stat.atimeNs + 1n }) as typeof stat;
  assert.equal(exact.of(later), { atimeNs: stat.atimeNs + 1n, mtimeNs: asked.mtimeNs }, "read since");
  const other = Object.assign(Object.create(stat), { ino: stat.ino + 1n }) as typeof stat;
  assert.is(exact.of(other).mtimeNs, stat.mtimeNs, "another file");
  const changed = Object.assign(Object.create(stat), { ctimeNs: stat.ctimeNs + 1n }) as typeof stat;
  assert.is(exact.of(changed).mtimeNs, stat.mtimeNs, "another change time");
  exact.remember({ atimeNs: stat.atimeNs, mtimeNs: stat.mtimeNs - 1000n }, stat);
  assert.is(exact.of(stat).mtimeNs, stat.mtimeNs, "a microsecond off is not remembered, and what was is forgotten");
  exact.remember(asked, stat);
  for (let i = 1n; i <= 1024n; i++) {
    exact.remember(asked, Object.assign(Object.create(stat), { ino: stat.ino + i }) as typeof stat);
  }
  assert.is(exact.of(stat).mtimeNs, stat.mtimeNs, "the oldest went");
});

test("every whole microsecond arrives on the disk as it was given, before 1970 as well", () => {
  if (!POSIX) return;
  const path = file("whole");
  for (let i = 0n; i < 500n; i++) {
    for (const wanted of [EXACT - (EXACT % 1000n) + i * 1_234_567_000n, -1_000_000_001_000n - i * 777_000n]) {
      utimesSync(path, secondsOf(wanted), secondsOf(wanted));
      assert.is(lstatSync(path, { bigint: true }).mtimeNs, wanted);
    }
  }
});

test("a time before 1970 that is not to be changed is not changed", () => {
  if (!POSIX) return;
  const path = file("old");
  utimesSync(path, "-1000.25", "-2000.5");
  begin();
  assert.is(set("old", 0n, 5_000_000_000n, MTIM), 0);
  assert.is(lstatSync(path).atimeMs, -1_000_250);
  guest.host.end();
});

test("now is the present, flags that contradict each other or do not exist are EINVAL, and change nothing", () => {
  const path = file("now");
  utimesSync(path, 1, 2);
  begin();
  for (const flags of [ATIM | ATIM_NOW, MTIM | MTIM_NOW, 15, 16, 0x8000]) {
    assert.is(set("now", 7n, 7n, flags), ERRNO.inval, String(flags));
  }
  assert.is(lstatSync(path).mtimeMs, 2000);
  assert.is(set("now", 0n, 0n, ATIM_NOW | MTIM_NOW), 0);
  assert.ok(Math.abs(lstatSync(path).mtimeMs - Date.now()) < 60_000);
  assert.is(set("now", 0n, 0n, 0), 0, "nothing asked for, nothing done");
  guest.host.end();
});

test("the wall clock agrees with the system's to the millisecond, at every reading", () => {
  let last = 0n;
  for (let i = 0; i < 20_000; i++) {
    const before = BigInt(Date.now());
    const now = wallClock();
    const after = BigInt(Date.now());
    assert.ok(now / 1_000_000n >= before && now / 1_000_000n <= after, `${before} ${now} ${after}`);
    assert.is(now % 1000n, 0n);
    if (now > last) last = now;
  }
  assert.ok(last > 0n);
});

test("every entry of a directory has its inode, but for the one above, with the right to look at names and not without", () => {
  begin();
  guest.onPath("path_create_directory", "dir");
  for (const name of ["dir/a", "dir/b"]) file(name);
  symlinkSync("../kept", join(place.path, "dir/link"));
  const listed = (rights: bigint): Record<string, [bigint, number]> => {
    const fd = guest.open("dir", { rights });
    assert.is(guest.call("fd_readdir", fd, DATA_AT, 4096, 0n, 64), 0);
    const bytes = guest.bytes(DATA_AT, guest.u32(64));
    const found: Record<string, [bigint, number]> = {};
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.readUInt32LE(at + 16);
      found[bytes.toString("utf8", at + 24, at + 24 + length)] = [bytes.readBigUInt64LE(at + 8), bytes[at + 20]!];
      at += 24 + length;
    }
    return found;
  };
  const types = { ".": 3, "..": 3, a: 4, b: 4, link: 7 };
  const entries = (inode: (name: string) => bigint): Record<string, [bigint, number]> =>
    Object.fromEntries(Object.entries(types).map(([name, type]) => [name, [inode(name), type]]));
  const inode = (name: string): bigint =>
    name === ".." ? 0n : lstatSync(join(place.path, "dir", name), { bigint: true }).ino;
  assert.equal(listed(BROWSE), entries(inode));
  assert.equal(
    listed(BROWSE & ~(1n << 18n)),
    entries(() => 0n),
  );
  guest.host.end();
});

test.after(() => {
  guest.dispose();
  place.remove();
});
test.run();
