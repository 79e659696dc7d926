// Cuts a deploy off in each of its steps to the disk, torn there and refused there, and looks at what is left.
// test/flow/tool-killed.test.ts and tool-disk-errors.test.ts do so for every third step. Needs the built program.
//
//   node --import tsx scripts/deploy-cuts.ts
import { scratch } from "../test/flow/program.ts";
import { interruptSteps } from "../test/flow/tool-interrupted.ts";
import { scriptArguments } from "./script-arguments.mjs";

scriptArguments(import.meta.url, {});
for (const how of ["torn", "error"] as const) {
  const place = scratch();
  const steps = await interruptSteps(place, how, 1);
  process.stdout.write(`${how} at each of ${steps} steps: the old version or the new one, whole\n`);
  place.remove();
}
