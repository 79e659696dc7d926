import { test } from "uvu";
import * as assert from "uvu/assert";
import { readRow, readRows, writeRow } from "../../../src/kernel/rows.ts";
import { stateDirectory } from "../../chain/fixture.ts";
import { answers, type Host, kinds, openHost } from "./fixture.ts";

const quiet = () => answers({});

/** The agent's host is one that is not there any more. */
async function orphan(host: Host, pid: number): Promise<void> {
  await host.chain.commit((state) => {
    const record = readRow(state, "agent", pid);
    if (record !== undefined) writeRow(state, "agent", [pid], { ...record, host: "a-dead-host" });
    state.event({ source: "kernel", kind: "agent.moved", payload: { pid } });
    return null;
  }, "committed");
}

test("an agent runs in the host that spawned it, and when that goes, in another that lives, with all it has", async () => {
  const directory = stateDirectory();
  const ranIn: string[] = [];
  const count = (name: string) => () => {
    ranIn.push(name);
    return answers({ state: ranIn.length });
  };
  const first = openHost(directory, count("first"));
  const second = openHost(directory, count("second"));
  const pid = await first.spawn("a");
  await second.send(pid, {});
  first.signals.tell({ kind: "elsewhere" });
  await first.until(() => first.record(pid)?.usage.messages_handled === 1);
  await first.call("agent.suspend", { pid });
  await first.send(pid, {});
  await first.close();
  await second.until(() => second.record(pid)?.host === second.id);
  assert.is(second.record(pid)?.state, "suspended");
  await second.call("agent.resume", { pid });
  await second.settled();
  assert.equal(ranIn, ["first", "second"]);
  assert.is(second.record(pid)?.usage.messages_handled, 2);
  assert.equal(kinds(second.chain).filter((kind) => kind === "agent.moved").length, 2);
  await second.close();
});

test("of several hosts that find an agent whose host is dead, exactly one runs it", async () => {
  const directory = stateDirectory();
  let handled = 0;
  const hosts = [0, 1, 2].map(() =>
    openHost(directory, () => {
      handled++;
      return answers({});
    }),
  );
  const [first] = hosts as [Host, Host, Host];
  const pids = await Promise.all(Array.from({ length: 10 }, (_, i) => first.spawn(`a${i}`)));
  for (const pid of pids) await first.call("agent.suspend", { pid });
  for (let round = 0; round < 5; round++) {
    for (const pid of pids) await orphan(first, pid);
    for (const host of hosts) host.signals.tell({ kind: "elsewhere" });
    await first.until(() => pids.every((pid) => hosts.some(({ id }) => first.record(pid)?.host === id)));
  }
  // The moves that the test itself made do not say where from.
  const moves = first.chain
    .query({ count: 1000, kind: "agent.moved" })
    .events.filter(({ payload }) => payload.from !== undefined);
  assert.is(moves.length, 50);
  for (const pid of pids) {
    await first.send(pid, {});
    await first.call("agent.resume", { pid });
  }
  for (const host of hosts) host.signals.tell({ kind: "elsewhere" });
  await first.settled();
  assert.is(handled, 10);
  for (const host of hosts) await host.close();
});

test("a host takes up no agent whose roots it does not have, and no native one whose command it does not have", async () => {
  const directory = stateDirectory();
  const first = openHost(directory, quiet, {
    native: { command: { command: process.execPath, args: ["-e", "process.stdin.resume()"], cwd: "/" } },
  });
  const roots = [{ path: "/work-here/a", access: "read-write" }];
  const pid = await first.spawn("a", { capabilities: { roots } });
  const native = await first.spawn("n", { template: "command", backend: "native" });
  const plain = await first.spawn("plain");
  await first.close();
  for (const access of ["read-only", "read-write"] as const) {
    const other = openHost(directory, quiet, { roots: [{ path: "/work-here", access }] });
    await other.until(() => other.record(plain)?.host === other.id);
    await other.until(() => other.record(pid)?.host === (access === "read-write" ? other.id : ""));
    assert.is(other.record(native)?.host, "");
    await other.close();
  }
});

test("an agent that was stopping when its host died exits as it was asked to", async () => {
  const directory = stateDirectory();
  const first = openHost(directory, quiet);
  const pid = await first.spawn("a");
  await first.close();
  const second = openHost(directory, quiet, { pollMs: 3_600_000 });
  await second.until(() => second.record(pid)?.host === second.id);
  await second.chain.commit((state) => {
    const record = readRow(state, "agent", pid);
    if (record !== undefined)
      writeRow(state, "agent", [pid], {
        ...record,
        state: "stopping",
        host: "a-dead-host",
        exit: { code: 0, reason: "stopped" },
      });
    state.event({ source: "kernel", kind: "agent.stopping", payload: { pid } });
    return null;
  }, "committed");
  second.signals.tell({ kind: "elsewhere" });
  await second.until(() => second.record(pid)?.state === "exited");
  assert.equal(second.record(pid)?.exit, { code: 0, reason: "stopped" });
  await second.close();
});

test("an agent that another living host runs is suspended, resumed, stopped and killed from here", async () => {
  const directory = stateDirectory();
  let aborted = 0;
  let started = 0;
  const module = async ({ signal }: { signal: AbortSignal }) => {
    started++;
    await new Promise<void>((settle) => {
      signal.addEventListener("abort", () => settle(), { once: true });
      if (started === 1) setTimeout(settle, 5);
    });
    if (signal.aborted) aborted++;
    return answers({});
  };
  const there = openHost(directory, module);
  const here = openHost(directory, quiet);
  const pid = await there.spawn("a");
  assert.equal(await here.call("agent.suspend", { pid }), { suspended: true });
  assert.equal(await here.call("agent.resume", { pid }), { resumed: true });
  await there.send(pid, {});
  assert.equal(await here.call("agent.stop", { pid }), { stopped: true, agent_id: "a", exit_code: 0 });
  const second = await there.spawn("b");
  await there.send(second, {});
  await there.until(() => started === 2);
  assert.equal(await here.call("agent.stop", { pid: second, graceful: false }), {
    stopped: true,
    agent_id: "b",
    exit_code: 137,
  });
  await there.until(() => aborted === 1);
  await here.close();
  await there.close();
});

test("what a run answers after its agent has moved to another host comes to nothing, and the message is handled there", async () => {
  const directory = stateDirectory();
  let answer = () => {};
  let started = false;
  // It hears of nothing: as a host that was stopped for so long that it counts as dead.
  const first = openHost(
    directory,
    async () => {
      started = true;
      await new Promise<void>((settle) => {
        answer = settle;
      });
      return answers({ state: "late" });
    },
    { pollMs: 3_600_000 },
  );
  const pid = await first.spawn("a");
  await first.send(pid, {});
  await first.until(() => started);
  await orphan(first, pid);
  answer();
  await first.agents.close();
  assert.is(first.record(pid)?.usage.messages_handled, 0);
  const second = openHost(directory, () => answers({ state: "in time" }));
  await second.until(() => second.record(pid)?.usage.messages_handled === 1);
  assert.is(
    second.chain.read((state) => readRow(state, "agent-state", pid)),
    "in time",
  );
  await second.close();
  await first.chain.close();
});

test("a host that closes ends what is in hand; the message stays, and another host handles it", async () => {
  const directory = stateDirectory();
  let started = false;
  const first = openHost(directory, async ({ signal }) => {
    started = true;
    await new Promise((settle) => signal.addEventListener("abort", settle, { once: true }));
    return { kind: "fault", fault: { code: "cancelled", layer: "store", message: "ended" } };
  });
  const pid = await first.spawn("a");
  await first.send(pid, {});
  await first.until(() => started);
  await first.close();
  const second = openHost(directory, quiet);
  await second.settled();
  await second.until(() => second.record(pid)?.usage.messages_handled === 1);
  assert.is(second.record(pid)?.restarts, 0, "being ended with the host is no crash");
  assert.equal(
    second.chain.read((state) => readRows(state, "dead")),
    [],
  );
  await second.close();
});

test.run();
