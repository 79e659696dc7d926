// A start that must not happen, made as a client makes it: the handshake is sent at once and the pipe stays open.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type Scratch, Served } from "./program.ts";

export const HANDSHAKE = {
  jsonrpc: "2.0",
  id: "i",
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};
export const CALL = {
  jsonrpc: "2.0",
  id: "c",
  method: "tools/call",
  params: { name: "fs_write_file", arguments: { path: "canary.txt", content: "ran" } },
};

/**
 * Asserts that this start is refused: exit 2 (the operator's mistake) or 3 (the installation's), nothing on standard
 * output although the handshake was sent, one line on standard error that meets `says`, no tool run, and nothing on
 * the chain.
 */
export async function refusedStart(place: Scratch, args: readonly string[], says: RegExp, name: string): Promise<void> {
  const before = chainBytes(place);
  const served = new Served(place, args);
  served.send(HANDSHAKE);
  served.send(CALL);
  const patience = setTimeout(() => served.child.kill("SIGKILL"), 10_000);
  const code = await served.exit;
  clearTimeout(patience);
  assert.ok(code === 2 || code === 3, `${name}: exit ${code}: ${served.stderr}`);
  assert.equal(served.messages, [], `${name}: standard output`);
  assert.ok(/^tollgate: [^\n]+\n$/.test(served.stderr), `${name}: ${served.stderr}`);
  assert.ok(says.test(served.stderr), `${name}: ${served.stderr}`);
  assert.not.match(served.stderr, /\.\n$|\bat .*\.js:\d|node:internal/, name);
  assert.not(existsSync(join(place.root, "canary.txt")), `${name}: a tool ran`);
  assert.is(chainBytes(place), before, `${name}: the chain changed`);
}

/** Something that changes whenever an event is added; LMDB's own lock table is no event. */
function chainBytes(place: Scratch): string {
  const file = join(place.state, "state.mdb");
  if (!existsSync(place.state) || !existsSync(file)) return "none";
  if (readdirSync(place.state).length === 0) return "none";
  return `${statSync(file).size} ${Buffer.from(readFileSync(file)).toString("base64")}`;
}

/** Runs the rows, so many at a time, and fails with every row that failed. */
export async function inTurn<T>(rows: readonly T[], atOnce: number, each: (row: T) => Promise<void>): Promise<void> {
  const waiting = [...rows];
  const failures: string[] = [];
  const next = async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      await each(row).catch((error: Error) =>
        failures.push(`${error.message} ${(error as { details?: string }).details ?? ""}`),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  assert.equal(failures, []);
}
