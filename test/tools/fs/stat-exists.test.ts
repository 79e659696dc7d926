import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runTool, scratch } from "../tool-run.ts";

const test = suite("fs.stat, fs.exists");
const { root, outside, dispose } = scratch();
const stat = (path: string) => runTool("fs.stat", { path }, [root]).answer;
const exists = (path: string) => runTool("fs.exists", { path }, [root]).answer;

test.before(() => {
  writeFileSync(join(root, "f"), "12345");
  chmodSync(join(root, "f"), 0o604);
  utimesSync(join(root, "f"), 1_000_000_000.25, 1_000_000_000.25);
  mkdirSync(join(root, "d"));
  symlinkSync("f", join(root, "to-f"));
  symlinkSync("d", join(root, "to-d"));
  symlinkSync("nowhere", join(root, "dangling"));
  symlinkSync("loop", join(root, "loop"));
  symlinkSync(outside, join(root, "out"));
  execFileSync("mkfifo", [join(root, "fifo")]);
});
test.after(dispose);

test("describes a file", () => {
  const { created, ...rest } = stat("f");
  assert.equal(rest, {
    size: 5,
    is_file: true,
    is_dir: false,
    is_symlink: false,
    readonly: false,
    modified: "2001-09-09T01:46:40.250Z",
    mode: "0604",
  });
  assert.ok(created === null || Math.abs(Date.parse(created) - Date.now()) < 600_000);
});

test("describes a link itself, also one that leads out or nowhere", () => {
  for (const [path, size] of [
    ["to-f", 1],
    ["dangling", 7],
    ["loop", 4],
    ["out", outside.length],
  ] as const) {
    const { is_symlink, is_file, is_dir, size: got } = stat(path);
    assert.equal([is_symlink, is_file, is_dir, got], [true, false, false, size], path);
  }
});

test("describes folders, roots and pipes", () => {
  for (const path of ["d", ".", root, "to-d/."]) assert.is(stat(path).is_symlink, path === "to-d/.");
  assert.is(stat("d").is_dir, true);
  assert.is(stat(".").is_dir, true);
  const { is_file, is_dir, is_symlink } = stat("fifo");
  assert.equal([is_file, is_dir, is_symlink], [false, false, false]);
});

test("readonly tells of permission bits that let nobody write", () => {
  for (const [mode, readonly] of [
    [0o444, true],
    [0o555, true],
    [0o464, false],
    [0o200, false],
  ] as const) {
    chmodSync(join(root, "f"), mode);
    assert.is(stat("f").readonly, readonly);
  }
});

test("a missing file is file-not-found, outside is permission-denied", () => {
  assert.is(stat("missing").code, "file-not-found");
  assert.is(stat("f/x").code, "not-a-directory");
  for (const path of ["out/x", outside, "..", `${root}x`]) assert.is(stat(path).code, "permission-denied", path);
});

for (const [path, want] of [
  ["f", "true file"],
  ["to-f", "true file"],
  ["d", "true dir"],
  ["to-d", "true dir"],
  [".", "true dir"],
  ["fifo", "true "],
  ["dangling", "false "],
  ["loop", "false "],
  ["missing", "false "],
  ["f/x", "false "],
  ["n".repeat(300), "false "],
] as const) {
  test(`exists answers "${want}" for ${path.slice(0, 20)}`, () => {
    const { exists: found, is_file, is_dir } = exists(path);
    assert.is(`${found} ${is_file ? "file" : ""}${is_dir ? "dir" : ""}`, want);
  });
}

test("outside of the roots exists is permission-denied, not false", () => {
  for (const path of ["out", "out/x", outside, join(outside, "missing"), "../missing", `${root}x`, "/"]) {
    assert.is(exists(path).code, "permission-denied", path);
  }
});

test.run();
