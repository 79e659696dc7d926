// Compares fuel with Wasmtime: node --import tsx scripts/compare-wasmtime.ts [--modules 2000] [--seed 1] [FILE.wasm ...]
//
// Makes random modules, of the test generator and of `wasm-opt -ttf` where that is on the PATH, runs every export in the
// store's meter and in Wasmtime (Python's `wasmtime` package: pip install wasmtime), and compares the fuel of each call
// that completes, to the unit. Given files are compared as well. Says so and ends where Wasmtime is not there.
// `--own` leaves wasm-opt out. `--oracle COMMAND` (split at spaces) takes another oracle that speaks the protocol of scripts/wasmtime-oracle.py, as
// scripts/counting-oracle.ts does. Exits 1 where anything differs.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  byMeter,
  COMPARISON_FUEL,
  callsOf,
  compare,
  newTally,
  type Verdict,
} from "../test/store/meter/fuel-comparison.ts";
import { wat } from "../test/store/meter/metered-run.ts";
import { dice, type Roll } from "../test/store/meter/mutation.ts";
import { randomModule } from "../test/store/meter/random-module.ts";
import { BINARYEN_FEATURES } from "./binaryen-features.ts";
import { fileAt, numberFrom, scriptArguments } from "./script-arguments.mjs";

const { values, positionals } = scriptArguments(import.meta.url, {
  allowPositionals: true,
  options: {
    modules: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    oracle: { type: "string" },
    own: { type: "boolean", default: false },
  },
});

const files = positionals.map(fileAt);
const randomModules = numberFrom(values.modules, "--modules");
const seed = numberFrom(values.seed, "--seed");

/** An oracle that answers one line for each line. */
class Oracle {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(command: readonly string[]) {
    this.#child = spawn(command[0]!, command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async ask(request: unknown): Promise<Verdict> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error("the oracle ended before its answer");
    return JSON.parse(value) as Verdict;
  }

  close(): void {
    this.#child.stdin!.end();
  }
}

function oracleCommand(): string[] | undefined {
  if (values.oracle !== undefined) return values.oracle.split(" ");
  const script = fileURLToPath(new URL("./wasmtime-oracle.py", import.meta.url));
  const found = spawnSync("python3", ["-c", "import wasmtime"]).status === 0;
  return found ? ["python3", script] : undefined;
}

function* modules(roll: Roll): Generator<readonly [name: string, bytes: Uint8Array]> {
  for (const file of files) yield [file, new Uint8Array(readFileSync(file))];
  const binaryen = !values.own && spawnSync("wasm-opt", ["--version"]).status === 0;
  const folder = mkdtempSync(join(tmpdir(), "compare-wasmtime-"));
  for (let i = 0; i < randomModules; i++) {
    if (binaryen && i % 2 === 0) {
      const from = Uint8Array.from({ length: 500 + roll(8_000) }, () => roll(256));
      writeFileSync(join(folder, "in"), from);
      const args = ["-ttf", join(folder, "in"), "-o", join(folder, "out.wasm"), "--denan", ...BINARYEN_FEATURES];
      if (spawnSync("wasm-opt", args).status !== 0) continue;
      yield [`wasm-opt's number ${i}`, new Uint8Array(readFileSync(join(folder, "out.wasm")))];
    } else {
      const number = roll(2 ** 31);
      const { plain, catches } = randomModule(number);
      if (!catches) yield [`random module ${number}`, wat(plain)]; // Wasmtime knows no legacy exceptions
    }
  }
  rmSync(folder, { recursive: true, force: true });
}

const command = oracleCommand();
if (command === undefined) {
  process.stdout.write("skipped: Wasmtime is not here: pip install wasmtime\n");
} else {
  const oracle = new Oracle(command);
  const roll = dice(seed);
  const tally = newTally();
  let compared = 0;
  let refused = 0;
  for (const [name, bytes] of modules(roll)) {
    const calls = callsOf(bytes, roll);
    const ours = byMeter(bytes, calls);
    const theirs = await oracle.ask({ wasm: Buffer.from(bytes).toString("base64"), calls, fuel: COMPARISON_FUEL });
    if ("refused" in ours || "refused" in theirs) refused++;
    else compared++;
    for (const sentence of compare(calls, ours, theirs, tally)) process.stdout.write(`${name}: ${sentence}\n`);
  }
  oracle.close();
  process.stdout.write(
    `${compared} modules compared, ${refused} refused by one; calls: ${tally.equal} equal, ${tally.different} different, ` +
      `${tally.contradicted} that ended otherwise, ${tally.incomplete} that did not complete\n`,
  );
  process.exitCode = tally.different + tally.contradicted === 0 ? 0 : 1;
}
