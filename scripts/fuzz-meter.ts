// Fuzzes the meter: node --import tsx scripts/fuzz-meter.ts [--seconds 60] [--rounds N] [--seed N] [--out DIR] [FILE.wasm ...]
//
// Mutates the project's own modules (dist/tools, so build first), the test generator's and the given ones, and takes new
// ones from `wasm-opt -ttf` where that is on the PATH. What it holds the meter to stands in test/store/meter/fuzz.ts.
// Rounds run in a child process: a crash or a hang (20 s) is a find as well. Finds are made smaller and written to DIR
// (fuzz-finds by default) with what is wrong beside them. The same seed and files give the same rounds, but for those of
// wasm-opt. Ends with what was counted; exits 1 where anything was found.
import { fork, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Find,
  type FuzzCounts,
  fuzzCheck,
  fuzzCorpus,
  fuzzModule,
  minimised,
  newCounts,
} from "../test/store/meter/fuzz.ts";
import { dice } from "../test/store/meter/mutation.ts";
import { BINARYEN_FEATURES } from "./binaryen-features.ts";
import { fileAt, numberFrom, scriptArguments } from "./script-arguments.mjs";

const HANG_MS = 20_000;
const LOOK_MS = 500;
/** One round in so many takes a module from wasm-opt. */
const FROM_BINARYEN = 50;

interface FromChild {
  readonly round: number;
  readonly find?: { readonly what: string; readonly hex: string };
  readonly counts?: FuzzCounts;
}

const { values, positionals } = scriptArguments(import.meta.url, {
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    rounds: { type: "string", default: "1000000000" },
    seed: { type: "string", default: String(Math.floor(Date.now() / 1000)) },
    out: { type: "string", default: "fuzz-finds" },
    child: { type: "string" },
  },
});
const seed = numberFrom(values.seed, "--seed");
const rounds = numberFrom(values.rounds, "--rounds");
const end = Date.now() + numberFrom(values.seconds, "--seconds") * 1000;
const files = positionals.length > 0 ? positionals.map(fileAt) : ownModules();
const corpus = fuzzCorpus(files.map((file) => new Uint8Array(readFileSync(file))));

/** Modules of scripts are megabytes of data: name one to have it mutated. */
const MOST_BYTES = 64 * 1024;

function ownModules(): string[] {
  const folder = fileURLToPath(new URL("../dist/tools/", import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith(".wasm"))
    .sort()
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).size <= MOST_BYTES);
}

async function runChild(first: number): Promise<void> {
  const counts = newCounts();
  const binaryen = spawnSync("wasm-opt", ["--version"]).status === 0;
  const folder = mkdtempSync(join(tmpdir(), "fuzz-meter-"));
  for (let round = first; round < rounds && Date.now() < end; round++) {
    if (round % 16 === 0) {
      process.send?.({ round, counts } satisfies FromChild);
      await new Promise((done) => setImmediate(done)); // what was said gets out
    }
    const bytes =
      binaryen && round % FROM_BINARYEN === FROM_BINARYEN - 1
        ? fromBinaryen(folder, seed ^ round)
        : fuzzModule(seed, round, corpus);
    if (bytes === undefined) continue;
    process.send?.({ round } satisfies FromChild);
    const find = fuzzCheck(bytes, counts);
    if (find === undefined) continue;
    const small = minimised(find);
    process.send?.({ round, find: { what: small.what, hex: Buffer.from(small.bytes).toString("hex") } });
  }
  rmSync(folder, { recursive: true, force: true });
  process.send?.({ round: Number.POSITIVE_INFINITY, counts } satisfies FromChild, () => process.exit(0));
}

/** A random valid module that wasm-opt makes of random bytes, without NaNs, whose bits differ between tiers. */
function fromBinaryen(folder: string, from: number): Uint8Array | undefined {
  const roll = dice(from);
  writeFileSync(
    join(folder, "in"),
    Uint8Array.from({ length: 500 + roll(6_000) }, () => roll(256)),
  );
  const args = ["-ttf", join(folder, "in"), "-o", join(folder, "out.wasm"), "--denan", ...BINARYEN_FEATURES];
  if (spawnSync("wasm-opt", args, { timeout: HANG_MS / 2 }).status !== 0) return undefined;
  return new Uint8Array(readFileSync(join(folder, "out.wasm")));
}

async function runParent(): Promise<number> {
  const total = newCounts();
  let finds = 0;
  let next = 0;
  const keep = ({ what, bytes }: Find, round: number): void => {
    finds++;
    mkdirSync(values.out, { recursive: true });
    const name = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    writeFileSync(join(values.out, `${name}.wasm`), bytes);
    writeFileSync(join(values.out, `${name}.txt`), `seed ${seed}, round ${round}: ${what}\n`);
    process.stdout.write(`round ${round}: ${what} (${join(values.out, name)}.wasm)\n`);
  };
  while (next < rounds && Date.now() < end) {
    let heard = Date.now();
    let round = next;
    let counts = newCounts();
    const left = String(Math.ceil((end - Date.now()) / 1000));
    const args = ["--child", String(next), "--seed", String(seed), "--seconds", left, "--rounds", values.rounds];
    const child = fork(fileURLToPath(import.meta.url), [...args, ...files], { execArgv: ["--import", "tsx"] });
    child.on("message", (message: FromChild) => {
      heard = Date.now();
      round = message.round;
      if (message.counts !== undefined) counts = message.counts;
      if (message.find !== undefined) {
        keep({ what: message.find.what, bytes: new Uint8Array(Buffer.from(message.find.hex, "hex")) }, round);
      }
    });
    const watch = setInterval(() => {
      if (Date.now() - heard > HANG_MS) child.kill("SIGKILL");
    }, LOOK_MS);
    const status = await new Promise<number | string>((done) =>
      child.on("close", (code, signal) => done(code ?? signal ?? "nothing")),
    );
    clearInterval(watch);
    if (status !== 0) keep({ what: `the process ended by ${status}`, bytes: fuzzModule(seed, round, corpus) }, round);
    add(total, counts);
    next = round + 1;
  }
  const { equal, different, contradicted, incomplete } = total.calls;
  process.stdout.write(
    `seed ${seed}: ${total.rounds} modules, ${total.valid} valid, ${total.refused} of them refused by name; ` +
      `calls: ${equal} with the same fuel, ${different} with another, ${contradicted} that ended otherwise, ` +
      `${incomplete} that did not complete; ${finds} finds\n`,
  );
  return finds;
}

function add(total: FuzzCounts, more: FuzzCounts): void {
  total.rounds += more.rounds;
  total.valid += more.valid;
  total.refused += more.refused;
  for (const key of ["equal", "different", "contradicted", "incomplete"] as const) total.calls[key] += more.calls[key];
}

if (values.child !== undefined) await runChild(Number(values.child));
else process.exitCode = (await runParent()) === 0 ? 0 : 1;
