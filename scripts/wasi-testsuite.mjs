// Runs the prebuilt preview1 modules of WebAssembly/wasi-testsuite (branch prod/testsuite-base) through the built
// store: metered, in the worker pool, each with a fresh copy of its root.
//
//   npm run build && node scripts/wasi-testsuite.mjs <checkout> [word of the test's name …]
//
// The checkout may also be named by WASI_TESTSUITE; without either nothing is run, and a line says so. One that is named
// and not there, or has no such module, is exit code 2. Prints each test that failed, then "N of M"; exits 1 unless all
// passed.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { builtStore } from "./built-store.mjs";
import { folderAt, refuseArguments, scriptArguments } from "./script-arguments.mjs";

const VERSION = "wasm32-wasip1";
const LIMITS = { fuel: 10_000_000_000, memoryBytes: 64 * 1024 * 1024, deadlineMs: 30_000, outputBytes: 1024 * 1024 };

const say = (text) => process.stdout.write(`${text}\n`);

/** The modules below each manifest of this version, with what is expected of each (test-runner/…/test_case.py). */
function findCases(checkout, words) {
  const names = readdirSync(checkout, { recursive: true, encoding: "utf8" });
  const folders = names
    .filter((name) => basename(name) === "manifest.json")
    .map((name) => join(checkout, name))
    .filter((path) => JSON.parse(readFileSync(path, "utf8")).version === VERSION)
    .map(dirname)
    .sort();
  return folders
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".wasm"))
        .sort()
        .map((name) => {
          const config = join(folder, name.replace(/\.wasm$/, ".json"));
          return { folder, name, expected: existsSync(config) ? JSON.parse(readFileSync(config, "utf8")) : {} };
        }),
    )
    .filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
}

/** What is wrong with what a test did; undefined when it passed. */
async function run(store, { folder, name, expected }) {
  const loaded = store.load(readFileSync(join(folder, name)));
  if (!loaded.ok) return loaded.fault.message;
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-wasi-testsuite-")));
  try {
    const roots = [];
    if (expected.root !== undefined) {
      const hostPath = join(scratch, "root");
      cpSync(join(folder, expected.root), hostPath, { recursive: true });
      roots.push({ guestPath: "/", hostPath, access: "read-write" });
    }
    const permit = store.permit(loaded.module, {
      roots,
      clock: true,
      random: true,
      args: [name, ...(expected.args ?? [])],
      env: expected.env ?? {},
      limits: LIMITS,
    });
    const outcome = await store.run(permit, { stdin: new Uint8Array(0) });
    const stderr = Buffer.from(outcome.stderr).toString().trim();
    if (outcome.kind === "fault") return `${outcome.fault.code}: ${outcome.fault.message}\n${stderr}`;
    if (outcome.exitCode !== (expected.exit_code ?? 0)) return `exit code ${outcome.exitCode}\n${stderr}`;
    const stdout = Buffer.from(outcome.stdout).toString();
    if (expected.stdout !== undefined && stdout !== expected.stdout) return `stdout ${JSON.stringify(stdout)}`;
    return undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const { positionals } = scriptArguments(import.meta.url, { allowPositionals: true });
const [checkout = process.env.WASI_TESTSUITE, ...words] = positionals;
if (checkout === undefined) {
  say("skipped: no checkout of wasi-testsuite was named");
} else {
  const cases = findCases(folderAt(checkout), words);
  if (cases.length === 0) refuseArguments(`there is no such module of ${VERSION} in ${checkout}`);
  const { openStore } = await builtStore();
  const store = openStore();
  let passed = 0;
  for (const test of cases) {
    const problem = await run(store, test);
    if (problem === undefined) passed++;
    else say(`FAIL ${test.name}: ${problem.replaceAll("\n", "\n     ")}`);
  }
  await store.close();
  say(`${passed} of ${cases.length}`);
  process.exitCode = passed === cases.length ? 0 : 1;
}
