import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type FoundFile, findFile, replaceFile } from "../../src/cli/replace-file.ts";
import { makeScratch, type Scratch } from "../host/scratch.ts";

const NOW = Date.UTC(2026, 10, 21, 10, 30, 5, 123);
const test = suite<{ scratch: Scratch }>("replacing a client's file");
test.before.each((context) => {
  context.scratch = makeScratch();
});
test.after.each(({ scratch }) => scratch.remove());

function found(path: string): FoundFile {
  const file = findFile(path);
  assert.type(file, "object", String(file));
  return file as FoundFile;
}

test("the old bytes are kept beside it, and its mode survives", ({ scratch }) => {
  const path = scratch.write("work/c.json", "old", 0o640);
  const written = replaceFile(found(path), "new", NOW);
  assert.equal(written, { backup: `${path}.backup-20261121T103005Z` });
  assert.is(readFileSync(path, "utf8"), "new");
  assert.is(statSync(path).mode & 0o777, 0o640);
  assert.is(readFileSync(`${path}.backup-20261121T103005Z`, "utf8"), "old");
  assert.is(statSync(`${path}.backup-20261121T103005Z`).mode & 0o777, 0o640);
  assert.equal(readdirSync(scratch.cwd).length, 2, "no temporary file stays");
});

test("a second change in the same second has a backup of its own", ({ scratch }) => {
  const path = scratch.write("work/c.json", "1");
  replaceFile(found(path), "2", NOW);
  assert.equal(replaceFile(found(path), "3", NOW), { backup: `${path}.backup-20261121T103005Z-1` });
  assert.is(readFileSync(`${path}.backup-20261121T103005Z`, "utf8"), "1");
});

test("a new file is made with its folders, for this user only, without a backup", ({ scratch }) => {
  const path = join(scratch.path, "home/.config/Client/c.json");
  assert.equal(replaceFile(found(path), "new", NOW), { backup: undefined });
  assert.is(readFileSync(path, "utf8"), "new");
  assert.is(statSync(path).mode & 0o777, 0o600);
});

test("a link stays a link, and what it leads to is changed", ({ scratch }) => {
  const real = scratch.write("home/dotfiles/c.json", "old");
  const path = join(scratch.cwd, "c.json");
  symlinkSync("../home/dotfiles/c.json", path);
  assert.equal(replaceFile(found(path), "new", NOW), { backup: `${real}.backup-20261121T103005Z` });
  assert.ok(lstatSync(path).isSymbolicLink());
  assert.is(readFileSync(real, "utf8"), "new");
});

test("what is no regular UTF-8 file is left alone", ({ scratch }) => {
  mkdirSync(join(scratch.cwd, "folder"));
  symlinkSync("nowhere", join(scratch.cwd, "dangling"));
  symlinkSync("loop", join(scratch.cwd, "loop"));
  const bytes = scratch.write("work/bytes", new Uint8Array([0xff, 0xfe]));
  const large = scratch.write("work/large", new Uint8Array(9 * 1024 * 1024));
  assert.is(findFile(join(scratch.cwd, "folder")), "is not a regular file");
  assert.is(findFile("/dev/null"), "is not a regular file");
  assert.is(findFile(join(scratch.cwd, "dangling")), "cannot be read: ENOENT");
  assert.is(findFile(join(scratch.cwd, "loop")), "cannot be read: ELOOP");
  assert.is(findFile(bytes), "is not UTF-8 text");
  assert.match(findFile(large) as string, /is larger than/);
});

test("a file that changed meanwhile, appeared or went away is left alone", ({ scratch }) => {
  const path = scratch.write("work/c.json", "old");
  const before = found(path);
  writeFileSync(path, "theirs");
  assert.is(replaceFile(before, "ours", NOW), "changed while it was being edited: try again");
  assert.is(readFileSync(path, "utf8"), "theirs");
  const missing = found(join(scratch.cwd, "new.json"));
  writeFileSync(join(scratch.cwd, "new.json"), "theirs");
  assert.is(replaceFile(missing, "ours", NOW), "changed while it was being edited: try again");
  assert.is(readFileSync(join(scratch.cwd, "new.json"), "utf8"), "theirs");
});

test.run();
