// Modules on the disk: what is read is what was asked for by its hash, or nothing.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { keepModule, MODULES_FOLDER, modulePath, readModule } from "../../src/host/tools/module-files.ts";

const test = suite<{ state: string }>("module files");
test.before.each((context) => {
  context.state = mkdtempSync(join(tmpdir(), "tollgate-test-"));
});
test.after.each(({ state }) => rmSync(state, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const GOOD = Buffer.alloc(200_000, "good");
const EVIL = Buffer.alloc(200_000, "evil");

test("while somebody keeps swapping the file, what is read has the hash that was asked for, or nothing is", async ({
  state,
}) => {
  assert.is(keepModule(state, sha256(GOOD), GOOD, "a"), undefined);
  const path = modulePath(state, sha256(GOOD));
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const swapping = new Worker(
    `const { renameSync, writeFileSync } = require("node:fs");
     const { workerData: { path, stop, files } } = require("node:worker_threads");
     for (let n = 0; Atomics.load(stop, 0) === 0; n++) {
       if (n % 4 === 0) writeFileSync(path, files[n / 4 % 2]); // in place, under the reader's hands
       else { writeFileSync(path + ".x", files[n % 2]); renameSync(path + ".x", path); }
     }`,
    { eval: true, workerData: { path, stop, files: [GOOD, EVIL] } },
  );
  let [read, refused] = [0, 0];
  for (const until = Date.now() + 20_000; (read < 200 || refused < 200) && Date.now() < until; ) {
    const found = readModule(state, sha256(GOOD), GOOD.length);
    if ("code" in found) refused++;
    else {
      read++;
      assert.ok(GOOD.equals(found.bytes), "other bytes than those that were asked for");
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  Atomics.store(stop, 0, 1);
  await new Promise((resolve) => swapping.once("exit", resolve));
  assert.ok(read > 0 && refused > 0, `${read} read, ${refused} refused`);
});

test("what is not a plain file of that size and hash is refused by name, and keeping the module mends it", ({
  state,
}) => {
  const hash = sha256(GOOD);
  mkdirSync(join(state, MODULES_FOLDER));
  const path = modulePath(state, hash);
  const elsewhere = join(state, "elsewhere");
  writeFileSync(elsewhere, GOOD);
  for (const [what, make] of [
    ["nothing", () => {}],
    ["a shorter one", () => writeFileSync(path, GOOD.subarray(1))],
    ["one of the same size", () => writeFileSync(path, EVIL)],
    ["a link to a good one", () => symlinkSync(elsewhere, path)],
  ] as const) {
    rmSync(path, { force: true });
    make();
    const found = readModule(state, hash, GOOD.length);
    assert.ok("code" in found && found.code === "tool-quarantined" && found.message.includes(hash), what);
    assert.is(keepModule(state, hash, GOOD, "b"), undefined, what);
    assert.ok("bytes" in readModule(state, hash, GOOD.length), what);
    assert.equal(readdirSync(join(state, MODULES_FOLDER)), [`${hash}.wasm`], "no draft is left");
  }
});

test.run();
