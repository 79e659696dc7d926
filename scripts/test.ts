// Runs the tests: `npm test` all of them, `npm test -- chain/ wasi` those whose path holds one of the words.
//
// Each file runs in a process of its own, two at a time. uvu alone passes when a hook throws, when `.run()` was
// forgotten, when `only` was left in and when nothing matched: each of these fails here (scripts/test-child.ts).
// Ends by printing "N passed, N failed" alone on a line; exits 1 unless everything passed.
import { fork } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { scriptArguments } from "./script-arguments.mjs";
import type { FileReport } from "./test-child.ts";

const FILES_AT_ONCE = 2;
/** A file that takes longer hangs: it is ended and counted as failed. */
const FILE_TIMEOUT_MS = 240_000;
/** How long a file may go on after its last test: longer means that it left something running. */
const EXIT_GRACE_MS = 10_000;

const root = fileURLToPath(new URL("..", import.meta.url));
const { positionals: words } = scriptArguments(import.meta.url, { allowPositionals: true });
const files = readdirSync(new URL("../test", import.meta.url), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `test/${name}`)
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();

interface FileResult extends FileReport {
  readonly file: string;
  /** Names of the tests that failed, as uvu prints them. */
  readonly failures: readonly string[];
}

/** Before the name of a test that failed, in what uvu prints. */
const FAILURE = /^ *FAIL +/;

async function runFile(file: string): Promise<FileResult> {
  const output: Buffer[] = [];
  let report: FileReport | undefined;
  let ended: string | undefined;
  const child = fork(fileURLToPath(new URL("test-child.ts", import.meta.url)), [file], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    execArgv: ["--import", "tsx"],
    // test/tsconfig.json sends `import "uvu"` to test/guarded-uvu.ts, and "fast-check" to test/seeded-fast-check.ts.
    env: { ...process.env, TSX_TSCONFIG_PATH: "test/tsconfig.json", FORCE_COLOR: "0" },
  });
  const stop = (why: string) => {
    ended ??= why;
    child.kill("SIGKILL");
  };
  const deadline = setTimeout(() => stop(`did not end within ${FILE_TIMEOUT_MS / 1000} s`), FILE_TIMEOUT_MS);
  let grace: NodeJS.Timeout | undefined;
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => output.push(chunk));
  child.on("message", (message) => {
    report = message as FileReport;
    grace = setTimeout(() => stop("left something running after its last test"), EXIT_GRACE_MS);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearTimeout(deadline);
  clearTimeout(grace);
  if (report === undefined) ended ??= `ended before its tests did, with exit code ${code}`;
  else if (code !== 0) ended ??= `exited with code ${code}`;
  const problems = [...(report?.problems ?? []), ...(ended === undefined ? [] : [ended])];
  const printed = problems.length > 0 ? Buffer.concat(output) : Buffer.alloc(0);
  process.stdout.write(printed);
  const failures = printed
    .toString("utf8")
    .split("\n")
    .filter((line) => FAILURE.test(line))
    .map((line) => line.replace(FAILURE, ""));
  return {
    file,
    failures,
    passed: report?.passed ?? 0,
    failed: report?.failed ?? 0,
    skipped: report?.skipped ?? 0,
    problems,
  };
}

const results: FileResult[] = [];
const waiting = [...files];
await Promise.all(
  Array.from({ length: FILES_AT_ONCE }, async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const started = performance.now();
      const result = await runFile(file);
      results.push(result);
      const mark = result.problems.length === 0 ? "ok  " : "FAIL";
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const counts = `${result.passed} passed${result.skipped > 0 ? `, ${result.skipped} skipped` : ""}`;
      process.stdout.write(`${mark} ${file} (${counts}, ${seconds} s)\n`);
      for (const problem of result.problems) process.stdout.write(`     ${problem}\n`);
    }
  }),
);

const sum = (key: "passed" | "failed" | "skipped") => results.reduce((total, result) => total + result[key], 0);
if (files.length === 0) process.stdout.write(`no test file matches ${words.join(" ")}\n`);
// A file with a problem counts as one failure at least, also when none of its tests could run.
const broken = results.filter((result) => result.problems.length > 0 && result.failed === 0).length;
const failed = sum("failed") + broken + (files.length === 0 ? 1 : 0);
const skipped = sum("skipped");
// Said once more at the end, where whoever reads a long log looks first.
for (const { file, failures, problems } of results.filter(({ problems }) => problems.length > 0)) {
  process.stdout.write(`FAIL ${file}\n${[...failures, ...problems].map((line) => `     ${line}\n`).join("")}`);
}
process.stdout.write(`${sum("passed")} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
process.exitCode = failed === 0 ? 0 : 1;
