// A deploy that is cut off, torn or refused by the disk at each step that it takes there: the version before stays active
// until the event that makes the new one active, the state stays whole, and the deploy can be done again.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { openChain } from "../../src/chain/chain.ts";
import { checkDeployed } from "../../src/host/tools/check-deployed.ts";
import { loadDocumentCheck } from "../../src/host/tools/document-check.ts";
import { DAMAGED } from "../../src/kernel/rows.ts";
import { activeVersions, versionsOf } from "../../src/kernel/tools/versions.ts";
import { type Finished, MAIN, run, type Scratch } from "./program.ts";
import { saying, toolFolder } from "./tool-folder.ts";
import { tool } from "./tool-ground.ts";

const NAME = "acme.greet";
const FAILING = fileURLToPath(new URL("./failing-writes.mjs", import.meta.url));
const ROOT = new URL("../..", import.meta.url);

type How = "count" | "torn" | "error";

/** `tool …` with a step to the disk that does not come to pass. */
function broken(place: Scratch, state: string, args: readonly string[], how: How, step = 0): Promise<Finished> {
  const env = { ...place.env, TOLLGATE_TEST_HOW: how, TOLLGATE_TEST_STEP: String(step) };
  const all = ["--import", FAILING, MAIN, "tool", ...args, "--state-dir", state];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env, cwd: place.root }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** What is active, and which versions there are, in a state that opens and in which every version is as it was deployed. */
async function look(directory: string, what: string): Promise<{ active: string; versions: string[] }> {
  const check = await loadDocumentCheck(ROOT);
  const opened = openChain({
    directory,
    clock: Date.now,
    random: (n) => crypto.getRandomValues(new Uint8Array(n)),
    host: { id: "looks" },
  });
  if (!opened.ok) throw new Error(`${what}: ${opened.fault.message}`);
  try {
    return opened.chain.read((state) => {
      const wrong = checkDeployed(state, directory, { requireSignatures: false }, check).filter(({ ok }) => !ok);
      assert.equal(wrong, [], what);
      const active = activeVersions(state).map(({ record }) => (record === DAMAGED ? "damaged" : record.version));
      return { active: active.join(), versions: versionsOf(state, NAME).map(({ version }) => version) };
    });
  } finally {
    await opened.chain.close();
  }
}

/** Does `work` for each step, or for every so many of them, some at a time. */
async function eachOf(steps: number, every: number, work: (step: number) => Promise<void>): Promise<void> {
  let next = every;
  const lane = async () => {
    for (let step = next; step <= steps; step = next) {
      next += every;
      await work(step);
    }
  };
  await Promise.all([lane(), lane(), lane()]);
}

/** How many steps a command takes on a copy of the state, which must be told of in the order in which they come. */
async function stepsOf(place: Scratch, args: readonly string[]): Promise<number> {
  const state = join(place.home, "counted");
  cpSync(place.state, state, { recursive: true });
  const counted = await broken(place, state, args, "count");
  assert.is(counted.code, 0, counted.stderr);
  const steps = [...counted.stderr.matchAll(/^step (\d+) (\w+) (.*)$/gm)];
  assert.equal(
    steps.map(([, number]) => Number(number)),
    steps.map((_, at) => at + 1),
  );
  return steps.length;
}

/**
 * Has a deploy cut off in its steps, or refused by the disk there, each on a state of its own, and looks at what is left.
 * That takes a process a step: the suite does it for every third of them, `scripts/deploy-cuts.ts` for all. Answers how many.
 */
export async function interruptSteps(place: Scratch, how: "torn" | "error", every = 3): Promise<number> {
  await tool(place, "deploy", toolFolder(place, "v1"), "--activate");
  const args = ["deploy", toolFolder(place, "v2", { version: "1.1.0" }, saying("second")), "--activate", "--accept"];
  const steps = await stepsOf(place, args);
  assert.ok(steps >= 35, `only ${steps} steps are seen`);
  mkdirSync(join(place.home, "cases"));
  const seen = new Set<string>();
  await eachOf(steps, every, async (step) => {
    const state = join(place.home, "cases", String(step));
    cpSync(place.state, state, { recursive: true });
    const cut = await broken(place, state, args, how, step);
    const says = `${how} at ${step} of ${steps}: ${cut.stderr}`;
    if (how === "torn") assert.is(cut.code, -1, says);
    else {
      assert.ok([0, 1, 3].includes(cut.code), says);
      assert.not.match(cut.stderr, /\n {4}at /, says);
      if (cut.code !== 0) assert.match(cut.stderr, /^tollgate: [^\n]*EIO[^\n]*\n/, says);
    }
    const { active, versions } = await look(state, says);
    const came = `${active} of ${versions}`;
    assert.ok(["1.0.0 of 1.0.0", "1.0.0 of 1.0.0,1.1.0", "1.1.0 of 1.0.0,1.1.0"].includes(came), `${came}: ${says}`);
    if (how === "error" && cut.code === 0) assert.is(active, "1.1.0", `it said that it was done: ${says}`);
    seen.add(came);
    if (step % 18 !== 0) return;
    const again = await run(place, ["tool", ...args, "--state-dir", state]);
    assert.is(again.code, active === "1.1.0" ? 1 : 0, `again after ${says}: ${again.stderr}`);
    assert.is((await look(state, says)).active, "1.1.0");
    assert.is((await run(place, ["chain", "verify", "--state-dir", state])).code, 0, says);
  });
  assert.is(seen.size, 3, `the cuts came before, between and after: ${[...seen].join("; ")}`);
  return steps;
}
