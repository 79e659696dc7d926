// A part of the scripts that scripts/shell-differential.ts runs whole: through the built program and through bash.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Served, scratch } from "./program.ts";
import { byBash, byTool, difference, ground, KNOWN, SCRIPTS } from "./shell-comparison.ts";

const SAMPLE = 60;
const hasBash = spawnSync("bash", ["-c", "jq --version && bc --version"]).status === 0;

/** Scripts of the list, the same for a seed. */
function sample(seed: number): string[] {
  let state = seed;
  const picked = new Set<string>();
  while (picked.size < SAMPLE) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    picked.add(SCRIPTS[state % SCRIPTS.length] as string);
  }
  return [...picked];
}

test("the list is long enough, and no more than one in twenty is known to differ", () => {
  assert.ok(new Set(SCRIPTS).size >= 300);
  const known = Object.keys(KNOWN);
  for (const script of known) assert.ok(SCRIPTS.includes(script), `no such script: ${script}`);
  assert.ok(known.length <= SCRIPTS.length / 20);
});

(hasBash ? test : test.skip)(
  "scripts come to the same in the store as in the machine's bash, but for those known",
  async () => {
    const seed = Number(process.env.SEED ?? 49);
    const place = scratch();
    const copies = ground();
    writeFileSync(join(place.home, "own.cedar"), "permit (principal, action, resource);\n");
    const roots = new Map(sample(seed).map((script) => [script, copies.copy()]));
    const served = new Served(place, [...roots.values(), "--policy", join(place.home, "own.cedar")]);
    await served.initialize();
    const others: string[] = [];
    for (const [script, folder] of roots) {
      const { structuredContent: answer } = await served.call("shell_exec", {
        command: `export HOME=${folder}\n${script}`,
        cwd: folder,
      });
      const found = difference(byBash(script, copies.copy()), byTool(answer, folder));
      if (found !== undefined && KNOWN[script] === undefined) others.push(`${script}\n  ${found}`);
    }
    await served.close();
    copies.remove();
    place.remove();
    assert.equal(others, [], `SEED=${seed}`);
  },
);

test.run();
