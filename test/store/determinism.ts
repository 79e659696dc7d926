import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { allFigures } from "./guest-figures.ts";
import { runMetered, wat } from "./meter/metered-run.ts";
import { randomModule } from "./meter/random-module.ts";

/** Name and flags of each way in which V8 compiles: as it likes, first tier only, optimizing tier only. */
export const TIERS: readonly (readonly [name: string, flags: readonly string[]])[] = [
  ["as by default", []],
  ["--liftoff-only", ["--liftoff-only"]],
  ["--no-liftoff", ["--no-liftoff"]],
];

/** What the same runs came to in one process, by what ran. */
export type Figures = Readonly<Record<string, unknown>>;

const BUDGETS = [2 ** 40, 3, 50, 777, 20_000];

/**
 * Runs in this process the hostile guests, through a store, and `modules` random modules, under the meter alone, each with
 * several budgets: by name, how each ended with its fuel, and for the random ones the SHA-256 of the whole memory.
 */
export async function figuresHere(modules: number): Promise<Figures> {
  const figures: Record<string, unknown> = await allFigures();
  for (let seed = 1; seed <= modules; seed++) {
    const bytes = wat(randomModule(seed).plain);
    for (const fuel of BUDGETS) {
      const imports = { h: { f: (x: number) => (x * 7) | 0 } };
      const { result, left, memory } = runMetered(bytes, { name: "f", args: [seed], imports, fuel });
      const hash = createHash("sha256").update(new Uint8Array(memory)).digest("hex");
      figures[`random module ${seed} with ${fuel}`] = [result, left, hash];
    }
  }
  return figures;
}

/** The same in a process of its own, of this or another Node with these flags. */
export async function figuresOfProcess(node: string, flags: readonly string[], modules: number): Promise<Figures> {
  const file = fileURLToPath(new URL("./determinism-child.ts", import.meta.url));
  const child = spawn(node, ["--import", "tsx", ...flags, file, String(modules)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((done) => child.on("close", done));
  if (code !== 0) throw new Error(`${node} ${flags.join(" ")} ended with ${code}`);
  return JSON.parse(Buffer.concat(chunks).toString()) as Figures;
}

/** A sentence for each figure that is not the same in both. */
export function differences(one: Figures, other: Figures): string[] {
  const found: string[] = [];
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const [a, b] = [JSON.stringify(one[name]), JSON.stringify(other[name])];
    if (a !== b) found.push(`${name}: ${a}, or ${b}`);
  }
  return found;
}
