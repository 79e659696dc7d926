import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { descriptorContainment } from "../../../src/store/wasi/containment.ts";
import { ERRNO } from "../../../src/store/wasi/errno.ts";
import { HeldDirectories } from "../../../src/store/wasi/held-directories.ts";
import { CREAT, Guest, scratch, WRITE } from "./guest.ts";

const test = suite("wasi held directories");
const LINUX = process.platform === "linux";
let place = scratch();
let root = "";
let guest = new Guest();

test.before.each(() => {
  place.remove();
  place = scratch();
  root = join(place.path, "root");
  mkdirSync(join(root, "a/b/c"), { recursive: true });
  mkdirSync(join(place.path, "out"));
  writeFileSync(join(root, "a/b/c/f"), "inside");
  writeFileSync(join(place.path, "out/f"), "outside");
  guest = new Guest().begin({ roots: [{ guestPath: "/w", hostPath: root, access: "read-write" }] });
  assert.is(guest.contents("a/b/c/f"), "inside", "the directory is held from here on");
});
test.after.each(() => {
  guest.host.end();
  guest.dispose();
});
test.after(() => place.remove());

const make = (path: string): number => guest.open(path, { oflags: CREAT, rights: WRITE });

test("a held directory that was carried outside is not used, nor is a link that took its place", () => {
  renameSync(join(root, "a/b/c"), join(place.path, "carried"));
  assert.is(guest.contents("a/b/c/f"), -ERRNO.noent);
  assert.is(make("a/b/c/new"), -ERRNO.noent);
  symlinkSync(join(place.path, "out"), join(root, "a/b/c"));
  assert.is(guest.contents("a/b/c/f"), -ERRNO.notcapable);
  assert.is(make("a/b/c/new"), -ERRNO.notcapable);
  assert.equal(readdirSync(join(place.path, "carried")), ["f"]);
  assert.equal(readdirSync(join(place.path, "out")), ["f"]);
});

test("the same when a directory above it was carried outside, also when a link leads back to it", () => {
  renameSync(join(root, "a"), join(place.path, "carried"));
  symlinkSync(join(place.path, "carried"), join(root, "a"));
  assert.is(guest.contents("a/b/c/f"), -ERRNO.notcapable);
  assert.is(make("a/b/c/new"), -ERRNO.notcapable);
  assert.equal(readdirSync(join(place.path, "carried/b/c")), ["f"]);
});

test("what is at the path now is what is found: a replaced, a removed and a renamed directory", () => {
  renameSync(join(root, "a/b/c"), join(root, "a/b/other"));
  mkdirSync(join(root, "a/b/c"));
  writeFileSync(join(root, "a/b/c/f"), "second");
  assert.is(guest.contents("a/b/c/f"), "second");
  assert.is(guest.contents("a/b/other/f"), "inside");
  rmSync(join(root, "a/b/c"), { recursive: true });
  assert.is(guest.contents("a/b/c/f"), -ERRNO.noent);
  mkdirSync(join(root, "a/b/c (deleted)"));
  writeFileSync(join(root, "a/b/c (deleted)/f"), "odd");
  assert.is(guest.contents("a/b/c (deleted)/f"), "odd", "a name that looks like the kernel's word for a removed one");
  writeFileSync(join(root, "a/b/c"), "");
  assert.is(guest.contents("a/b/c/f"), -ERRNO.notdir);
});

test("the guest's own renames are seen at once", () => {
  assert.is(guest.rename("a/b", "a/moved"), 0);
  assert.is(guest.contents("a/b/c/f"), -ERRNO.noent);
  assert.is(guest.contents("a/moved/c/f"), "inside");
  assert.is(guest.rename("a/moved", "a/b"), 0);
  assert.is(guest.contents("a/b/c/f"), "inside");
});

test("a directory that a walk stands in is never closed under it, and one that is not kept is closed when it is left", () => {
  if (!LINUX) return;
  const count = (): number => readdirSync("/proc/self/fd").length;
  const at = count();
  const names = ["p", "q", "r"].map((name) => join(root, name));
  for (const name of names) mkdirSync(name);
  const held = new HeldDirectories(descriptorContainment, 2);
  const [p, q, r] = names.map((name) => held.enter(name, name)!);
  assert.is(count(), at + 3);
  held.leave(r!);
  assert.is(count(), at + 2, "there was no room to keep it");
  assert.is(held.enter(names[0]!, names[0]!), p, "found again");
  held.leave(p!);
  assert.is(held.enter(names[2]!, names[2]!)!.kept, false, "both are in use, nothing is put out for it");
  renameSync(names[0]!, `${names[0]!}.moved`);
  assert.is(held.enter(names[0]!, names[0]!), undefined, "moved: let go of, and not found anew");
  assert.is(readFileSync(`${p!.base}../a/b/c/f`, "utf8"), "inside", "the walk that stands in it still does");
  held.leave(p!);
  held.leave(q!);
  held.clear();
  assert.is(count(), at + 1, "the one that was not kept and not left");
});

test.run();
