import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { foldName, Protection } from "../../../src/store/wasi/protection.ts";
import { ALL, BROWSE, CREAT, Guest, READ, scratch, TRUNC, WRITE } from "./guest.ts";

const DENIED = ERRNO.notcapable;
const test = suite("wasi protection");
let place = scratch();
let guest = new Guest();
const skip = process.platform === "win32";

function start(containment: "descriptors" | "paths"): void {
  place.remove();
  guest.dispose();
  place = scratch();
  mkdirSync(join(place.path, "var/state/keys"), { recursive: true });
  mkdirSync(join(place.path, "policy"));
  mkdirSync(join(place.path, "free"));
  writeFileSync(join(place.path, "var/state/keys/host.key"), "secret");
  writeFileSync(join(place.path, "policy/default.cedar"), "permit");
  writeFileSync(join(place.path, "config.json"), "{}");
  writeFileSync(join(place.path, "tollgate.json"), "{}");
  writeFileSync(join(place.path, "free/f"), "free");
  symlinkSync("../var/state", join(place.path, "free/to-state"));
  symlinkSync("../config.json", join(place.path, "free/to-config"));
  symlinkSync("../tollgate.json", join(place.path, "free/to-tollgate"));
  linkSync(join(place.path, "config.json"), join(place.path, "free/config-twin"));
  guest = new Guest({
    containment,
    protectedPaths: [
      { hostPath: join(place.path, "var/state"), access: "none" },
      { hostPath: join(place.path, "later/state"), access: "none" },
      { hostPath: join(place.path, "policy"), access: "read-only" },
      { hostPath: join(place.path, "config.json"), access: "read-only" },
    ],
    protectedNames: ["tollgate.json"],
  }).begin({ roots: [{ guestPath: "/w", hostPath: place.path, access: "read-write" }] });
}

function both(name: string, body: () => void): void {
  for (const containment of ["descriptors", "paths"] as const) {
    test(`${name} (${containment})`, () => {
      if (skip || (containment === "descriptors" && process.platform !== "linux")) return;
      start(containment);
      try {
        body();
      } finally {
        guest.host.end();
      }
    });
  }
}

/** Every way to change what is at a path. */
function changes(path: string): [string, number][] {
  return [
    ["open to write", -guest.open(path, { rights: READ | WRITE })],
    ["truncate", -guest.open(path, { oflags: TRUNC, rights: READ })],
    ["create", -guest.open(path, { oflags: CREAT, rights: WRITE })],
    ["unlink", guest.onPath("path_unlink_file", path)],
    ["rename away", guest.rename(path, "free/taken")],
    ["rename over", guest.rename("free/f", path)],
    ["hard link", guest.link(path, "free/taken")],
    ["set times", guest.setTimes(path)],
    ["symlink", guest.symlink("free/f", path)],
  ];
}

both("nothing in a directory with access none can be opened, seen, listed or changed", () => {
  for (const path of ["var/state", "free/to-state", "free/../var/state"]) {
    assert.is(guest.open(path), -DENIED, path);
    assert.is(guest.open(path, { oflags: 2 }), -DENIED, path);
    assert.is(guest.stat(path), DENIED, path);
    for (const below of ["keys/host.key", "keys", "new", "keys/../keys/host.key"]) {
      assert.is(guest.open(`${path}/${below}`), -DENIED, `${path}/${below}`);
      assert.is(guest.stat(`${path}/${below}`), DENIED, `${path}/${below}`);
      for (const [what, errno] of changes(`${path}/${below}`)) assert.is(errno, DENIED, `${what} ${path}/${below}`);
    }
  }
  assert.is(readFileSync(join(place.path, "var/state/keys/host.key"), "utf8"), "secret");
});

both("a protected thing and every directory above it can neither be renamed, replaced nor removed", () => {
  for (const path of ["var", "var/state", "policy", "config.json", "tollgate.json", "TollGate.JSON"]) {
    assert.is(guest.rename(path, "free/taken"), DENIED, `rename ${path}`);
    assert.is(guest.rename("free", path), DENIED, `rename over ${path}`);
    assert.is(guest.onPath("path_remove_directory", path), DENIED, `rmdir ${path}`);
    assert.is(guest.onPath("path_unlink_file", path), DENIED, `unlink ${path}`);
    assert.is(guest.onPath("path_create_directory", `${path}`) === 0, false, `mkdir ${path}`);
  }
  // where directories are held by path, one with links in it stays where it is
  for (const link of ["to-state", "to-config", "to-tollgate"]) unlinkSync(join(place.path, "free", link));
  assert.is(guest.rename("free", "renamed"), 0, "what is not above anything protected can be");
});

both("read-only things can be read, and in no way changed", () => {
  assert.is(guest.contents("policy/default.cedar"), "permit");
  assert.is(guest.contents("config.json"), "{}");
  assert.is(guest.contents("free/to-config"), "{}");
  assert.is(guest.stat("policy/default.cedar"), 0);
  assert.equal(
    guest
      .list(guest.open("policy", { rights: BROWSE }))
      .map(({ name }) => name)
      .sort(),
    [".", "..", "default.cedar"],
  );
  for (const path of ["policy/default.cedar", "config.json"]) {
    for (const [what, errno] of changes(path)) {
      assert.ok(errno === DENIED || errno === ERRNO.rofs, `${what} ${path}: ${errno}`);
    }
    const fd = guest.open(path);
    assert.is(guest.call("fd_filestat_set_times", fd, 0n, 0n, 5), ERRNO.rofs, path);
    assert.is(guest.call("fd_filestat_set_size", fd, 0n), ERRNO.rofs, path);
  }
  const policy = guest.open("policy", { rights: BROWSE });
  assert.is(guest.open("new", { fd: policy, oflags: CREAT, rights: WRITE }), -ERRNO.rofs);
  assert.is(guest.open("policy/new", { oflags: CREAT, rights: WRITE }), -ERRNO.rofs);
  assert.is(guest.onPath("path_create_directory", "policy/new"), ERRNO.rofs);
});

both("a second name of a protected file is as protected as the first", () => {
  assert.is(guest.contents("free/config-twin"), "{}");
  assert.is(guest.open("free/config-twin", { rights: READ | WRITE }), -DENIED);
  assert.is(guest.open("free/config-twin", { oflags: TRUNC, rights: WRITE }), -DENIED);
  assert.is(guest.open("free/to-config", { rights: READ | WRITE }), -DENIED);
  assert.is(guest.link("free/config-twin", "free/triplet"), DENIED);
  assert.is(readFileSync(join(place.path, "config.json"), "utf8"), "{}");
});

both("what is protected but not there yet cannot be made", () => {
  assert.is(guest.onPath("path_create_directory", "later"), DENIED);
  assert.is(guest.rename("free", "later"), DENIED);
  assert.is(guest.symlink("free", "later"), DENIED);
  assert.is(guest.open("later", { oflags: CREAT, rights: WRITE }), -DENIED);
  assert.not.ok(existsSync(join(place.path, "later")));
});

both("what is made or replaced later is protected from the next run on, and by its name at once", () => {
  mkdirSync(join(place.path, "later/state"), { recursive: true });
  writeFileSync(join(place.path, "later/state/key"), "secret");
  writeFileSync(join(place.path, "config.new"), "new");
  renameSync(join(place.path, "config.new"), join(place.path, "config.json"));
  assert.is(guest.open("later/state/key"), -DENIED);
  assert.is(guest.open("config.json", { rights: WRITE }), -DENIED);
  guest.host.end();
  linkSync(join(place.path, "config.json"), join(place.path, "free/second"));
  guest.begin({ roots: [{ guestPath: "/w", hostPath: place.path, access: "read-write" }] });
  assert.is(guest.open("later/state/key"), -DENIED);
  assert.is(guest.rename("later", "free/taken"), DENIED);
  assert.is(guest.open("free/second", { rights: WRITE }), -DENIED);
  assert.is(guest.onPath("path_create_directory", "later/other"), 0, "its directory is as free as any other now");
});

both("a reserved name can be read and is otherwise out of reach, in every directory and every spelling", () => {
  assert.is(guest.contents("tollgate.json"), "{}");
  for (const name of [
    "tollgate.json",
    "TOLLGATE.json",
    "free/tollgate.json",
    "free/Tollgate.Json",
    "free/tollgate.j\u017fon",
  ]) {
    for (const [what, errno] of changes(name)) {
      assert.ok(errno === DENIED || errno === ERRNO.noent, `${what} ${name}: ${errno}`);
    }
    assert.is(guest.onPath("path_create_directory", name), DENIED, name);
  }
  assert.is(guest.open("free/to-tollgate", { rights: READ | WRITE }), -DENIED, "through a link");
  assert.is(guest.call("fd_filestat_set_times", guest.open("tollgate.json"), 0n, 0n, 5), ERRNO.rofs);
  assert.not.ok(existsSync(join(place.path, "free/tollgate.json")));
});

both("everything beside what is protected works as if nothing were", () => {
  const fd = guest.open("free/new", { oflags: CREAT, rights: ALL });
  assert.is(guest.write(fd, "x"), 1);
  assert.is(guest.onPath("path_create_directory", "var/cache"), 0);
  assert.is(guest.rename("free/new", "var/cache/new"), 0);
  assert.is(guest.onPath("path_unlink_file", "var/cache/new"), 0);
  assert.is(guest.onPath("path_remove_directory", "var/cache"), 0);
});

test("a root that lies in a protected directory is not given, or only to read", () => {
  if (skip) return;
  start("paths");
  guest.host.end();
  const authority = (path: string) => ({
    roots: [{ guestPath: "/w", hostPath: join(place.path, path), access: "read-write" as const }],
  });
  assert.throws(() => guest.begin(authority("var/state/keys")), /protected/);
  guest.begin(authority("policy"));
  assert.is(guest.open("default.cedar", { rights: WRITE }), -ERRNO.rofs);
  guest.host.end();
});

test("names that a file system may take for one another fold to the same", () => {
  const same = [
    "tollgate.json",
    "TOLLGATE.JSON",
    "toll\u200dgate.json",
    "tollgate.j\u017fon",
    "tollgate.json.",
    "tollgate.json ",
  ];
  for (const name of same) assert.is(foldName(name), "tollgate.json", JSON.stringify(name));
  assert.is.not(foldName("tollgate.jsonx"), "tollgate.json");
  assert.is(foldName("caf\u00e9"), foldName("CAFE\u0301"));
});

test.after(() => {
  guest.dispose();
  place.remove();
});
test("a file that gets the inode of one that was removed from a protected directory is not taken for it", () => {
  const place = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-protection-")));
  try {
    mkdirSync(join(place, "state"));
    writeFileSync(join(place, "state/key"), "");
    linkSync(join(place, "state/key"), join(place, "link"));
    const protection = new Protection([{ hostPath: join(place, "state"), access: "none" }], []);
    const known = lstatSync(join(place, "link"));
    assert.is(protection.ofFound(known), "none", "a hard link that was made before leads to the file");
    const later = { dev: known.dev, ino: known.ino, birthtimeMs: Date.now() + 1000, isDirectory: () => false };
    assert.is(protection.ofFound(later), undefined);
    assert.is(protection.ofFound({ ...later, birthtimeMs: 0, isDirectory: () => true }), undefined);
    assert.is(protection.ofFound({ ...later, birthtimeMs: 0 }), "none", "where the time is not told, doubt refuses");
    assert.is(protection.ofFound(lstatSync(join(place, "state"))), "none");
  } finally {
    rmSync(place, { recursive: true });
  }
});

test.run();
