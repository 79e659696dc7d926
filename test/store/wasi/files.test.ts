import { chmodSync, existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { WASI_FUNCTIONS } from "../../../src/store/wasi/import-names.ts";
import { ALL, CREAT, DATA_AT, EXCL, Guest, READ, scratch, TRUNC, WRITE } from "./guest.ts";

const test = suite("wasi files");
let root = scratch();
let guest = new Guest();

test.before.each(() => {
  root = scratch();
  guest = new Guest().begin({ roots: [{ guestPath: "/w", hostPath: root.path, access: "read-write" }] });
});
test.after.each(() => {
  guest.host.end();
  guest.dispose();
  root.remove();
});

test("the host has all 46 functions of preview1 and no other", () => {
  const names = Object.keys(guest.host.imports.wasi_snapshot_preview1).sort();
  assert.is(names.length, 46);
  assert.equal(names, [...WASI_FUNCTIONS].sort());
});

test("a root is announced by its guest path", () => {
  assert.is(guest.call("fd_prestat_get", 3, 64), 0);
  assert.equal([guest.u32(64), guest.u32(68)], [0, 2]);
  assert.is(guest.call("fd_prestat_dir_name", 3, 64, 1), 37);
  assert.is(guest.call("fd_prestat_dir_name", 3, 64, 2), 0);
  assert.is(guest.bytes(64, 2).toString(), "/w");
  assert.is(guest.call("fd_prestat_get", 4, 64), 8);
});

test("a file that is written is there, and reads back", () => {
  const fd = guest.open("new.txt", { oflags: CREAT | EXCL, rights: ALL });
  assert.is(guest.write(fd, "hello"), 5);
  assert.is(guest.call("fd_seek", fd, -4n, 2, 64), 0);
  assert.is(guest.u64(64), 1n);
  assert.is(String(guest.read(fd)), "ello");
  assert.is(guest.call("fd_tell", fd, 64), 0);
  assert.is(guest.u64(64), 5n);
  assert.is(guest.call("fd_sync", fd), 0);
  assert.is(guest.call("fd_datasync", fd), 0);
  assert.is(guest.call("fd_close", fd), 0);
  assert.is(guest.call("fd_close", fd), 8);
  assert.is(readFileSync(join(root.path, "new.txt"), "utf8"), "hello");
  assert.is(guest.open("new.txt", { oflags: CREAT | EXCL, rights: WRITE }), -20);
});

test("truncation, appending and positioned writes do what they say", () => {
  writeFileSync(join(root.path, "f"), "old content");
  let fd = guest.open("f", { oflags: TRUNC, rights: WRITE | READ });
  assert.is(readFileSync(join(root.path, "f"), "utf8"), "");
  guest.write(fd, "abcdef");
  guest.put("XY", DATA_AT);
  assert.is(guest.call("fd_pwrite", fd, ...guest.vector(DATA_AT, 2), 1n, 64), 0);
  assert.is(readFileSync(join(root.path, "f"), "utf8"), "aXYdef");
  guest.call("fd_close", fd);
  fd = guest.open("f", { rights: ALL });
  assert.is(guest.call("fd_fdstat_set_flags", fd, 1), 0, "append is switched on");
  assert.is(guest.write(fd, "!"), 1);
  assert.is(readFileSync(join(root.path, "f"), "utf8"), "aXYdef!");
  assert.is(guest.call("fd_fdstat_set_flags", fd, 0), 0, "and off");
  assert.is(guest.call("fd_seek", fd, 0n, 0, 64), 0);
  assert.is(guest.write(fd, "Z"), 1);
  assert.is(guest.call("fd_filestat_set_size", fd, 3n), 0);
  assert.is(readFileSync(join(root.path, "f"), "utf8"), "ZXY");
  assert.is(guest.call("fd_allocate", fd, 0n, 10n), 0);
  assert.is(statSync(join(root.path, "f")).size, 10);
});

test("directories are made, renamed and removed; a directory can be synced", () => {
  assert.is(guest.onPath("path_create_directory", "d"), 0);
  assert.is(guest.onPath("path_create_directory", "d/e/"), 0);
  assert.is(guest.onPath("path_create_directory", "d"), 20);
  assert.is(guest.onPath("path_remove_directory", "d"), 55);
  assert.is(guest.onPath("path_unlink_file", "d"), 31);
  assert.is(guest.rename("d/e", "moved"), 0);
  assert.ok(existsSync(join(root.path, "moved")));
  assert.is(guest.call("fd_sync", 3), 0);
  assert.is(guest.onPath("path_remove_directory", "moved/"), 0);
  assert.is(guest.onPath("path_remove_directory", "."), 28);
});

test("links are made, read and removed without being followed", () => {
  writeFileSync(join(root.path, "f"), "x");
  assert.is(guest.symlink("f", "s"), 0);
  assert.is(readlinkSync(join(root.path, "s")), "f");
  assert.is(guest.readlink("s"), "f");
  assert.is(guest.contents("s"), "x");
  assert.is(guest.link("f", "h"), 0);
  assert.is(statSync(join(root.path, "h")).ino, statSync(join(root.path, "f")).ino);
  assert.is(guest.onPath("path_unlink_file", "s"), 0);
  assert.ok(existsSync(join(root.path, "f")));
});

test("stat tells size, type and times; times can be set", () => {
  writeFileSync(join(root.path, "f"), "12345");
  assert.is(guest.setTimes("f"), 0);
  assert.is(guest.stat("f"), 0);
  assert.is(guest.u64(DATA_AT + 32), 5n);
  assert.is(guest.bytes(DATA_AT + 16, 1)[0], 4);
  assert.is(guest.u64(DATA_AT + 40), 1_000_000_000n);
  assert.is(guest.u64(DATA_AT + 48), 2_000_000_000n);
  assert.is(guest.stat("missing"), 44);
  assert.is(guest.stat("f/"), 54);
});

test("mode bits survive a round trip through the host calls", () => {
  guest.host.end();
  guest.begin({
    roots: [{ guestPath: "/w", hostPath: root.path, access: "read-write" }],
    hostCalls: ["fd_mode_get", "fd_mode_set", "path_status_get"],
  });
  mkdirSync(join(root.path, "d"));
  writeFileSync(join(root.path, "d/f"), "x");
  chmodSync(join(root.path, "d/f"), 0o640);
  const fd = guest.open("d/f", { rights: READ | WRITE });
  assert.is(guest.toll("fd_mode_get", fd, 64), 0);
  assert.is(guest.u32(64), 0o640);
  assert.is(guest.toll("fd_mode_set", fd, 0o4755), 0, "set-user-id is never set");
  assert.is(statSync(join(root.path, "d/f")).mode & 0o7777, 0o755);
  assert.is(guest.toll("path_status_get", 3, ...guest.put("d/f"), 64), 0);
  assert.is(guest.u32(64), 0o755);
  assert.is(guest.u32(68), 1);
  assert.is(guest.u64(72), statSync(join(root.path, "d/f"), { bigint: true }).birthtimeNs);
});

test("the flags that synchronize writes stay as they were opened, append and nonblock come and go", () => {
  const DSYNC = 2;
  const SYNC = 16;
  const flagsOf = (fd: number): number => {
    assert.is(guest.call("fd_fdstat_get", fd, 64), 0);
    return guest.bytes(66, 2).readUInt16LE();
  };
  const fd = guest.open("flags", { oflags: CREAT, rights: READ | WRITE | (1n << 3n), flags: SYNC });
  assert.is(flagsOf(fd), SYNC);
  assert.is(guest.call("fd_fdstat_set_flags", fd, SYNC | 1), 0, "naming it again is no change");
  assert.is(flagsOf(fd), SYNC | 1);
  assert.is(guest.call("fd_fdstat_set_flags", fd, 4), 0, "nor is leaving it out");
  assert.is(flagsOf(fd), SYNC | 4);
  assert.is(guest.call("fd_fdstat_set_flags", fd, SYNC | DSYNC), ERRNO.notsup);
  assert.is(guest.call("fd_fdstat_set_flags", fd, 32), ERRNO.notsup);
  assert.is(flagsOf(fd), SYNC | 4, "what is refused changes nothing");
});

test.run();
