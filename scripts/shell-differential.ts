// Runs every script of test/vectors/shell through shell.exec's module and through the machine's bash, and lists what
// differs. `--all` lists the known differences too.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { byBash, byTool, difference, ground, KNOWN, SCRIPTS } from "../test/flow/shell-comparison.ts";
import { scriptArguments } from "./script-arguments.mjs";

const { all } = scriptArguments(import.meta.url, { options: { all: { type: "boolean", default: false } } }).values;
const { openStore } = await import(new URL("../dist/store.js", import.meta.url).href);
const manifest = JSON.parse(readFileSync(new URL("../manifests/shell.exec.json", import.meta.url), "utf8"));
const store = openStore();
const loaded = store.load(readFileSync(new URL("../dist/tools/shell.exec.wasm", import.meta.url)));
const place = ground();

async function run(command: string, folder: string) {
  const { hostCalls, limits } = manifest;
  const roots = [{ guestPath: folder, hostPath: folder, access: "read-write" }];
  const permit = store.permit(loaded.module, { roots, clock: true, random: true, hostCalls, limits });
  const outcome = await store.run(permit, { stdin: Buffer.from(JSON.stringify({ command })) });
  if (outcome.kind === "fault") return { stdout: "", exit_code: -1, stderr: outcome.fault.message };
  const answer = JSON.parse(Buffer.from(outcome.stdout).toString("utf8"));
  return answer.code === undefined ? answer : { stdout: "", exit_code: -2, stderr: answer.message };
}

let same = 0;
const waiting = SCRIPTS.entries();
const lines: string[] = [];
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (const [number, script] of waiting) {
      const [folder, other] = [place.copy(), place.copy()];
      const answer = await run(script, folder);
      const found = difference(byBash(script, other), byTool(answer, folder));
      if (found === undefined) same++;
      if (found === undefined || (KNOWN[script] !== undefined && !all)) continue;
      lines.push(
        `#${number} ${script}\n    ${found}\n    stderr ${JSON.stringify(answer.stderr)}\n    ${KNOWN[script] ?? "not known"}`,
      );
    }
  }),
);
for (const line of lines) process.stdout.write(`${line}\n`);
process.stdout.write(`${same} of ${SCRIPTS.length} the same: ${((100 * same) / SCRIPTS.length).toFixed(1)} %\n`);
place.remove();
await store.close();
