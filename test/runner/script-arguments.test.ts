import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function start(script: string, args: readonly string[]): Promise<Ended> {
  const options = script.endsWith(".ts") ? ["--import", "tsx"] : [];
  return new Promise((resolve) => {
    execFile(process.execPath, [...options, script, ...args], { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const COMMANDS = [
  "scripts/build.mjs",
  "scripts/build-guests.mjs",
  "scripts/demo.mjs",
  "scripts/store-soak.mjs",
  "scripts/test.ts",
  "scripts/wasi-testsuite.mjs",
  "bench/deadline.mjs",
  "bench/metering.mjs",
  "bench/run.mjs",
];

for (const script of COMMANDS) {
  test(`${script} says what it does by --help, and refuses an option that it does not have in one line`, async () => {
    const [help, wrong] = await Promise.all([start(script, ["--help"]), start(script, ["--wrong"])]);
    const comment = /^(?:\/\/.*\n)+/.exec(readFileSync(`${ROOT}/${script}`, "utf8"))?.[0] ?? "";
    assert.is.not(comment, "");
    assert.equal(help, { code: 0, stdout: comment.replace(/^\/\/ ?/gm, ""), stderr: "" });
    assert.equal(wrong, { code: 2, stdout: "", stderr: "Unknown option '--wrong': see --help\n" });
  });
}

const REFUSED: readonly (readonly [script: string, args: readonly string[], says: RegExp])[] = [
  ["scripts/wasi-testsuite.mjs", ["/none/there"], /^there is no folder \/none\/there/],
  ["scripts/wasi-testsuite.mjs", ["src"], /^there is no such module of wasm32-wasip1 in src/],
  ["scripts/store-soak.mjs", ["many"], /^the number of runs is "many", which is no number/],
  ["scripts/store-soak.mjs", ["1", "nobody"], /^no guest nobody: name small/],
  ["scripts/spec-suite.ts", ["/none/there"], /^there is no folder/],
  ["scripts/spec-suite.ts", ["src"], /^there is no such \.wast in src/],
  ["scripts/fuzz-meter.ts", ["none.wasm"], /^there is no file none\.wasm/],
  ["bench/metering.mjs", ["--tier", "none"], /^no tier none: name turbofan/],
  ["bench/metering.mjs", ["--source", "src"], /^src is no checkout/],
  ["bench/metering.mjs", ["--rounds", "-1"], /^Option '--rounds' argument is ambiguous/],
  ["bench/real-programs.mjs", ["--only", "none"], /^no program has "none" in its name/],
  ["bench/deadline.mjs", ["x"], /^rounds is "x"/],
];

for (const [script, args, says] of REFUSED) {
  test(`${script} ${args.join(" ")} is refused in one line, with exit code 2`, async () => {
    const { code, stdout, stderr } = await start(script, args);
    assert.is(code, 2, stderr);
    assert.is(stdout, "");
    assert.match(stderr, says);
    assert.match(stderr, /^[^\n]+: see --help\n$/);
  });
}

test.run();
