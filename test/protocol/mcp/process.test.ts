// What only real pipes show: back-pressure of the operating system, EPIPE, and that the process really ends.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const PROGRAM = fileURLToPath(new URL("served-child.ts", import.meta.url));
const INITIALIZE = {
  jsonrpc: "2.0",
  id: "i",
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
};

interface Program {
  readonly child: ChildProcess;
  /** Bytes of standard error so far. */
  readonly errors: () => string;
  send(message: unknown): void;
  /** Resolves once standard output holds the text. */
  until(text: string): Promise<void>;
  output(): string;
}

function start(): Program {
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM], { stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  let output = "";
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  child.stdin?.on("error", () => {});
  return {
    child,
    errors: () => errors,
    send: (message) => child.stdin?.write(`${JSON.stringify(message)}\n`),
    output: () => output,
    until: (text) =>
      new Promise((resolve) => {
        const onData = (chunk: Buffer) => {
          output += chunk;
          if (!output.includes(text)) return;
          child.stdout?.off("data", onData);
          child.stdout?.pause();
          resolve();
        };
        child.stdout?.on("data", onData);
      }),
  };
}

const peakMiB = (pid: number) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
const call = (id: number, name: string) => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name } });

test("the end of standard input with calls in flight ends the process with 0 within a second", async () => {
  const program = start();
  program.send(INITIALIZE);
  program.send(call(1, "test_hang"));
  await program.until('"id":"i"');
  const from = Date.now();
  program.child.stdin?.end();
  program.child.stdout?.resume();
  const [code, signal] = await once(program.child, "exit");
  assert.equal([code, signal], [0, null]);
  assert.ok(Date.now() - from < 1000);
  assert.is(program.errors(), "");
});

test("a client that closes standard output, or dies, ends the process cleanly", async () => {
  const program = start();
  program.send(INITIALIZE);
  await program.until('"id":"i"');
  program.child.stdout?.destroy();
  for (let id = 0; id < 50; id++) program.send(call(id, "test_echo"));
  const [code, signal] = await once(program.child, "exit");
  assert.equal([code, signal], [0, null]);
  assert.is(program.errors(), "");
});

test("a client that does not read 64 answers of a mebibyte costs bounded memory, and gets all of them later", async () => {
  if (!existsSync("/proc/self/status")) {
    process.stderr.write("skipped: peak memory is read from /proc\n");
    return;
  }
  const program = start();
  program.send(INITIALIZE);
  await program.until('"id":"i"');
  const before = peakMiB(program.child.pid as number);
  for (let id = 0; id < 64; id++) program.send(call(id, "test_large"));
  await wait(1500);
  const grown = peakMiB(program.child.pid as number) - before;
  assert.ok(grown < 160, `memory grew by ${Math.round(grown)} MiB`);
  let lines = 0;
  program.child.stdout?.on("data", (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines++;
    if (lines === 64) program.child.stdin?.end();
  });
  program.child.stdout?.resume();
  const [code] = await once(program.child, "exit");
  assert.is(code, 0);
  assert.is(lines, 64);
});

test.run();
