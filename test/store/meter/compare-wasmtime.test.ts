import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const script = fileURLToPath(new URL("../../../scripts/compare-wasmtime.ts", import.meta.url));
const counting = fileURLToPath(new URL("../../../scripts/counting-oracle.ts", import.meta.url));
const node = process.execPath;

function compared(oracle: string): { status: number | null; stdout: string } {
  const args = ["--import", "tsx", script, "--own", "--modules", "16", "--seed", "3", "--oracle", oracle];
  return spawnSync(node, args, { encoding: "utf8", timeout: 60_000 });
}

test("the comparison with Wasmtime finds the meter equal to an oracle that speaks Wasmtime's protocol", () => {
  const { status, stdout } = compared(`${node} --import tsx ${counting}`);
  assert.is(status, 0, stdout);
  const [, equal] = /calls: (\d+) equal, 0 different, 0 that ended otherwise/.exec(stdout) ?? [];
  assert.ok(Number(equal) > 5, stdout);
});

test("the comparison with Wasmtime fails, with each difference, where an oracle counts otherwise", () => {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-oracle-"));
  const wrong = join(folder, "wrong.cjs");
  writeFileSync(
    wrong,
    `require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { calls } = JSON.parse(line);
      console.log(JSON.stringify({ calls: calls.map(() => ({ end: "completed", fuel: 1 })) }));
    });`,
  );
  const { status, stdout } = compared(`${node} ${wrong}`);
  rmSync(folder, { recursive: true });
  assert.is(status, 1, stdout);
  assert.match(stdout, /used \d+ here, 1 there/);
});

test.run();
