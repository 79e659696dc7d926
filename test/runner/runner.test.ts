import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FileReport } from "../../scripts/test-child.ts";

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

async function runFixture(name: string): Promise<{ report: FileReport | undefined; code: number | null }> {
  const child = fork(here("../../scripts/test-child.ts"), [here(`fixtures/${name}.fixture.ts`)], {
    cwd: here("../.."),
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    execArgv: ["--import", "tsx"],
    env: { ...process.env, TSX_TSCONFIG_PATH: "test/tsconfig.json" },
  });
  let report: FileReport | undefined;
  child.on("message", (message) => {
    report = message as FileReport;
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { report, code };
}

const mustFail: readonly [fixture: string, problem: RegExp][] = [
  ["fails", /1 of 1 tests failed/],
  ["forgotten-run", /1 tests never run: call \.run\(\)/],
  ["throwing-before", /a hook threw|no database/],
  ["throwing-before-each", /tests failed/],
  ["throwing-after", /no database/],
  ["throwing-after-each", /a hook threw|tests failed|no database/],
  ["only", /"only" hides every other test/],
  ["no-test", /ran no test/],
  ["rejects-unheard", /nobody listened: Error: unheard/],
];

for (const [fixture, problem] of mustFail) {
  test(`the runner fails on ${fixture}, which uvu alone may pass`, async () => {
    const { report, code } = await runFixture(fixture);
    assert.is(code, 1);
    assert.match(report?.problems.join("\n") ?? "", problem);
  });
}

test("the runner passes a file whose tests pass", async () => {
  const { report, code } = await runFixture("passes");
  assert.is(code, 0);
  assert.equal(report, { passed: 1, failed: 0, skipped: 0, problems: [] });
});

test("properties are tried with the same inputs in every run", () => {
  const numbers = () => fc.sample(fc.nat(), 20);
  assert.equal(numbers(), numbers());
});

test.run();
