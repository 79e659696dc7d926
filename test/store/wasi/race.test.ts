import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ALL, CREAT, Guest, NO_FOLLOW, scratch, WRITE } from "./guest.ts";

/** Swaps a directory and a file for links that lead outside, and back, as fast as the system allows. */
const SWAPPER = `
const { workerData } = require("node:worker_threads");
const { renameSync } = require("node:fs");
const flag = new Int32Array(workerData.flag);
const r = workerData.root;
let n = 0;
while (Atomics.load(flag, 0) === 0) {
  // the parent directory
  renameSync(r + "/a/d", r + "/a/d.real"); renameSync(r + "/a/d.link", r + "/a/d");
  renameSync(r + "/a/d", r + "/a/d.link"); renameSync(r + "/a/d.real", r + "/a/d");
  // the leaf
  renameSync(r + "/a/leaf.link", r + "/a/leaf"); renameSync(r + "/a/leaf.file", r + "/a/leaf.spare");
  renameSync(r + "/a/leaf", r + "/a/leaf.link"); renameSync(r + "/a/leaf.spare", r + "/a/leaf.file");
  // a directory that is carried outside while it is walked through
  renameSync(r + "/a/m", workerData.out + "/m"); renameSync(workerData.out + "/m", r + "/a/m");
  if (++n % 256 === 0) Atomics.store(flag, 1, n);
}
Atomics.store(flag, 1, n);
`;

const ROUNDS = 24_000;
const MAX_MS = 4_000;

const test = suite("wasi race");

test("a swapping thread gets no open and no change outside, in tens of thousands of rounds", async () => {
  // the containment by paths does not promise this, and says so
  if (process.platform !== "linux") return;
  const place = scratch();
  const root = join(place.path, "root");
  const out = join(place.path, "out");
  mkdirSync(join(root, "a/d/sub"), { recursive: true });
  mkdirSync(join(root, "a/m/sub"), { recursive: true });
  mkdirSync(join(out, "sub"), { recursive: true });
  for (const path of ["a/d/file", "a/d/sub/file", "a/leaf.file", "a/m/sub/file"]) {
    writeFileSync(join(root, path), "inside");
  }
  for (const path of ["file", "sub/file"]) writeFileSync(join(out, path), "outside");
  symlinkSync("../../out", join(root, "a/d.link"));
  symlinkSync("../../out/file", join(root, "a/leaf.link"));
  const flag = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(SWAPPER, { eval: true, workerData: { flag: flag.buffer, root, out } });
  const guest = new Guest({ containment: "descriptors" }).begin({
    roots: [{ guestPath: "/w", hostPath: root, access: "read-write" }],
  });
  let opens = 0;
  let inside = 0;
  let escapes = 0;
  try {
    while (Atomics.load(flag, 1) === 0) await new Promise((done) => setTimeout(done, 1));
    const until = performance.now() + MAX_MS;
    while (opens < ROUNDS && performance.now() < until) {
      for (const path of [
        "a/d/file",
        "a/d/sub/file",
        "a/leaf",
        "a/m/sub/file",
        "a/m/../../out/file",
        "a/m/sub/../../../../out/file",
      ]) {
        const found = guest.contents(path);
        opens++;
        if (found === "inside") inside++;
        else if (typeof found === "string") escapes++;
      }
      const made = guest.open("a/d/sub/made", { oflags: CREAT, rights: WRITE, follow: NO_FOLLOW });
      if (made > 0) guest.call("fd_close", made);
      guest.onPath("path_create_directory", "a/d/dir");
      guest.onPath("path_remove_directory", "a/d/dir");
      guest.rename("a/d/sub/made", "a/d/renamed");
      guest.onPath("path_unlink_file", "a/d/renamed");
      guest.link("a/leaf.file", "a/d/linked");
      guest.onPath("path_unlink_file", "a/d/linked");
      const truncated = guest.open("a/d/file", { oflags: 8, rights: ALL });
      if (truncated > 0) {
        guest.write(truncated, "inside");
        guest.call("fd_close", truncated);
      }
    }
  } finally {
    Atomics.store(flag, 0, 1);
    await new Promise((done) => worker.once("exit", done));
    guest.host.end();
    guest.dispose();
  }
  assert.is(escapes, 0, `${escapes} of ${opens} opens read the outside`);
  assert.ok(inside > 0, "the path was readable at least sometimes");
  assert.ok(flag[1]! > 0, "the thread swapped");
  assert.equal(readdirSync(out).sort(), ["file", "sub"]);
  assert.equal(readdirSync(join(out, "sub")), ["file"]);
  assert.is(readFileSync(join(out, "file"), "utf8"), "outside");
  assert.is(readFileSync(join(out, "sub/file"), "utf8"), "outside");
  assert.ok(existsSync(join(root, "a/m/sub/file")));
  place.remove();
});

test.run();
