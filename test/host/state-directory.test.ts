import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openStateDirectory } from "../../src/host/state-directory.ts";
import { makeScratch, type Scratch } from "./scratch.ts";

const test = suite<{ scratch: Scratch }>("state directory");
test.before.each((context) => {
  context.scratch = makeScratch();
});
test.after.each(({ scratch }) => scratch.remove());

function refusal(path: string): string {
  const opened = openStateDirectory(path);
  assert.not.ok(opened.ok, "should have been refused");
  return opened.ok ? "" : opened.fault.message;
}

test("is made with mode 0700, whatever the umask, and its parents are not group-writable", ({ scratch }) => {
  const before = process.umask(0);
  try {
    const path = join(scratch.path, "a/b/tollgate");
    const opened = openStateDirectory(path);
    assert.equal(opened, { ok: true, directory: path });
    assert.is(statSync(path).mode & 0o777, 0o700);
    assert.is(statSync(join(scratch.path, "a")).mode & 0o777, 0o755);
    assert.ok(openStateDirectory(path).ok, "and opens again");
  } finally {
    process.umask(before);
  }
});

for (const mode of [0o750, 0o705, 0o770, 0o777, 0o701]) {
  test(`is refused with mode ${mode.toString(8)}, with the command that mends it, and not changed`, ({ scratch }) => {
    const path = join(scratch.path, "open");
    mkdirSync(path);
    chmodSync(path, mode);
    assert.match(refusal(path), new RegExp(`mode 0${mode.toString(8)}\\): run chmod 700 '${path}'`));
    assert.is(statSync(path).mode & 0o777, mode);
  });
}

test("is refused where it is a file, a dangling link or below a file", ({ scratch }) => {
  writeFileSync(join(scratch.path, "file"), "");
  symlinkSync("nowhere", join(scratch.path, "dangling"));
  assert.match(refusal(join(scratch.path, "file")), /is not a directory/);
  assert.match(refusal(join(scratch.path, "dangling")), /cannot be used: ENOENT/);
  assert.match(refusal(join(scratch.path, "file/below")), /cannot be used: (ENOTDIR|EEXIST)/);
});

test("a link leads to the real directory, which has to be private itself", ({ scratch }) => {
  mkdirSync(join(scratch.path, "private"), { mode: 0o700 });
  symlinkSync("private", join(scratch.path, "link"));
  assert.equal(openStateDirectory(join(scratch.path, "link")), { ok: true, directory: join(scratch.path, "private") });
  chmodSync(join(scratch.path, "private"), 0o755);
  assert.match(refusal(join(scratch.path, "link")), /can be reached by others/);
});

test("is refused in a folder that others can write to, unless it is sticky", ({ scratch }) => {
  const shared = join(scratch.path, "shared");
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  mkdirSync(join(shared, "tollgate"), { mode: 0o700 });
  symlinkSync("shared/tollgate", join(scratch.path, "link"));
  assert.match(refusal(join(shared, "tollgate")), /which others can write to/);
  assert.match(refusal(join(scratch.path, "link")), /which others can write to/);
  chmodSync(shared, 0o1777);
  assert.ok(openStateDirectory(join(shared, "tollgate")).ok);
});

test("is refused where it belongs to another user", ({ scratch }) => {
  if (process.geteuid?.() !== 0) return; // only root can give a directory away
  const path = join(scratch.path, "theirs");
  mkdirSync(path, { mode: 0o700 });
  chownSync(path, 12_345, 12_345);
  assert.match(refusal(path), /belongs to user 12345, not to 0/);
});

test.run();
