// Kills hosts at random moments while they work, on one state directory, and looks each time whether all that clients were
// told is there, once, and nothing half done. Exits 1 with what it found. test/flow/kill.test.ts runs a few rounds of the
// same. Needs the built program.
//
//   node --import tsx scripts/kill-soak.ts [rounds, 1000 by default] [hosts at a time, 2] [seed, 1]
import { killRounds } from "../test/flow/kill-rounds.ts";
import { scratch } from "../test/flow/program.ts";
import { numberFrom, scriptArguments } from "./script-arguments.mjs";

const { positionals } = scriptArguments(import.meta.url, { allowPositionals: true });
const [rounds = 1000, hosts = 2, seed = 1] = positionals.map((text: string) =>
  numberFrom(text, "rounds, hosts or seed"),
);
const place = scratch();
const started = performance.now();
const report = await killRounds({ place, rounds, hosts, seed, log: (line) => process.stdout.write(`${line}\n`) });
for (const finding of report.findings.slice(0, 20)) process.stdout.write(`FOUND ${finding}\n`);
process.stdout.write(
  `seed ${seed}: ${report.rounds} rounds of ${hosts} hosts, ${report.acknowledged} messages acknowledged, ${report.handled} handled, ${report.written} files, ` +
    `${report.values} values, ${report.openIntents} open intents, ${report.findings.length} findings, ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
);
if (report.findings.length === 0) place.remove();
else process.stdout.write(`the state is in ${place.state}\n`);
process.exitCode = report.findings.length === 0 ? 0 : 1;
