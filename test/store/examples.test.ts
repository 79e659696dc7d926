import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const folder = fileURLToPath(new URL("../../examples/store", import.meta.url));

/** What each example prints, line by line. */
const PRINTS: Record<string, readonly string[]> = {
  "run-command.mjs": ["exit code 0", "hello from outside", "57 units of fuel, 65536 bytes of memory"],
  "limits-and-faults.mjs": [
    "fuel-exhausted: the guest used up its 100000 units of fuel: ask for less work at once",
    "execution-timeout: the guest was not done within its deadline of 50 ms: ask for less at once",
    "memory-limit-exceeded: the guest needed more than its 4194304 bytes of memory: ask for less at once",
    "output-limit-exceeded: the guest wrote more than its 1000 bytes of output: ask for less at once",
    "wasm-trap: the guest trapped: integer divide by zero",
    "cancelled: the call was cancelled by its caller",
    "module-invalid: module is not WebAssembly: it does not begin with \\0asm: rebuild it",
  ],
  "host-calls.mjs": [
    "1 of 2: looking",
    "3 coins for customer:7",
    "1 of 2: looking",
    "warning: not sold here",
    '{"code":"no-such-item","message":"there is no plum"}',
    'import-refused: import "tollgate" "shop.price" refused: the permit does not grant it: grant it or build without',
  ],
  "tools-directory.mjs": [
    "file.make: 137 bytes, fuel 100000, files read-write",
    "file.try: 137 bytes, fuel 1000000, files read-only",
    "broken.wasm: module is not WebAssembly: it does not begin with \\0asm: rebuild it",
    "needs: files true, clock false; enters by run",
    "file.try: exit code 69",
    "file.make: exit code 0",
  ],
};

test("every example is run here", () => {
  const examples = readdirSync(folder).filter((name) => name.endsWith(".mjs") && name !== "wat.mjs");
  assert.equal(examples.sort(), Object.keys(PRINTS).sort());
});

for (const [name, lines] of Object.entries(PRINTS)) {
  test(`the example ${name} prints what it says and ends`, () => {
    const ran = spawnSync(process.execPath, [name], { cwd: folder, encoding: "utf8", timeout: 30_000 });
    assert.is(ran.stderr, "");
    assert.equal(ran.stdout.trimEnd().split("\n"), lines);
    assert.is(ran.status, 0);
  });
}

test.run();
