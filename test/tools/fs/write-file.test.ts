import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { meanwhile, runTool, scratch } from "../tool-run.ts";

const test = suite("fs.write_file");
const { root, outside, dispose } = scratch();
const at = (name: string) => join(root, name);
const write = (args: object) => runTool("fs.write_file", { path: "f", content: "", ...args }, [root]);
const text = (name: string) => readFileSync(at(name), "utf8");

test.after(dispose);

test("any text arrives on the disk as it was sent", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.nat(40), (content, pad) => {
      const whole = Buffer.from(`${"x".repeat(pad)}\n${content}`).toString();
      assert.is(write({ content: whole }).answer.written, Buffer.byteLength(whole));
      assert.is(text("f"), whole);
    }),
    { numRuns: 60 },
  );
});

test("base64 is decoded exactly as a strict decoder does", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const content = Buffer.from(bytes).toString("base64");
      assert.is(write({ content, encoding: "base64" }).answer.written, bytes.length);
      assert.equal(new Uint8Array(readFileSync(at("f"))), bytes);
    }),
    { numRuns: 60 },
  );
  for (const content of [
    "a",
    "ab",
    "abc",
    "ab=",
    "ab==c",
    "a===",
    "====",
    "aGVsbG9=",
    "aGVsbG9",
    "aGVs\nbG8=",
    "aGV_",
    "aGVsbB==",
    "é===",
  ]) {
    const { ok, answer } = write({ content, encoding: "base64" });
    assert.is(ok, false, content);
    assert.is(answer.code, "invalid-base64", content);
  }
});

test("replacing keeps mode bits, puts a new file in the place and leaves no temporary file", () => {
  writeFileSync(at("m"), "old");
  chmodSync(at("m"), 0o750);
  linkSync(at("m"), at("other-name"));
  assert.ok(write({ path: "m", content: "new" }).ok);
  assert.is(statSync(at("m")).mode & 0o777, 0o750);
  assert.is(text("m"), "new");
  assert.is(text("other-name"), "old", "the old file was not written over");
  assert.equal(
    readdirSync(root).filter((name) => name.includes(".tollgate-")),
    [],
  );
});

test("temporary names that are taken are passed by and left alone", () => {
  for (let i = 0; i < 12; i++) writeFileSync(at(`.t.tollgate-${i}`), "mine");
  symlinkSync(join(outside, "trap"), at(".t.tollgate-12"));
  assert.ok(write({ path: "t", content: "new" }).ok);
  assert.is(text("t"), "new");
  assert.is(text(".t.tollgate-11"), "mine");
  assert.not(existsSync(join(outside, "trap")));
});

test("the longest names can be written", () => {
  for (const name of ["n".repeat(255), `${"n".repeat(230)}éééééééééééé`]) {
    assert.ok(write({ path: name, content: "long" }).ok);
    assert.is(text(name), "long");
  }
});

test("an append to a file that became a link meanwhile is changed-meanwhile", () => {
  writeFileSync(at("turn"), "");
  const turn = (call: string) => {
    if (call !== "path_open") return;
    unlinkSync(at("turn"));
    symlinkSync("other", at("turn"));
  };
  const { code, message } = meanwhile(turn, () => write({ path: "turn", content: "x", append: true })).answer;
  assert.is(code, "changed-meanwhile", message);
  assert.not(existsSync(at("other")));
});

test("append adds to the end and makes the file", () => {
  assert.ok(write({ path: "log", content: "one\n", append: true }).ok);
  assert.is(write({ path: "log", content: "two\n", append: true }).answer.written, 4);
  assert.is(text("log"), "one\ntwo\n");
});

test("a link is followed and stays a link: relative, absolute, in a chain, dangling", () => {
  mkdirSync(at("d/e"), { recursive: true });
  writeFileSync(at("d/target"), "old");
  symlinkSync("d/e/second", at("first"));
  symlinkSync("../target", at("d/e/second"));
  symlinkSync(at("d/target"), at("absolute"));
  symlinkSync("d/made", at("dangling"));
  for (const path of ["first", "absolute", "d/e/second"]) {
    assert.ok(write({ path, content: path }).ok, path);
    assert.is(text("d/target"), path);
    assert.ok(lstatSync(at(path)).isSymbolicLink());
  }
  assert.ok(write({ path: "dangling", content: "made" }).ok);
  assert.is(text("d/made"), "made");
});

test("a link that leads out is permission-denied and nothing is made there", () => {
  symlinkSync("../outside/new", at("out"));
  symlinkSync(join(outside, "new"), at("out-abs"));
  symlinkSync("../outside", at("out-dir"));
  symlinkSync("around", at("around"));
  for (const append of [false, true]) {
    for (const path of ["out", "out-abs", "out-dir/new"]) {
      assert.is(write({ path, append }).answer.code, "permission-denied", path);
    }
    assert.is(write({ path: "around", append }).answer.code, "too-many-links");
  }
  assert.equal(readdirSync(outside), []);
});

test("what cannot be written says why", () => {
  mkdirSync(at("folder"), { recursive: true });
  execFileSync("mkfifo", [at("fifo")]);
  for (const [path, code] of [
    ["folder", "is-a-directory"],
    [".", "is-a-directory"],
    ["folder/..", "invalid-path"],
    ["fifo", "unsupported-file-type"],
    ["no/such/folder", "file-not-found"],
    ["m/below-a-file", "not-a-directory"],
    ["../outside/f", "permission-denied"],
    [`${root}-old/f`, "permission-denied"],
    ["a\0", "invalid-path"],
    ["n".repeat(256), "invalid-path"],
  ] as const) {
    for (const append of [false, true]) assert.is(write({ path, append }).answer.code, code, path);
  }
  assert.match(write({ path: "no/such" }).answer.message, "fs.create_dir");
});

test("create_parents makes the missing folders, and none through a file or outside", () => {
  assert.ok(write({ path: "p/q/r", content: "x", create_parents: true }).ok);
  assert.ok(write({ path: "p/q/r", content: "y", create_parents: true }).ok);
  assert.is(text("p/q/r"), "y");
  assert.is(write({ path: "p/q/r/s", create_parents: true }).answer.code, "not-a-directory");
  assert.is(write({ path: "out-dir/x/y", create_parents: true }).answer.code, "permission-denied");
  assert.equal(readdirSync(outside), []);
});

test("a read-only root refuses every write", () => {
  const roots = [{ guestPath: root, hostPath: root, access: "read-only" }] as const;
  for (const args of [
    { path: "f" },
    { path: "new" },
    { path: "f", append: true },
    { path: "a/b", create_parents: true },
  ]) {
    assert.is(runTool("fs.write_file", { content: "x", ...args }, roots).answer.code, "permission-denied");
  }
  assert.not(existsSync(at("new")));
});

test.run();
