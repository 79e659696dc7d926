import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Chain, type ChainOptions, openChain } from "../../src/chain/chain.ts";

const made: string[] = [];

/** A new private state directory that is removed when the process ends. */
export function stateDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "tollgate-chain-"));
  made.push(directory);
  return directory;
}

process.on("exit", () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** A copy of a state directory without LMDB's lock file. */
export function copyOf(directory: string): string {
  const copy = stateDirectory();
  cpSync(directory, copy, { recursive: true, filter: (path) => !path.endsWith("-lock") });
  return copy;
}

/** Bytes that look random and are the same each time. */
export function seededRandom(seed: string): (bytes: number) => Uint8Array {
  let counter = 0;
  return (bytes) => {
    const blocks: Buffer[] = [];
    for (let have = 0; have < bytes; have += 32)
      blocks.push(createHash("sha256").update(`${seed}/${counter++}`).digest());
    return new Uint8Array(Buffer.concat(blocks).subarray(0, bytes));
  };
}

let hosts = 0;

export function open(directory: string, more: Partial<ChainOptions> = {}) {
  const seed = `${directory}/${++hosts}`;
  return openChain({
    directory,
    clock: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    random: seededRandom(seed),
    host: { id: `host-${process.pid}-${hosts}` },
    ...more,
  });
}

export function mustOpen(directory: string, more: Partial<ChainOptions> = {}): Chain {
  const opened = open(directory, more);
  if (!opened.ok) throw new Error(opened.fault.message);
  return opened.chain;
}

/** Appends `count` numbered events and answers their hashes. */
export async function fill(chain: Chain, count: number, name = "x"): Promise<string[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      chain.append({ source: "gate", kind: "call.refused", payload: { call_id: `${name}-${i}`, n: i } }, "committed"),
    ),
  );
  return answers.map((answer) => {
    if ("code" in answer) throw new Error(answer.message);
    return answer.hash;
  });
}

/** The value, or a failed test where there is none. */
export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a value was expected");
  return value;
}
