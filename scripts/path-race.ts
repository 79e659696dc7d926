// The path race at length: a guest opens paths, and calls every other path function, while a thread of the same user
// keeps swapping what they lead through for links to outside. Prints how many opens there were and how many escaped;
// exits 1 when one did. test/store/wasi/race.test.ts runs a few seconds of the same. Linux only.
//
//   node --import tsx scripts/path-race.ts [opens, 1000000 by default] [seed]
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { race } from "../test/store/wasi/race.ts";
import { numberFrom, scriptArguments } from "./script-arguments.mjs";

const { positionals } = scriptArguments(import.meta.url, { allowPositionals: true });
const [opens = 1_000_000, seed = 1] = positionals.map((text) => numberFrom(text, "the number of opens, or the seed"));
const place = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-path-race-")));
const started = performance.now();
let next = 100_000;
const report = await race({
  place,
  opens,
  maxMs: 3_600_000,
  seed,
  progress(count) {
    if (count < next) return;
    process.stdout.write(`${count} opens\n`);
    next += 100_000;
  },
});
rmSync(place, { recursive: true, force: true });
for (const what of report.escapes.slice(0, 20)) process.stdout.write(`ESCAPE ${what}\n`);
process.stdout.write(
  `seed ${seed}: ${report.opens} opens (${report.inside} of them read the guest's own file), ${report.others} other calls, ` +
    `${report.swaps} swaps, ${report.escapes.length} escapes, ${report.leaks} descriptors left, ` +
    `${((performance.now() - started) / 1000).toFixed(0)} s\n`,
);
process.exitCode = report.escapes.length === 0 && report.leaks <= 0 ? 0 : 1;
