import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { meanwhile, runTool, scratch } from "../tool-run.ts";

const test = suite("fs.read_dir, fs.create_dir, fs.remove");
const { root, outside, dispose } = scratch();
const at = (name: string) => join(root, name);
const list = (args: object) => runTool("fs.read_dir", { path: ".", ...args }, [root]);
const create = (args: object) => runTool("fs.create_dir", { path: "d", ...args }, [root]);
const remove = (args: object, roots = [root]) => runTool("fs.remove", { path: "d", ...args }, roots);
const fill = (...files: string[]) => {
  for (const file of files) {
    mkdirSync(at(join(file, "..")), { recursive: true });
    writeFileSync(at(file), "x");
  }
};

test.after(dispose);

test("lists kinds and sizes, sorted by bytes, links not followed", () => {
  fill("l/b", "l/B", "l/é", "l/sub/deep", "l/a.txt", "l/\ttab\n");
  symlinkSync("nowhere", at("l/dangling"));
  symlinkSync("sub", at("l/to-sub"));
  execFileSync("mkfifo", [at("l/fifo")]);
  const { answer } = list({ path: "l" });
  const kinds = answer.entries.map(
    (e: Record<string, unknown>) => `${e.name}:${e.is_dir ? "d" : ""}${e.is_file ? "f" : ""}${e.is_symlink ? "l" : ""}`,
  );
  assert.equal(kinds, ["\ttab\n:f", "B:f", "a.txt:f", "b:f", "dangling:l", "fifo:", "sub:d", "to-sub:l", "é:f"]);
  assert.is(answer.entries[2].size, 1);
  assert.is(answer.entries[4].size, 7);
  assert.equal([answer.count, answer.total], [9, 9]);
});

test("pages join to the whole folder, whatever their size", () => {
  const names = Array.from({ length: 5000 }, (_, i) => `${(i * 7919) % 5000}-${"n".repeat(i % 90)}`);
  for (const name of names) fill(`many/${name}`);
  names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const limit of [1700, 10_000]) {
    const got: string[] = [];
    for (let offset = 0, total = 1; offset < total; ) {
      const { answer } = list({ path: "many", offset, limit });
      got.push(...answer.entries.map((entry: { name: string }) => entry.name));
      offset += answer.count;
      total = answer.total;
    }
    assert.equal(got, names);
  }
  const first = list({ path: "many" }).answer;
  assert.equal([first.count, first.total], [1000, 5000]);
  assert.equal(list({ path: "many", offset: 5000 }).answer, { entries: [], count: 0, total: 5000 });
  assert.is(list({ path: "many", offset: 4999, limit: 1 }).answer.entries[0].name, names[4999]);
});

test("what is no folder inside the roots cannot be listed", () => {
  fill("file");
  symlinkSync("../outside", at("out"));
  for (const [path, code] of [
    ["file", "not-a-directory"],
    ["missing", "file-not-found"],
    ["out", "permission-denied"],
    [outside, "permission-denied"],
    ["..", "permission-denied"],
  ] as const) {
    assert.is(list({ path }).answer.code, code, path);
  }
});

test("creates folders with those above, and is content with one that exists", () => {
  assert.equal(create({ path: "c/d/e" }).answer, { created: true, existed: false });
  assert.equal(create({ path: "c/d/e" }).answer, { created: false, existed: true });
  assert.equal(create({ path: "c/d", recursive: false }).answer, { created: false, existed: true });
  assert.equal(create({ path: "c/f", recursive: false }).answer, { created: true, existed: false });
  assert.equal(create({ path: "." }).answer, { created: false, existed: true });
  symlinkSync("c", at("to-c"));
  symlinkSync("nowhere", at("dangling"));
  assert.equal(create({ path: "to-c" }).answer, { created: false, existed: true });
  for (const [path, code] of [
    ["file", "already-exists"],
    ["dangling", "already-exists"],
    ["file/x", "not-a-directory"],
    ["out/x", "permission-denied"],
    [join(outside, "x"), "permission-denied"],
  ] as const) {
    assert.is(create({ path }).answer.code, code, path);
  }
  assert.is(create({ path: "x/y", recursive: false }).answer.code, "file-not-found");
  assert.equal(readdirSync(outside), []);
});

test("removes one file, link or empty folder, and no more", () => {
  fill("r/file", "r/full/x");
  mkdirSync(at("r/empty"));
  writeFileSync(join(outside, "kept"), "");
  symlinkSync("nowhere", at("r/dangling"));
  symlinkSync("../../outside", at("r/out"));
  symlinkSync("full", at("r/to-full"));
  for (const name of ["file", "empty", "dangling", "out", "to-full"]) {
    assert.equal(remove({ path: `r/${name}` }).answer, { removed: true, count: 1 }, name);
  }
  assert.equal(readdirSync(at("r")), ["full"]);
  const { answer } = remove({ path: "r/full" });
  assert.is(answer.code, "not-empty");
  assert.match(answer.message, "recursive");
  assert.is(remove({ path: "r/missing", recursive: true }).answer.code, "file-not-found");
  assert.ok(existsSync(join(outside, "kept")));
});

test("recursive removal counts what goes and follows no link out", () => {
  fill("t/a", "t/b/c", "t/b/d/e");
  symlinkSync(outside, at("t/b/out"));
  symlinkSync("..", at("t/b/up"));
  execFileSync("mkfifo", [at("t/fifo")]);
  assert.equal(remove({ path: "t", recursive: true }).answer, { removed: true, count: 9 });
  assert.ok(existsSync(join(outside, "kept")));
  assert.not(existsSync(at("t")));
});

const raw = (name: string) => Buffer.concat([Buffer.from(`${at(name)}`), Buffer.of(0xff)]);

test("names that are not UTF-8 are left out of a listing, and a folder that holds one keeps everything in it", () => {
  if (process.platform !== "linux") return;
  fill("odd/y/a", "odd/y/b/c");
  writeFileSync(raw("odd/y/name-"), "");
  assert.equal(
    list({ path: "odd/y" }).answer.entries.map(({ name }: { name: string }) => name),
    ["a", "b"],
  );
  assert.is(list({ path: "odd/y" }).answer.total, 2);
  for (const path of ["odd/y", "odd"]) {
    const { code, message } = remove({ path, recursive: true }).answer;
    assert.is(code, "invalid-name");
    assert.match(message, /^cannot remove odd\/y: the folder holds a name that is not UTF-8/);
  }
  for (let i = 0; i < 600; i++) fill(`odd/y/f${i}`);
  assert.is(remove({ path: "odd/y", recursive: true }).answer.code, "invalid-name");
  assert.is(list({ path: "odd/y" }).answer.total, 602);
  assert.ok(existsSync(at("odd/y/b/c")));
  unlinkSync(raw("odd/y/name-"));
  assert.is(remove({ path: "odd", recursive: true }).answer.count, 605);
});

test("a name that is not UTF-8 and comes while a folder is emptied is named as what stands in the way", () => {
  if (process.platform !== "linux") return;
  fill("late/y/a");
  const plant = (call: string) => {
    if (call === "path_unlink_file") writeFileSync(raw("late/y/name-"), "");
  };
  const { code, message, data } = meanwhile(plant, () => remove({ path: "late", recursive: true })).answer;
  assert.is(code, "invalid-name");
  assert.match(message, /^cannot remove late\/y: /);
  assert.is(data.removed, 1);
});

test("a root is never removed, nor a folder that holds one, under any name", () => {
  fill("in/ner/x");
  symlinkSync("in", at("to-in"));
  const roots = [root, at("in/ner")];
  for (const path of [".", root, `${root}/`, "in", "in/ner", at("in/ner"), "to-in/ner", "in/ner/."]) {
    for (const recursive of [true, false]) {
      assert.is(remove({ path, recursive }, roots).answer.code, "permission-denied", path);
    }
  }
  assert.is(remove({ path: "in/.." }).answer.code, "invalid-path");
  assert.ok(existsSync(at("in/ner/x")));
});

test("deep and wide trees are removed in little memory", () => {
  const script = `import os
os.chdir(${JSON.stringify(root)})
os.mkdir('deep'); os.chdir('deep')
for i in range(700):
    for n in range(3): open('f%d' % n, 'w').close()
    os.mkdir('d'); os.chdir('d')`;
  execFileSync("python3", ["-c", script]);
  const { answer, usage } = remove({ path: "deep", recursive: true });
  assert.equal(answer, { removed: true, count: 700 * 4 + 1 });
  assert.ok(usage.memoryPeak < 1024 * 1024);
  assert.is(remove({ path: "many", recursive: true }).answer.count, 5001);
});

test.run();
