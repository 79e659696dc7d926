import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { BROWSE, CREAT, DATA_AT, Guest, READ, Stopped, scratch, TRUNC, WRITE } from "./guest.ts";

const DENIED = ERRNO.notcapable;
const test = suite("wasi directories, special files and scopes");
let place = scratch();
let guest = new Guest();
const windows = process.platform === "win32";

function start(hostPath = place.path, access: "read-only" | "read-write" = "read-write"): void {
  guest = new Guest().begin({
    roots: [{ guestPath: "/w", hostPath, access }],
    hostCalls: ["fd_mode_set", "fd_mode_get", "path_status_get"],
  });
}

test.before.each(() => {
  place = scratch();
});
test.after.each(() => {
  guest.host.end();
  guest.dispose();
  place.remove();
});

test("a listing has `.`, `..` and every entry with its type, through a buffer of any size", () => {
  mkdirSync(join(place.path, "dir"));
  writeFileSync(join(place.path, "file"), "");
  if (!windows) symlinkSync("file", join(place.path, "link"));
  start();
  for (const room of [64, 100, 4096]) {
    const found = guest.list(3, room);
    assert.equal(
      found.slice(0, 2).map(({ name, type }) => [name, type]),
      [
        [".", 3],
        ["..", 3],
      ],
    );
    assert.equal(
      found
        .slice(2)
        .map(({ name, type }) => [name, type])
        .sort(),
      [["dir", 3], ["file", 4], ...(windows ? [] : [["link", 7]])],
    );
  }
});

test("a listing of 20 000 entries is complete, without doubles, in bounded memory, and can step back", () => {
  for (let i = 0; i < 20_000; i++) writeFileSync(join(place.path, `entry-${i}`), "");
  start();
  const found = guest.list(3, 8192);
  assert.is(found.length, 20_002);
  assert.is(new Set(found.map(({ name }) => name)).size, 20_002);
  // back to any cookie, also one that has long passed
  for (const index of [19_999, 100, 10_000, 0, 1]) {
    const { next } = found[index]!;
    assert.is(guest.call("fd_readdir", 3, DATA_AT, 4096, next, 1024), 0);
    const bytes = guest.bytes(DATA_AT, 4096);
    const length = bytes.readUInt32LE(16);
    assert.is(bytes.toString("utf8", 24, 24 + length), found[index + 1]!.name);
  }
  assert.is(guest.call("fd_readdir", 3, DATA_AT, 4096, 1n << 40n, 1024), 0);
  assert.is(guest.u32(), 0, "beyond the end is the end");
  assert.is(guest.call("fd_readdir", 3, DATA_AT, 4096, -1n, 1024), ERRNO.inval);
});

test("entries that are read only to get to a cookie are charged, those that are at hand are not", () => {
  for (let i = 0; i < 1000; i++) writeFileSync(join(place.path, `entry-${i}`), "");
  start();
  const charge = (cookie: bigint): number => {
    const before = guest.charged;
    assert.is(guest.call("fd_readdir", 3, DATA_AT, 0, cookie, 1024), 0);
    return guest.charged - before;
  };
  assert.is(charge(0n), 0);
  const skipped = charge(1n << 40n);
  assert.ok(skipped > 1000 * 24, `all 1000 entries were read: ${skipped}`);
  assert.is(charge(1n << 40n), 0, "the end is known");
  assert.is(charge(0n), 0);
  assert.ok(charge(500n) > 400 * 24);
  assert.is(charge(500n), 0);
});

test("what changed since is seen when the guest starts again at cookie 0", () => {
  start();
  assert.is(guest.list(3).length, 2);
  writeFileSync(join(place.path, "new"), "");
  assert.is(guest.list(3).length, 3);
});

test("names that are not UTF-8 are left out of a listing", () => {
  if (process.platform !== "linux") return;
  writeFileSync(Buffer.concat([Buffer.from(`${place.path}/bad-`), Buffer.of(0xff, 0xfe)]), "");
  symlinkSync(Buffer.concat([Buffer.from("bad-"), Buffer.of(0xff, 0xfe)]), join(place.path, "to-bad"));
  writeFileSync(join(place.path, "good"), "");
  start();
  assert.equal(
    guest
      .list(3)
      .map(({ name }) => name)
      .sort(),
    [".", "..", "good", "to-bad"],
  );
  assert.is(guest.open("to-bad"), -ERRNO.ilseq);
});

test("names that a listing leaves out are counted: before it, in it, after it, and in a directory of any size", () => {
  if (process.platform !== "linux") return;
  const raw = (name: string) => Buffer.concat([Buffer.from(`${place.path}/${name}`), Buffer.of(0xff)]);
  const granted = (hostCalls: string[]) =>
    guest.begin({ roots: [{ guestPath: "/w", hostPath: place.path, access: "read-only" }], hostCalls });
  const counted = () => [guest.toll("fd_unnameable", 3, 1024), guest.u32()];
  writeFileSync(join(place.path, "good"), "");
  granted(["fd_unnameable"]);
  assert.equal(counted(), [0, 0]);
  writeFileSync(raw("a"), "");
  assert.is(guest.list(3).length, 3);
  guest.host.end();
  granted(["fd_unnameable"]);
  assert.equal(counted(), [0, 1]);
  writeFileSync(raw("b"), "");
  assert.is(guest.list(3).length, 3, "the listing that was begun is served whole");
  assert.is(guest.list(3).length, 3);
  assert.equal(counted(), [0, 2], "and one that starts again sees what came");
  const charged = guest.charged;
  assert.equal(counted(), [0, 2]);
  assert.is(guest.charged, charged, "nothing is read twice");
  guest.host.end();

  for (let i = 0; i < 1000; i++) writeFileSync(join(place.path, `f${i}`), "");
  writeFileSync(raw("c"), "");
  granted(["fd_unnameable"]);
  assert.equal(counted(), [0, 3]);
  assert.ok(guest.charged > 24_000, "what is read beside a listing is charged");
  assert.is(guest.list(3).length, 1003);
  assert.is(guest.toll("fd_unnameable", 3, -2), ERRNO.fault);
  assert.is(guest.toll("fd_unnameable", 1, 1024), ERRNO.notdir);
  assert.is(guest.toll("fd_unnameable", 99, 1024), ERRNO.badf);
  guest.host.end();
  granted([]);
  assert.throws(counted, (error: unknown) => error instanceof Stopped && error.reason.kind === "refused");
});

test("FIFOs, sockets and devices are refused at once, however they are opened", async () => {
  if (windows) return;
  execFileSync("mkfifo", [join(place.path, "fifo")]);
  const server = createServer();
  await new Promise<void>((done) => server.listen(join(place.path, "socket"), done));
  symlinkSync("fifo", join(place.path, "to-fifo"));
  start();
  for (const name of ["fifo", "socket", "to-fifo"]) {
    for (const [oflags, rights] of [
      [0, READ],
      [0, WRITE],
      [0, READ | WRITE],
      [CREAT, READ | WRITE],
      [TRUNC, WRITE],
    ] as const) {
      assert.is(guest.open(name, { oflags, rights }), -ERRNO.notsup, `${name} ${oflags} ${rights}`);
    }
    assert.is(guest.stat(name), 0);
    assert.is(guest.bytes(DATA_AT + 16, 1)[0], 0, "its type is unknown");
  }
  await new Promise((done) => server.close(done));
});

test("a root that contains /dev, /proc and /sys works, and none of what they hold can be opened", () => {
  if (process.platform !== "linux") return;
  start("/", "read-only");
  assert.ok(guest.open("etc/passwd") > 0);
  for (const path of ["dev/zero", "dev/null", "dev/tty"]) {
    const errno = -guest.open(path);
    assert.ok(errno === ERRNO.notsup || errno === ERRNO.noent, `${path}: ${errno}`);
  }
  for (const path of [
    "proc/self/mem",
    "proc/self/environ",
    "proc/1/cmdline",
    "proc/self/root/etc/passwd",
    "proc",
    "proc/self/fd",
  ]) {
    assert.is(guest.open(path), -DENIED, path);
  }
  assert.is(guest.open("sys/kernel/mm"), -DENIED);
  assert.is(guest.stat("proc/self/environ"), DENIED);
});

test("a read-only root can be read and in no way changed", () => {
  mkdirSync(join(place.path, "d"));
  writeFileSync(join(place.path, "f"), "text");
  start(place.path, "read-only");
  assert.is(guest.contents("f"), "text");
  const fd = guest.open("f");
  const directory = guest.open("d", { rights: BROWSE });
  for (const [what, errno] of [
    ["write", -guest.open("f", { rights: READ | WRITE })],
    ["create", -guest.open("n", { oflags: CREAT })],
    ["create below", -guest.open("n", { fd: directory, oflags: CREAT })],
    ["truncate", -guest.open("f", { oflags: TRUNC })],
    ["mkdir", guest.onPath("path_create_directory", "n")],
    ["rmdir", guest.onPath("path_remove_directory", "d")],
    ["unlink", guest.onPath("path_unlink_file", "f")],
    ["rename", guest.rename("f", "n")],
    ["link", guest.link("f", "n")],
    ["symlink", guest.symlink("f", "n")],
    ["times", guest.setTimes("f")],
    ["fd times", guest.call("fd_filestat_set_times", fd, 0n, 0n, 5)],
    ["fd times of a directory", guest.call("fd_filestat_set_times", directory, 0n, 0n, 5)],
    ["size", guest.call("fd_filestat_set_size", fd, 0n)],
    ["allocate", guest.call("fd_allocate", fd, 0n, 10n)],
    ["mode", guest.toll("fd_mode_set", fd, 0o777)],
  ] as const) {
    assert.is(errno, ERRNO.rofs, what);
  }
  assert.is(guest.write(fd, "x"), -ERRNO.badf);
  assert.is(guest.toll("path_status_get", 3, ...guest.put("f"), 64), 0);
  assert.is(guest.u32(68), 0, "nothing in it is writable");
});

test("two roots keep their own scopes, also through links from one to the other", () => {
  if (windows) return;
  mkdirSync(join(place.path, "rw"));
  mkdirSync(join(place.path, "ro"));
  writeFileSync(join(place.path, "ro/f"), "text");
  symlinkSync(join(place.path, "ro"), join(place.path, "rw/ro"));
  symlinkSync("../ro", join(place.path, "rw/relative"));
  guest = new Guest().begin({
    roots: [
      { guestPath: "/rw", hostPath: join(place.path, "rw"), access: "read-write" },
      { guestPath: "/ro", hostPath: join(place.path, "ro"), access: "read-only" },
    ],
  });
  assert.is(guest.contents("f", 4), "text");
  assert.is(guest.contents("ro/f"), "text", "an absolute link into a granted root");
  assert.is(guest.open("ro/f", { rights: WRITE }), -ERRNO.rofs);
  assert.is(guest.onPath("path_unlink_file", "ro/f"), ERRNO.rofs);
  assert.is(guest.rename("ro/f", "taken"), ERRNO.rofs);
  assert.is(guest.open("relative/f"), -DENIED, "a relative link that leaves its root");
  assert.is(guest.open("ro/../rw/x"), -DENIED);
});

test("without roots there is no directory at all", () => {
  guest = new Guest().begin({});
  assert.is(guest.open("x"), -ERRNO.badf);
  assert.is(guest.stat("x"), ERRNO.badf);
  assert.is(guest.call("fd_prestat_get", 3, 64), ERRNO.badf);
});

test("an empty grant of rights on a directory is kept by what is opened in it", () => {
  mkdirSync(join(place.path, "d"));
  writeFileSync(join(place.path, "d/f"), "text");
  start();
  const errno = guest.call("path_open", 3, 0, ...guest.put("d"), 2, 1n << 13n, 1n << 1n, 0, 1024);
  assert.is(errno, 0);
  const directory = guest.u32();
  assert.is(guest.contents("f", directory), "text");
  assert.is(guest.open("f", { fd: directory, rights: WRITE }), -DENIED);
  assert.is(guest.open("n", { fd: directory, oflags: CREAT }), -DENIED);
  assert.is(guest.stat("f", 0, directory), DENIED);
});

test.run();
