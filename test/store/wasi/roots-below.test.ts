import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RootGrant } from "../../../src/contract/permit.ts";
import { descriptorsAreNameable } from "../../../src/store/wasi/containment.ts";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { ALL, CREAT, Guest, READ, scratch, WRITE } from "./guest.ts";

const KINDS = descriptorsAreNameable() ? (["descriptors", "paths"] as const) : (["paths"] as const);
for (const containment of KINDS) {
  const test = suite(`wasi roots below a root, by ${containment}`);
  const place = scratch();
  const outer = join(place.path, "outer");
  const outside = join(place.path, "outside");
  for (const directory of ["a/b", "c", "kept"]) mkdirSync(join(outer, directory), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, "f"), "outside");
  writeFileSync(join(outer, "a/b/f"), "inside");
  writeFileSync(join(outer, "f"), "beside");
  symlinkSync(outside, join(outer, "out"));
  symlinkSync("a", join(outer, "link"));
  const guest = new Guest({
    containment,
    protectedPaths: [
      { hostPath: join(outer, "kept"), access: "read-only" },
      { hostPath: join(outer, "c/state"), access: "none" },
    ],
  });
  const below = (path: string, access: RootGrant["access"] = "read-write"): RootGrant => ({
    guestPath: `/w/${path}`,
    hostPath: `${outer}/${path}`,
    access,
    inside: outer,
  });
  const begin = (...roots: RootGrant[]) => guest.begin({ roots });

  test("is what it names: the guest finds its files, and nothing beside or above it", () => {
    begin(below("a/b"));
    const fd = guest.open("f", { rights: READ });
    assert.equal(guest.read(fd), Buffer.from("inside"));
    for (const path of ["../f", "../../f", "/w/f"]) assert.ok(guest.open(path, { rights: READ }) < 0, path);
    guest.host.end();
  });
  test("is read-only where it was granted so", () => {
    begin(below("a/b", "read-only"));
    assert.ok(guest.open("new", { oflags: CREAT, rights: WRITE }) < 0);
    guest.host.end();
  });
  for (const path of ["out", "link/b", "link", "missing", "f", "a/../a", "a//b", "../outside"]) {
    test(`${path} is refused: no link is followed to it, and it must be a directory in normal form`, () => {
      assert.throws(() => begin(below(path)));
      begin(below("a"));
      guest.host.end();
    });
  }
  test("a grant that is not below its root is refused", () => {
    assert.throws(() => begin({ ...below("a"), hostPath: outside }), /is not inside/);
    assert.throws(() => begin({ ...below("a"), hostPath: `${outer}-old/a` }), /is not inside/);
  });
  test("a directory that was replaced by a link leads nowhere, and one that was made anew is the new one", () => {
    mkdirSync(join(outer, "swapped"));
    begin(below("swapped"));
    guest.host.end();
    renameSync(join(outer, "swapped"), join(outer, "gone"));
    symlinkSync(outside, join(outer, "swapped"));
    assert.throws(() => begin(below("swapped")));
    rmSync(join(outer, "swapped"));
    mkdirSync(join(outer, "swapped"));
    begin(below("swapped"));
    const fd = guest.open("made", { oflags: CREAT, rights: WRITE });
    assert.ok(fd >= 0, String(fd));
    guest.host.end();
    begin(below("swapped"));
    assert.ok(guest.open("made", { rights: READ }) >= 0);
    guest.host.end();
  });
  test("what is protected stays so: out of reach, or read-only, also as a root and as a part of one", () => {
    mkdirSync(join(outer, "c/state"), { recursive: true });
    begin(below("c"));
    assert.ok(guest.open("state", { oflags: 2, rights: ALL & ~WRITE }) < 0);
    guest.host.end();
    assert.throws(() => begin(below("c/state")), /protected/);
    begin(below("kept"));
    assert.ok(guest.open("new", { oflags: CREAT, rights: WRITE }) < 0);
    guest.host.end();
  });
  test("many runs leave no descriptor open", () => {
    const open = () => (containment === "descriptors" ? readdirSync("/proc/self/fd").length : 0);
    const run = (i: number) => {
      begin(below("a/b"), below("a"), { guestPath: "/w", hostPath: outer, access: "read-only" });
      guest.host.end();
      if (i % 3 === 0) assert.throws(() => begin(below("a"), below("missing")));
    };
    run(0); // what the first run opens for good is not counted
    const before = open();
    for (let i = 0; i < 100; i++) run(i);
    assert.ok(open() < before + 10, "a descriptor is left by runs");
    begin(below("a/b"));
    assert.is(guest.open("nothing", { rights: READ }), -ERRNO.noent);
    guest.host.end();
  });
  test.run();
}
