import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { meanwhile, runTool, scratch } from "../tool-run.ts";

const test = suite("fs.copy, fs.move");
const { root, outside, dispose } = scratch();
const at = (name: string) => join(root, name);
const copy = (src: string, dst: string, more = {}) => runTool("fs.copy", { src, dst, ...more }, [root]).answer;
const move = (src: string, dst: string, more = {}, roots = [root]) =>
  runTool("fs.move", { src, dst, ...more }, roots).answer;
const text = (name: string) => readFileSync(at(name), "utf8");
const leftovers = () =>
  readdirSync(root, { recursive: true, encoding: "utf8" }).filter((n) => n.includes(".tollgate-"));

function tree(name: string): void {
  mkdirSync(at(`${name}/x/y`), { recursive: true });
  writeFileSync(at(`${name}/f`), "one");
  writeFileSync(at(`${name}/x/y/g`), "three");
  chmodSync(at(`${name}/x/y/g`), 0o755);
  chmodSync(at(`${name}/x`), 0o711);
  symlinkSync("../f", at(`${name}/x/link`));
}

function checkTree(name: string): void {
  assert.is(text(`${name}/f`), "one");
  assert.is(text(`${name}/x/y/g`), "three");
  assert.is(statSync(at(`${name}/x/y/g`)).mode & 0o777, 0o755);
  assert.is(statSync(at(`${name}/x`)).mode & 0o777, 0o711);
  assert.is(readlinkSync(at(`${name}/x/link`)), "../f");
}

test.before(() => {
  tree("t");
  writeFileSync(at("a"), "hello");
  chmodSync(at("a"), 0o640);
  writeFileSync(join(outside, "kept"), "");
  symlinkSync("../outside", at("out"));
});
test.after(dispose);

test("copies a file with its mode, over another one too", () => {
  assert.equal(copy("a", "b"), { copied: 5, files: 1, src: "a", dst: "b" });
  assert.is(text("b"), "hello");
  assert.is(statSync(at("b")).mode & 0o777, 0o640);
  writeFileSync(at("c"), "longer than before");
  assert.is(copy("a", "c").copied, 5);
  assert.is(text("c"), "hello");
  assert.is(copy("a", "c", { overwrite: false }).code, "already-exists");
});

test("copies a file of several blocks exactly", () => {
  const bytes = Buffer.from(Array.from({ length: 700_001 }, (_, i) => (i * 31 + (i >> 8)) & 255));
  writeFileSync(at("blocks"), bytes);
  assert.is(copy("blocks", "blocks2").copied, bytes.length);
  assert.ok(readFileSync(at("blocks2")).equals(bytes));
});

test("copies a folder with modes and links, and merges into one that exists", () => {
  assert.equal(copy("t", "t2"), { copied: 8, files: 2, src: "t", dst: "t2" });
  checkTree("t2");
  writeFileSync(at("t2/own"), "kept");
  writeFileSync(at("t2/f"), "replaced");
  assert.is(copy("t", "t2").files, 2);
  checkTree("t2");
  assert.is(text("t2/own"), "kept");
  assert.equal(leftovers(), []);
});

test("a link is followed when it is copied itself, and replaced in its target when it is dst", () => {
  symlinkSync("a", at("to-a"));
  symlinkSync("made", at("to-made"));
  assert.ok(copy("to-a", "from-link").files);
  assert.ok(lstatSync(at("from-link")).isFile());
  assert.is(copy("a", "to-made").files, 1);
  assert.is(text("made"), "hello");
  assert.ok(lstatSync(at("to-made")).isSymbolicLink());
});

test("the same file, under any name, is not copied or moved onto itself", () => {
  linkSync(at("a"), at("hard"));
  for (const [src, dst] of [
    ["a", "a"],
    ["to-a", "a"],
    ["a", "to-a"],
    ["a", "hard"],
    ["t", "t"],
    ["t", "x/../t"],
  ] as const) {
    mkdirSync(at("x"), { recursive: true });
    assert.is(copy(src, dst).code, "same-file", `${src} ${dst}`);
  }
  for (const [src, dst] of [
    ["a", "a"],
    ["a", "hard"],
    ["t", "./t"],
  ] as const)
    assert.is(move(src, dst).code, "same-file");
  assert.is(text("a"), "hello");
});

test("a folder goes neither into itself nor through a link into itself", () => {
  symlinkSync("t/x", at("to-x"));
  for (const dst of ["t/new", "t/x/new", "t/x/y/new", "to-x/new", "to-x/y/new"]) {
    assert.is(copy("t", dst).code, "into-itself", dst);
    assert.is(move("t", dst).code, "into-itself", dst);
  }
  assert.is(copy(".", "new").code, "into-itself");
  assert.not(existsSync(at("t/x/new")));
});

test("kinds do not replace each other", () => {
  for (const act of [copy, move]) {
    assert.is(act("a", "t2").code, "is-a-directory");
    assert.is(act("t", "b").code, "not-a-directory");
  }
});

test("a folder with a link that leads out, or a pipe, stops with its name", () => {
  tree("u");
  symlinkSync("../../outside/kept", at("u/x/z-out"));
  assert.is(copy("u", "u2").code, "link-leads-out");
  assert.match(copy("u", "u2").message, "u/x/z-out");
  unlinkSync(at("u/x/z-out"));
  symlinkSync(outside, at("u/x/z-abs"));
  assert.is(copy("u", "u3").code, "link-leads-out");
  unlinkSync(at("u/x/z-abs"));
  execFileSync("mkfifo", [at("u/fifo")]);
  assert.is(copy("u", "u4").code, "unsupported-file-type");
  assert.is(copy("u/fifo", "u5").code, "unsupported-file-type");
});

const raw = (name: string) => Buffer.concat([Buffer.from(`${at(name)}`), Buffer.of(0xff)]);

test("a folder that holds a name that is not UTF-8 is refused before anything in it is copied", () => {
  if (process.platform !== "linux") return;
  tree("odd");
  writeFileSync(raw("odd/x/y/name-"), "lost");
  const { code, message, data } = copy("odd", "odd2");
  assert.is(code, "invalid-name");
  assert.match(message, /^cannot copy odd\/x\/y: the folder holds a name that is not UTF-8/);
  assert.type(data.files, "number");
  assert.not(existsSync(at("odd2/x/y")));
  assert.is(copy("odd/x/y", "odd3").code, "invalid-name");
  assert.not(existsSync(at("odd3")), "nothing is made");
  assert.match(copy("odd/x/y", "odd3").message, /^cannot copy odd\/x\/y: /);
  // a folder of more entries than the system gives at once
  for (let i = 0; i < 600; i++) writeFileSync(at(`odd/x/y/f${i}`), "");
  assert.is(copy("odd/x/y", "odd3").code, "invalid-name");
  assert.not(existsSync(at("odd3")));
  assert.ok(move("odd", "odd4").moved, "a rename takes everything along");
  assert.ok(existsSync(raw("odd4/x/y/name-")));
});

test("a link to a name that is not UTF-8 is refused, and what its copy would replace stays", () => {
  if (process.platform !== "linux") return;
  mkdirSync(at("bent"));
  symlinkSync(Buffer.of(0x61, 0xff), at("bent/link"));
  mkdirSync(at("bent2"));
  writeFileSync(at("bent2/link"), "kept");
  const { code, message } = copy("bent", "bent2");
  assert.is(code, "invalid-name");
  assert.match(message, /^cannot copy bent\/link: it is a symbolic link/);
  assert.is(text("bent2/link"), "kept");
  unlinkSync(at("bent/link"));
  symlinkSync("a", at("bent/link"));
  assert.is(copy("bent", "bent2").files, 0);
  assert.is(readlinkSync(at("bent2/link")), "a");
  assert.equal(leftovers(), []);
});

test("a link that is no link any more when it is read is changed-meanwhile", () => {
  mkdirSync(at("swap"));
  const swapped = (name: string, run: () => { code: string; message: string }) => {
    rmSync(at(name), { force: true });
    symlinkSync("kept-target", at(name));
    const answer = meanwhile((call) => {
      if (call !== "path_readlink") return;
      unlinkSync(at(name));
      writeFileSync(at(name), "a file now");
    }, run);
    assert.is(answer.code, "changed-meanwhile", answer.message);
    assert.match(answer.message, "try again");
    assert.is(text(name), "a file now");
  };
  swapped("swap/link", () => copy("swap", "swap2"));
  swapped("to-swap", () => copy("a", "to-swap"));
});

test("a file or folder that became a link when it is opened is changed-meanwhile, and the link is not followed", () => {
  for (const [name, make] of [
    ["turn/file", () => writeFileSync(at("turn/file"), "")],
    ["turn/folder", () => mkdirSync(at("turn/folder"))],
  ] as const) {
    mkdirSync(at("turn"));
    make();
    let opens = 0;
    const turn = (call: string) => {
      // the folder that is copied, the one that it is copied to, then the entry
      if (call !== "path_open" || ++opens < 3) return;
      rmSync(at(name), { recursive: true, force: true });
      symlinkSync(outside, at(name));
    };
    const { code, message } = meanwhile(turn, () => copy("turn", "turned"));
    assert.is(code, "changed-meanwhile", message);
    assert.match(message, `cannot copy ${name}: `);
    assert.not(existsSync(at(`turned/${name.slice(5)}`)));
    rmSync(at("turn"), { recursive: true });
    rmSync(at("turned"), { recursive: true });
  }
});

test("nothing is copied or moved in or out of the roots", () => {
  for (const act of [copy, move]) {
    for (const [src, dst] of [
      ["a", join(outside, "x")],
      ["a", "../outside/x"],
      ["a", "out/x"],
      [join(outside, "kept"), "x2"],
      ["out/kept", "x2"],
      ["../outside/kept", "x2"],
    ] as const) {
      assert.is(act(src, dst).code, "permission-denied", `${src} ${dst}`);
    }
    assert.is(act("missing", "x2").code, "file-not-found");
    assert.is(act("a", "missing/x").code, "file-not-found");
  }
  assert.equal(readdirSync(outside), ["kept"]);
  assert.is(text("a"), "hello");
});

test("moves files, folders and links themselves", () => {
  tree("m");
  assert.equal(move("m", "m2"), { moved: true, src: "m", dst: "m2" });
  checkTree("m2");
  assert.not(existsSync(at("m")));
  assert.ok(move("to-a", "to-a2").moved);
  assert.is(readlinkSync(at("to-a2")), "a");
  writeFileSync(at("n1"), "n1");
  writeFileSync(at("n2"), "n2");
  assert.is(move("n1", "n2", { overwrite: false }).code, "already-exists");
  assert.ok(move("n1", "n2").moved);
  assert.is(text("n2"), "n1");
  mkdirSync(at("empty"));
  assert.ok(move("m2", "empty").moved);
  checkTree("empty");
  assert.is(move("empty", "t").code, "not-empty");
  checkTree("t");
});

test("a root, or a folder that holds one, is neither moved nor replaced", () => {
  mkdirSync(at("in/ner"), { recursive: true });
  mkdirSync(at("other"), { recursive: true });
  const roots = [root, at("in/ner")];
  for (const [src, dst] of [
    [".", "q"],
    ["in", "q"],
    ["in/ner", "q"],
    ["other", "in/ner"],
    ["other", "in"],
  ] as const) {
    assert.is(move(src, dst, {}, roots).code, "permission-denied", `${src} ${dst}`);
  }
});

test("between devices the copy is complete before the source goes", () => {
  if (!existsSync("/dev/shm") || statSync("/dev/shm").dev === statSync(root).dev) {
    process.stdout.write("skipped: no second file system at /dev/shm\n");
    return;
  }
  const far = mkdtempSync("/dev/shm/tollgate-");
  try {
    const roots = [root, far];
    tree("v");
    writeFileSync(at("w"), "w");
    assert.ok(move("w", join(far, "w"), {}, roots).moved);
    assert.not(existsSync(at("w")));
    assert.ok(move("v", join(far, "v"), {}, roots).moved);
    assert.not(existsSync(at("v")));
    assert.ok(move(join(far, "v"), "v2", {}, roots).moved);
    checkTree("v2");
    assert.equal(readdirSync(far), ["w"]);
    symlinkSync("/etc", at("v2/x/z-abs"));
    assert.is(move("v2", join(far, "v3"), {}, roots).code, "link-leads-out");
    checkTree("v2");
    assert.equal(readdirSync(far), ["w"], "nothing half copied is left");
    writeFileSync(join(far, "taken"), "kept");
    assert.ok(move("v2/x/z-abs", join(far, "taken"), {}, roots).code);
    assert.is(readFileSync(join(far, "taken"), "utf8"), "kept", "a link that cannot be made replaces nothing");
    assert.ok(move("v2/x/link", join(far, "to-taken"), {}, roots).code, "nor one that would lead out");
    symlinkSync("v2", at("to-v2"));
    assert.ok(move("to-v2", join(far, "taken"), {}, roots).moved);
    assert.is(readlinkSync(join(far, "taken")), "v2");
    unlinkSync(join(far, "taken"));
    if (process.platform === "linux") {
      unlinkSync(at("v2/x/z-abs"));
      writeFileSync(raw("v2/x/y/name-"), "lost");
      const { code, message } = move("v2", join(far, "v3"), {}, roots);
      assert.is(code, "invalid-name");
      assert.match(message, /^cannot move v2\/x\/y: /);
      assert.match(move("v2/x/y", join(far, "v3"), {}, roots).message, /^cannot move v2\/x\/y: /);
      assert.ok(existsSync(raw("v2/x/y/name-")));
      assert.equal(readdirSync(far), ["w"], "nothing half copied is left");
      symlinkSync("x", at("late"));
      const swap = (call: string) => {
        if (call !== "path_readlink") return;
        unlinkSync(at("late"));
        writeFileSync(at("late"), "");
      };
      assert.is(meanwhile(swap, () => move("late", join(far, "late"), {}, roots)).code, "changed-meanwhile");
    }
    assert.equal(leftovers(), []);
  } finally {
    rmSync(far, { recursive: true, force: true });
  }
});

test.run();
