// Runs the tests of one file and reports what uvu itself would let pass. Started by scripts/test.ts.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

export interface FileReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why the file fails although single tests may have passed; empty when all is well. */
  readonly problems: readonly string[];
}

/** What a queued suite answers: errors as text or true, tests that passed, tests skipped, tests in all. */
type SuiteRun = () => Promise<[string | true, number, number, number]>;

const runner = globalThis as { UVU_DEFER?: number; UVU_QUEUE?: SuiteRun[][] };
// Keeps uvu from running suites by itself: they wait in the queue.
runner.UVU_DEFER = 1;
runner.UVU_QUEUE = [[]];

const { unfinishedSuites } = await import("../test/guarded-uvu.ts");
const file = process.argv[2] ?? "";
const problems: string[] = [];
let passed = 0;
let failed = 0;
let skipped = 0;

process.on("unhandledRejection", (reason) => {
  problems.push(
    `a promise was rejected and nobody listened: ${reason instanceof Error ? reason.stack : String(reason)}`,
  );
});

try {
  await import(pathToFileURL(resolve(file)).href);
  problems.push(...unfinishedSuites());
  const suites = runner.UVU_QUEUE[0] ?? [];
  for (const run of suites) {
    const [errors, ran, skips, total] = await run();
    passed += ran;
    skipped += skips;
    failed += total - ran;
    if (errors !== true) {
      process.stdout.write(errors);
      problems.push(`${total - ran} of ${total} tests failed`);
    } else if (ran !== total) {
      problems.push(`a hook threw: only ${ran} of ${total} tests passed`);
    }
  }
  if (passed + failed + skipped === 0) problems.push("ran no test");
} catch (error) {
  problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

// One turn later, so that a rejection of the last test is still heard.
setTimeout(() => {
  process.exitCode = problems.length === 0 ? 0 : 1;
  process.send?.({ passed, failed, skipped, problems } satisfies FileReport, undefined, undefined, () =>
    process.disconnect?.(),
  );
}, 20);
