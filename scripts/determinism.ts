// Holds the tiers of V8, and other Nodes, against each other: node --import tsx scripts/determinism.ts [--modules 200] [NODE ...]
//
// The same hostile guests and random modules, each cut off at several budgets, run in a process for each tier of this Node
// and of each NODE (a path to another Node's executable). Prints every run whose end, fuel or memory is not the same
// everywhere, and exits 1 if there is one. The suite does the same with fewer modules (test/store/determinism.test.ts).
import { differences, type Figures, figuresOfProcess, TIERS } from "../test/store/determinism.ts";
import { fileAt, numberFrom, scriptArguments } from "./script-arguments.mjs";

const { values, positionals } = scriptArguments(import.meta.url, {
  allowPositionals: true,
  options: { modules: { type: "string", default: "200" } },
});

const modules = numberFrom(values.modules, "--modules");
const nodes = [process.execPath, ...positionals.map(fileAt)];
let first: Figures | undefined;
let found = 0;
for (const node of nodes) {
  for (const [name, flags] of TIERS) {
    const figures = await figuresOfProcess(node, flags, modules);
    first ??= figures;
    const different = differences(first, figures);
    found += different.length;
    process.stdout.write(
      `${node}, ${name}: ${Object.keys(figures).length} figures, ${different.length} not the same\n`,
    );
    for (const sentence of different) process.stdout.write(`  ${sentence}\n`);
  }
}
process.exitCode = found === 0 ? 0 : 1;
