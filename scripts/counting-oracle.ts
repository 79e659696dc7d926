// Answers scripts/compare-wasmtime.ts in Wasmtime's stead, by counting operator by operator (test/store/meter/
// counting-module.ts): a module and its calls on each line of standard input, a verdict on each line of standard output.
import { createInterface } from "node:readline";
import { byCounting, type Call } from "../test/store/meter/fuel-comparison.ts";
import { scriptArguments } from "./script-arguments.mjs";

scriptArguments(import.meta.url, {});
for await (const line of createInterface({ input: process.stdin })) {
  const { wasm, calls } = JSON.parse(line) as { wasm: string; calls: Call[] };
  const verdict = byCounting(new Uint8Array(Buffer.from(wasm, "base64")), calls);
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
}
