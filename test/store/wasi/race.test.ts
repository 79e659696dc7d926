import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { buildSync } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CREAT, Guest, scratch, WRITE } from "./guest.ts";
import { race } from "./race.ts";

const test = suite("wasi race");

test("a swapping thread gets no open and no change outside, in tens of thousands of rounds", async () => {
  // the containment by paths does not promise this, and says so
  if (process.platform !== "linux") return;
  const place = scratch();
  const report = await race({ place: place.path, opens: 60_000, maxMs: 4_000, seed: 1 });
  assert.equal(report.escapes, [], `${report.opens} opens, ${report.swaps} swaps`);
  assert.ok(report.inside > 0, "the path was readable at least sometimes");
  assert.ok(report.swaps > 0 && report.others > 0);
  // Fewer than before is no leak: the process closes some of its own meanwhile.
  assert.ok(report.leaks <= 0, `${report.leaks} descriptors are left`);
  place.remove();
});

test("where directories are held by path, a guest in another thread is no accomplice: it moves what it may, and no link", async () => {
  if (process.platform === "win32") return;
  const place = scratch();
  const root = join(place.path, "root");
  for (const directory of ["root/a/d", "root/p/d", "root/q", "out"]) {
    mkdirSync(join(place.path, directory), { recursive: true });
  }
  for (const path of ["root/a/d/file", "root/p/d/file"]) writeFileSync(join(place.path, path), "inside");
  writeFileSync(join(place.path, "out/file"), "outside");
  symlinkSync("../../out", join(root, "a/link"));
  symlinkSync("../../out", join(root, "q/d"));
  const flag = new Int32Array(new SharedArrayBuffer(8));
  const script = join(place.path, "accomplice.mjs");
  buildSync({
    entryPoints: [new URL("accomplice.ts", import.meta.url).pathname],
    outfile: script,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
  });
  const worker = new Worker(script, { workerData: { root, flag: flag.buffer } });
  const failure = new Promise<never>((_, reject) => worker.once("error", reject));
  failure.catch(() => {});
  const guest = new Guest({ containment: "paths" }).begin({
    roots: [{ guestPath: "/w", hostPath: root, access: "read-write" }],
  });
  const seen = new Map<string | number, number>();
  try {
    while (Atomics.load(flag, 1) === 0) await Promise.race([failure, new Promise((done) => setTimeout(done, 1))]);
    for (const until = performance.now() + 2_500; performance.now() < until; ) {
      for (const path of ["a/d/file", "p/d/file"]) {
        const found = guest.contents(path);
        seen.set(found, (seen.get(found) ?? 0) + 1);
      }
      for (const path of ["a/d/made", "p/d/made"]) {
        const made = guest.open(path, { oflags: CREAT, rights: WRITE });
        if (made > 0) guest.call("fd_close", made);
        guest.onPath("path_unlink_file", path);
        guest.onPath("path_unlink_file", path.replace("made", "file.new"));
      }
    }
  } finally {
    Atomics.store(flag, 0, 1);
    await new Promise((done) => worker.once("exit", done));
    guest.host.end();
    guest.dispose();
  }
  assert.ok((seen.get("inside") ?? 0) > 0 && seen.size > 1, "the other guest did get in the way");
  assert.not.ok(seen.has("outside"), JSON.stringify([...seen]));
  assert.ok(flag[1]! > 10, `${flag[1]} rounds`);
  assert.equal(readdirSync(join(place.path, "out")), ["file"]);
  assert.is(readFileSync(join(place.path, "out/file"), "utf8"), "outside");
  assert.equal(readdirSync(join(root, "q")), ["d"], "the links are where they were");
  place.remove();
});

test.run();
