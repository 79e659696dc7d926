import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Chain } from "../../src/chain/chain.ts";
import { verifyChain } from "../../src/chain/verify.ts";
import { fill, mustOpen, stateDirectory } from "./fixture.ts";

const APPENDER = fileURLToPath(new URL("./appender.ts", import.meta.url));

interface Appender {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly ended: Promise<{ code: number | null; acknowledged: Map<number, string>; faults: string[] }>;
}

function spawnAppender(args: readonly string[], shell?: string): Appender {
  const node = ["--import", "tsx", APPENDER, ...args];
  const child =
    shell === undefined
      ? spawn(process.execPath, node, { stdio: ["ignore", "pipe", "pipe"] })
      : spawn("sh", ["-c", `${shell}; exec "$0" "$@"`, process.execPath, ...node], {
          stdio: ["ignore", "pipe", "pipe"],
        });
  let text = "";
  let ready = () => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes("ready\n")) ready();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve)).then((code) => {
    ready();
    const acknowledged = new Map<number, string>();
    const faults: string[] = [];
    // The last line may be torn by the kill: what was not printed whole was not acknowledged.
    for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
      const [sequence, hash] = line.split(" ");
      if (/^\d+$/.test(sequence ?? "")) acknowledged.set(Number(sequence), hash as string);
      if (sequence === "fault") faults.push(line);
    }
    return { code, acknowledged, faults };
  });
  return { child, ready: isReady, ended };
}

function allHashes(chain: Chain): Map<number, string> {
  const hashes = new Map<number, string>();
  for (let next: number | undefined = 1; next !== undefined; ) {
    const page = chain.query({ sinceSequence: next, count: 1000 });
    for (const event of page.events) hashes.set(event.sequence, event.hash);
    next = page.next;
  }
  return hashes;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("kill −9 at any moment: nothing acknowledged is lost and the chain verifies, round after round", async () => {
  const directory = stateDirectory();
  const acknowledged = new Map<number, string>();
  for (let round = 0; round < 6; round++) {
    const appender = spawnAppender([directory, `round-${round}`, "0", String(1 + (round % 3) * 8)]);
    await appender.ready;
    await pause(Math.random() * 150);
    appender.child.kill("SIGKILL");
    const ended = await appender.ended;
    assert.equal(ended.faults, []);
    for (const [sequence, hash] of ended.acknowledged) {
      assert.not(acknowledged.has(sequence), `sequence ${sequence} was given twice`);
      acknowledged.set(sequence, hash);
    }
    const report = verifyChain(directory);
    assert.equal(report.problems, [], `round ${round}`);
  }
  const chain = mustOpen(directory);
  const hashes = allHashes(chain);
  for (const [sequence, hash] of acknowledged) assert.is(hashes.get(sequence), hash);
  assert.ok(acknowledged.size > 20, `only ${acknowledged.size} events`);
  await fill(chain, 3);
  await chain.close();
  assert.ok(verifyChain(directory).ok);
});

test("processes that append to one directory at once share one sequence; none loses or repeats an event", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory, { checkpointEvery: 20 });
  const appenders = [spawnAppender([directory, "one", "250", "1"]), spawnAppender([directory, "two", "250", "16"])];
  await Promise.all(appenders.map((appender) => appender.ready));
  const own: string[] = [];
  for (let i = 0; i < 40; i++) own.push(...(await fill(chain, 2, `own-${i}`)));
  assert.equal(verifyChain(directory).problems, [], "verified while all are writing");
  for (let i = 40; i < 50; i++) own.push(...(await fill(chain, 2, `own-${i}`)));
  const ended = await Promise.all(appenders.map((appender) => appender.ended));
  const acknowledged = new Map<number, string>();
  for (const { code, acknowledged: some, faults } of ended) {
    assert.is(code, 0);
    assert.equal(faults, []);
    assert.is(some.size, 250);
    for (const [sequence, hash] of some) {
      assert.not(acknowledged.has(sequence));
      acknowledged.set(sequence, hash);
    }
  }
  const hashes = allHashes(chain);
  for (const [sequence, hash] of acknowledged) assert.is(hashes.get(sequence), hash);
  assert.is(new Set([...acknowledged.values(), ...own]).size, 600);
  assert.is(hashes.size, 600);
  assert.is(chain.status().event_count, 600);
  await chain.close();
  const report = verifyChain(directory);
  assert.equal(report.problems, []);
  assert.is(report.signed_to, 600);
});

test("first starts at the same moment make one key and one chain", async () => {
  const directory = stateDirectory();
  const ended = await Promise.all(
    Array.from({ length: 3 }, (_, i) => spawnAppender([directory, `first-${i}`, "10", "2"]).ended),
  );
  for (const { code, acknowledged } of ended) {
    assert.is(code, 0);
    assert.is(acknowledged.size, 10);
  }
  const report = verifyChain(directory);
  assert.equal(report.problems, []);
  assert.is(report.verified_to, 30);
});

test("a disk that is full answers `chain-unwritable`, and what was acknowledged before is whole", async () => {
  const directory = stateDirectory();
  await mustOpen(directory).close();
  // No file may grow beyond 400 blocks of 512 bytes: the same as a full disk to the writer, but EFBIG.
  const appender = spawnAppender([directory, "full", "1500", "8"], "trap '' XFSZ; ulimit -f 240");
  const ended = await appender.ended;
  // lmdb-js's own error path may abort the process (it overruns a buffer); if it lives, every append was answered.
  if (ended.code === 0) {
    assert.is(ended.acknowledged.size + ended.faults.length, 1500);
    assert.ok(ended.faults.length > 0, "the limit was never reached");
  }
  assert.not.equal(ended.code, 13, "something waited for ever");
  assert.ok(ended.acknowledged.size < 1500 && ended.acknowledged.size > 100);
  assert.ok(
    ended.faults.every((line) => /not recorded: .*: /.test(line)),
    ended.faults[0],
  );
  const chain = mustOpen(directory);
  const hashes = allHashes(chain);
  for (const [sequence, hash] of ended.acknowledged) assert.is(hashes.get(sequence), hash);
  await fill(chain, 3);
  await chain.close();
  assert.equal(verifyChain(directory).problems, []);
});

test.run();
