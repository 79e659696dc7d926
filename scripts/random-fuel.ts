// Compares the meter's fuel with what random modules count of themselves, on the newest proposals.
//
//   node --import tsx scripts/random-fuel.ts --modules <folder> [runs] [seed]
//
// The modules use typed references, garbage collection, try_table and a second memory of 64 bits, as far as the engine
// has them (Node.js 24 with --experimental-wasm-exnref has all). They are assembled by wasm-tools, out of
// @bytecodealliance/jco below <folder>/node_modules. Each must give the same answer and memory, exactly the same fuel,
// and run with that much fuel but not with less. Prints every difference with its seed; exits 1 if there is any.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { unsupportedByEngine } from "../src/store/meter/engine-support.ts";
import { FEATURES, featureSet } from "../src/store/meter/features.ts";
import { runMetered } from "../test/store/meter/metered-run.ts";
import { randomModule } from "../test/store/meter/random-module.ts";
import { folderAt, numberFrom, refuseArguments, scriptArguments } from "./script-arguments.mjs";

const { values, positionals } = scriptArguments(import.meta.url, {
  allowPositionals: true,
  options: { modules: { type: "string" } },
});
if (values.modules === undefined)
  refuseArguments("name the folder that has node_modules/@bytecodealliance/jco by --modules");
const [runs = 1000, first = 1] = positionals.map((text) => numberFrom(text, "the number of runs, or the seed"));
const assembler = assemblerBelow(folderAt(values.modules));
const { parse } = (await import(pathToFileURL(assembler).href)) as {
  parse: (text: string) => Promise<Uint8Array<ArrayBuffer>>;
};
const newer = {
  secondMemory: unsupportedByEngine(["multiMemory", "memory64"]) === undefined,
  references: unsupportedByEngine(["exceptions", "functionReferences", "gc"]) === undefined,
};
const features = featureSet(Object.fromEntries(FEATURES.map((feature) => [feature, true])));
let completed = 0;
let different = 0;
for (let seed = first; seed < first + runs; seed++) {
  const { plain, counting } = randomModule(seed, newer);
  const argument = seed % 21;
  const imports = () => ({ h: { f: host(/\btry/.test(plain)) } });
  const oracle = new WebAssembly.Instance(new WebAssembly.Module(await parse(counting)), imports()).exports;
  const expected = settle(() => oracle.f(argument));
  const bytes = await parse(plain);
  const run = (fuel?: number) =>
    runMetered(bytes, {
      name: "f",
      args: [argument],
      imports: imports(),
      features,
      ...(fuel === undefined ? {} : { fuel }),
    });
  const free = run();
  const fuel = Number(oracle.n.value);
  const sameMemory = Buffer.from(free.memory).equals(Buffer.from(oracle.memory.buffer));
  if (free.result !== expected || !sameMemory) differs(seed, `${expected}, metered ${free.result}`);
  if (typeof expected === "string" && !/\btry/.test(plain)) continue;
  completed++;
  if (free.fuel !== fuel) differs(seed, `fuel ${fuel}, metered ${free.fuel}`);
  else if (run(fuel).left !== 0 || run(fuel - 1).left >= 0) differs(seed, `a budget of ${fuel} is not exact`);
}
console.log(
  `Node.js ${process.version}, second memory ${newer.secondMemory}, references ${newer.references}: ` +
    `${runs} modules, ${completed} completed, ${different} differences`,
);
process.exitCode = different > 0 || completed === 0 ? 1 : 0;

function assemblerBelow(folder: string): string {
  try {
    return createRequire(join(resolve(folder), "none.js")).resolve("@bytecodealliance/jco");
  } catch {
    return refuseArguments(`there is no @bytecodealliance/jco below ${folder}/node_modules`);
  }
}

/** Throws every third time where the guest may catch it. */
function host(throws: boolean): (x: number) => number {
  let calls = 0;
  return (x) => {
    if (throws && ++calls % 3 === 0) throw new Error("from the host");
    return (x * 7) | 0;
  };
}

function settle(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return `threw: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function differs(seed: number, how: string): void {
  different++;
  console.log(`seed ${seed}: expected ${how}`);
}
