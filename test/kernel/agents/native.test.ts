import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../src/contract/json.ts";
import { exitAgent } from "../../../src/kernel/agents/exit.ts";
import type { AgentsOptions } from "../../../src/kernel/agents/options.ts";
import { readRow, writeRow } from "../../../src/kernel/rows.ts";
import { stateDirectory } from "../../chain/fixture.ts";
import { answers, codeOf, type Host, openHost, POST } from "./fixture.ts";

const directory = mkdtempSync(join(tmpdir(), "tollgate-native-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

/** Does what its messages say; begins a process of its own in its group first and writes both numbers down. */
const SCRIPT = `
const { spawn } = require("node:child_process");
const { writeFileSync } = require("node:fs");
const below = spawn("/bin/sleep", ["1000"], { stdio: "ignore" });
writeFileSync(process.argv[2], JSON.stringify([process.pid, below.pid]));
let text = "";
let handled = 0;
process.stdin.on("data", (chunk) => {
  text += chunk;
  for (let end = text.indexOf("\\n"); end >= 0; end = text.indexOf("\\n")) {
    const { message, state } = JSON.parse(text.slice(0, end));
    text = text.slice(end + 1);
    handled++;
    if (message.do === "exit") process.exit(3);
    if (message.do === "hang") return;
    if (message.do === "flood") { for (;;) if (!process.stdout.write("x".repeat(1 << 20))) break; process.stdout.on("drain", () => process.stdout.write("x".repeat(1 << 20))); return; }
    if (message.do === "garbage") { process.stdout.write("not json\\n"); return; }
    if (message.do === "list") { process.stdout.write("[]\\n"); return; }
    if (message.do === "twice") { process.stdout.write("{}\\n{}\\n"); return; }
    process.stderr.write("handling " + message.n + "\\n");
    process.stdout.write(JSON.stringify({
      state: { n: (state?.n ?? 0) + 1, handled, env: Object.keys(process.env), cwd: process.cwd(), args: process.argv.slice(3) },
    }) + "\\n");
  }
});
`;
const script = join(directory, "child.cjs");
writeFileSync(script, SCRIPT);

let numbers = 0;
function open(more: Partial<AgentsOptions> = {}, stateIn = stateDirectory()): { host: Host; pids: () => number[] } {
  const note = join(directory, `pids-${++numbers}`);
  const host = openHost(stateIn, () => answers({ state: "wasm" }), {
    native: {
      counter: { command: process.execPath, args: [script, note, "$HOME", "; touch x"], cwd: directory },
      missing: { command: join(directory, "nothing-here"), args: [], cwd: directory },
      "dies-at-once": { command: process.execPath, args: ["-e", "process.exit(9)"], cwd: directory },
    },
    ...more,
  });
  return { host, pids: () => (existsSync(note) ? JSON.parse(readFileSync(note, "utf8") || "[]") : []) };
}

const isThere = (pid: number) => {
  // A zombie has ended; nobody has asked for it yet.
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
const state = (host: Host, pid: number) =>
  host.chain.read((reader) => readRow(reader, "agent-state", pid)) as JsonObject | undefined;
const quick = { capabilities: { supervision: { backoff_ms: 0, max_restarts: 1000 } } };

test("a native agent is one child with an empty environment and no shell, which answers messages until it is stopped", async () => {
  const { host, pids } = open();
  const answer = await host.call("agent.spawn", { agent_id: "n", template: "counter", backend: "native" });
  assert.equal(answer, { pid: 1, agent_id: "n", state: "starting" });
  for (let n = 1; n <= 3; n++) await host.send(1, { n });
  await host.settled();
  const { env, ...rest } = state(host, 1) as { env: string[] };
  assert.equal(rest, { n: 3, handled: 3, cwd: directory, args: ["$HOME", "; touch x"] });
  assert.equal(
    env.filter((name) => name !== "PWD" && name !== "__CF_USER_TEXT_ENCODING"),
    [],
  );
  await host.until(() => host.chain.read((reader) => readRow(reader, "agent-log", 1))?.length === 3);
  const [child, below] = pids() as [number, number];
  assert.ok(isThere(child) && isThere(below));
  await host.call("agent.stop", { pid: 1 });
  await host.until(() => !isThere(child) && !isThere(below), "the process group has ended");
  await host.close();
});

test("what is not configured is refused; a command that cannot be started ends its agent", async () => {
  const { host } = open();
  for (const template of ["mailbox", "toString"])
    assert.is(
      codeOf(await host.call("agent.spawn", { agent_id: "n", template, backend: "native" })),
      "template-unknown",
      template,
    );
  assert.is(codeOf(await host.call("agent.spawn", { agent_id: "n", template: "counter" })), "template-unknown");
  const pid = await host.spawn("n", { template: "missing", backend: "native" });
  await host.until(() => host.record(pid)?.state === "exited");
  assert.equal(host.record(pid)?.exit, { code: 1, reason: "start-failed" });
  await host.close();
});

test("a child that exits, floods or writes what is no answer is ended with its group, and another is started", async () => {
  const expected: [does: string, code: RegExp][] = [
    ["exit", /^native-exited/],
    ["flood", /^output-limit-exceeded/],
    ["garbage", /^answer-invalid/],
    ["list", /^answer-invalid/],
    ["twice", /^answer-invalid/],
  ];
  const { host, pids } = open();
  for (const [does, code] of expected) {
    const pid = await host.spawn(`n-${does}`, { template: "counter", backend: "native", ...quick });
    await host.send(pid, { n: 1 });
    await host.settled();
    const [child, below] = pids() as [number, number];
    await host.send(pid, { do: does });
    await host.until(() => host.record(pid)?.restarts === 3, does);
    assert.match(host.record(pid)?.last_error ?? "", code);
    await host.until(() => !isThere(child) && !isThere(below), `the group of ${does} has ended`);
    await host.send(pid, { n: 2 });
    await host.settled();
    assert.is(state(host, pid)?.n, 2, does);
    assert.is(state(host, pid)?.handled, 1, "by another process");
    await host.call("agent.stop", { pid });
  }
  await host.close();
});

test("a child that does not answer in its agent's time is ended with its group", async () => {
  const { host, pids } = open();
  const pid = await host.spawn("n", {
    template: "counter",
    backend: "native",
    capabilities: { limits: { deadline_ms: 2000 }, supervision: { restart: "temporary" } },
  });
  await host.send(pid, { do: "hang" });
  await host.until(() => host.record(pid)?.state === "exited");
  assert.equal(host.record(pid)?.exit, { code: 1, reason: "crashed" });
  assert.match(host.record(pid)?.last_error ?? "", /^execution-timeout: .* 2000 ms/);
  await host.until(() => !pids().some(isThere));
  await host.close();
});

test("a forced stop and the end of the host end a child that does not answer", async () => {
  for (const by of ["stop", "close"] as const) {
    const { host, pids } = open();
    const pid = await host.spawn("n", { template: "counter", backend: "native" });
    await host.send(pid, { do: "hang" });
    await host.until(() => pids().length === 2);
    const [child, below] = pids() as [number, number];
    if (by === "stop") {
      const stopped = await host.call("agent.stop", { pid, graceful: false });
      assert.equal(stopped, { stopped: true, agent_id: "n", exit_code: 137 });
    }
    await host.close();
    await host.until(() => !isThere(child) && !isThere(below), `${by} ends the group`);
  }
});

test("what a host started that was killed is ended by another host, whatever became of its agent", async () => {
  const stateIn = stateDirectory();
  // Its poll never comes: it does not notice that it counts as dead.
  const { host: killed, pids } = open({ pollMs: 3_600_000 }, stateIn);
  for (const fate of ["moved", "exited"] as const) {
    const pid = await killed.spawn(`n-${fate}`, { template: "counter", backend: "native" });
    await killed.send(pid, { n: 1 });
    await killed.settled();
    const [child, below] = pids() as [number, number];
    await killed.chain.commit((reader) => {
      const [record, noted] = [readRow(reader, "agent", pid), readRow(reader, "native-process", pid)];
      if (record === undefined || noted === undefined) throw new Error("the process was not noted");
      assert.is(noted.group, child);
      writeRow(reader, "native-process", [pid], { ...noted, host: "a-dead-host" });
      if (fate === "moved") writeRow(reader, "agent", [pid], { ...record, host: "a-dead-host" });
      else exitAgent(reader, record, { code: 137, reason: "killed" }, "forced", POST);
      reader.event({ source: "kernel", kind: "agent.moved", payload: { pid } });
      return null;
    }, "committed");
    assert.ok(isThere(child) && isThere(below));
    const { host: other } = open({}, stateIn);
    await other.until(() => !isThere(child) && !isThere(below), `the group of the agent that ${fate}`);
    await other.until(() => other.chain.read((reader) => readRow(reader, "native-process", pid)) === undefined);
    if (fate === "moved") {
      await other.send(pid, { n: 2 });
      await other.until(() => other.record(pid)?.usage.messages_handled === 2);
      await other.call("agent.stop", { pid });
    }
    await other.close();
  }
  await killed.close();
});

test("a host that exits without closing takes its children with it, and an idle child does not keep it", async () => {
  const note = join(directory, "pids-of-exit");
  const url = new URL("../../../src/kernel/agents/native/child.ts", import.meta.url).href;
  const command = JSON.stringify({ command: process.execPath, args: [script, note], cwd: directory });
  const ran = spawnSync(
    process.execPath,
    [
      ...["--import", "tsx", "--input-type=module", "-e"],
      `const { NativeChild } = await import(${JSON.stringify(url)});
       const child = new NativeChild(${command}, () => {});
       const answer = await Promise.race([child.ask({ message: { n: 1 } }), new Promise((s) => setTimeout(s, 20000))]);
       console.log(answer?.ok);`,
    ],
    { encoding: "utf8", timeout: 60_000 },
  );
  assert.is(ran.stdout.trim(), "true", ran.stderr);
  const [child, below] = JSON.parse(readFileSync(note, "utf8")) as [number, number];
  for (let i = 0; i < 1000 && (isThere(child) || isThere(below)); i++)
    await new Promise((settle) => setTimeout(settle, 10));
  assert.not(isThere(child) || isThere(below));
});

test.run();
