// Hosts open the environment while others write. Without turns, lmdb-js forgets transactions that are committed meanwhile.
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openWhileNobodyWrites, takeTurns } from "../../src/chain/open-window.ts";
import { verifyChain } from "../../src/chain/verify.ts";
import { stateDirectory } from "./fixture.ts";

const APPENDER = fileURLToPath(new URL("./appender.ts", import.meta.url));
/** A process number that nobody has: beyond the most that Linux gives out. */
const NOBODY = 2 ** 22 + 1;

const turnsIn = (directory: string): string[] =>
  readdirSync(join(directory, "turns")).filter((name) => name !== "openings");

test("a turn is refused while another process opens, and granted when that one is gone", async () => {
  const directory = stateDirectory();
  const turns = takeTurns(directory);
  assert.is(turns.take(), true);
  turns.giveBack();
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const sign = join(directory, "turns", `opens-${other.pid}--1`);
  writeFileSync(sign, "");
  appendFileSync(join(directory, "turns", "openings"), ".");
  assert.is(turns.take(), false);
  other.kill("SIGKILL");
  await new Promise((resolve) => other.once("close", resolve));
  assert.is(turns.take(), true);
  assert.not(existsSync(sign), "the sign of a dead process was left");
  turns.giveBack();
  turns.close();
});

test("who opens takes no notice of writers that are idle or dead, and leaves nothing behind", () => {
  const directory = stateDirectory();
  mkdirSync(join(directory, "turns"));
  writeFileSync(join(directory, "turns", `writes-${NOBODY}--1`), "1");
  const idle = takeTurns(directory);
  assert.is(
    openWhileNobodyWrites(directory, () => 7),
    7,
  );
  assert.is(turnsIn(directory).length, 1);
  idle.close();
  assert.throws(
    () =>
      openWhileNobodyWrites(directory, () => {
        throw new Error("no");
      }),
    /no/,
  );
  assert.equal(turnsIn(directory), []);
});

test("who opens waits for another process that writes", async () => {
  const directory = stateDirectory();
  mkdirSync(join(directory, "turns"));
  const name = join(directory, "turns", "writes-");
  const busy = spawn(process.execPath, [
    "-e",
    `const fs = require("fs"); const file = ${JSON.stringify(name)} + process.pid + "--1"; fs.writeFileSync(file, "1"); console.log("busy"); setTimeout(() => { fs.writeFileSync(${JSON.stringify(join(directory, "done"))}, ""); fs.writeFileSync(file, "0"); }, 400); setTimeout(() => {}, 60_000);`,
  ]);
  await new Promise((resolve) => busy.stdout.once("data", resolve));
  const wasDone = openWhileNobodyWrites(directory, () => existsSync(join(directory, "done")));
  busy.kill("SIGKILL");
  assert.is(wasDone, true);
});

interface Appender {
  readonly child: ChildProcess;
  lines(): number;
}

function append(directory: string, name: string): Appender {
  const child = spawn(process.execPath, ["--import", "tsx", APPENDER, directory, name, "0", "8"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let lines = 0;
  child.stdout.on("data", (text: Buffer) => {
    lines += text.toString().split("\n").length - 1;
  });
  return { child, lines: () => lines };
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    assert.ok(waited < 60_000, "it did not come about within a minute");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("hosts come and are killed while another writes on: no event of any is lost or replaced", async () => {
  const directory = stateDirectory();
  const survivor = append(directory, "survivor");
  await until(() => survivor.lines() > 5);
  for (let round = 0; round < 8; round++) {
    const victim = append(directory, `victim-${round}`);
    await until(() => victim.lines() > 4 || victim.child.exitCode !== null);
    assert.is(victim.child.exitCode, null, "a host could not open beside one that writes");
    victim.child.kill("SIGKILL");
    const before = survivor.lines();
    await until(() => survivor.lines() > before + 5);
  }
  survivor.child.kill("SIGKILL");
  await new Promise((resolve) => survivor.child.once("close", resolve));
  const report = verifyChain(directory);
  assert.equal(report.problems, []);
  assert.ok(report.verified_to > 50);
});

test.run();
