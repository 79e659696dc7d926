import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Chain } from "../../../src/chain/chain.ts";
import { type Capabilities, NO_CAPABILITIES } from "../../../src/contract/capabilities.ts";
import { isFault } from "../../../src/contract/fault.ts";
import type { JsonObject } from "../../../src/contract/json.ts";
import type { Caller } from "../../../src/kernel/caller.ts";

import { clientAddress, exitClient, sweepClients } from "../../../src/kernel/ipc/client-address.ts";
import { deadLetters } from "../../../src/kernel/ipc/dead-letters.ts";
import { ipcTools, unsubscribe } from "../../../src/kernel/ipc/ipc-tools.ts";
import { subscriptionsOf } from "../../../src/kernel/ipc/subscriptions.ts";
import { readRow } from "../../../src/kernel/rows.ts";
import { createSignals, type Signal } from "../../../src/kernel/signals.ts";
import { mustOpen, stateDirectory } from "../../chain/fixture.ts";
import { addAgent, addAgents, commit, inbox } from "./fixture.ts";

const CLIENT: Caller = { principal: "client:stdio", pid: 0 };

function tools(chain: Chain, hostId = "h1") {
  const signals = createSignals();
  const told: Signal[] = [];
  signals.listen((signal) => told.push(signal));
  const options = { ledger: chain, signals, hostId };
  const all = ipcTools(options);
  const call = async (name: string, args: JsonObject, caller: Caller = CLIENT) => {
    const answer = await all[name]?.(caller, args, new AbortController().signal);
    return isFault(answer) ? answer.code : answer;
  };
  return { call, told, options };
}

const agent = (pid: number, ipc: Capabilities["ipc"]): Caller => ({
  principal: `agent:a${pid}`,
  pid,
  capabilities: { ...NO_CAPABILITIES, ipc },
});

test("ipc.send and agent.send answer as the catalog says, and the receiver is told after the commit", async () => {
  const chain = mustOpen(stateDirectory());
  const [pid] = (await addAgents(chain, 1)) as [number];
  const { call, told } = tools(chain);
  assert.equal(await call("ipc.send", { target_pid: pid, text: "hi" }), { sent: true, msg_id: 2, receivers: 1 });
  assert.equal(await call("agent.send", { pid, message: { a: 1 } }), { sent: true, pid, msg_id: 3 });
  assert.equal(
    inbox(chain, pid).map(({ from, from_pid, message }) => ({ from, from_pid, message })),
    [
      { from: "client:stdio", from_pid: 0, message: { text: "hi" } },
      { from: "client:stdio", from_pid: 0, message: { a: 1 } },
    ],
  );
  await Promise.resolve();
  assert.equal(told, [
    { kind: "mail", pid },
    { kind: "mail", pid },
  ]);
  await chain.close();
});

test("what a client's job does on another host, it does at that client's address, and at none where that is gone", async () => {
  const chain = mustOpen(stateDirectory());
  const [pid] = (await addAgents(chain, 1)) as [number];
  const [own, other] = await commit(chain, (state) => [
    clientAddress(state, "h1", "client:stdio"),
    clientAddress(state, "h2", "client:stdio"),
  ]);
  const { call, options } = tools(chain, "h2");
  const job = (home: string): Caller => ({ ...CLIENT, home });
  assert.equal(await call("ipc.subscribe", { topic: "a" }, job("h1")), { subscribed: true, topic: "a", pid: own });
  assert.equal(await call("ipc.subscribe", { topic: "a" }), { subscribed: true, topic: "a", pid: other });
  for (const home of ["h1", "gone", ""]) await call("agent.send", { pid, message: {} }, job(home));
  await call("agent.send", { pid, message: {} });
  assert.equal(
    inbox(chain, pid).map(({ from_pid }) => from_pid),
    [own, 0, 0, other],
  );
  for (const home of ["gone", ""]) assert.is(await call("ipc.subscribe", { topic: "b" }, job(home)), "no-address");
  assert.is(await unsubscribe(options, job("h1"), "a", undefined), true);
  assert.equal(
    chain.read((state) => [subscriptionsOf(state, own as number), subscriptionsOf(state, other as number)]),
    [[], ["a"]],
  );
  await chain.close();
});

test("neither or both of target_pid and topic, or of payload and text, are refused", async () => {
  const chain = mustOpen(stateDirectory());
  const { call } = tools(chain);
  for (const args of [
    { text: "a" },
    { target_pid: 1, topic: "a", text: "a" },
    { topic: "a" },
    { topic: "a", text: "a", payload: {} },
  ]) {
    assert.is(await call("ipc.send", args), "invalid-arguments");
  }
  assert.is(chain.status().event_count, 0);
  await chain.close();
});

test("a client that subscribes gets one address for its host's life; to subscribe again changes nothing", async () => {
  const chain = mustOpen(stateDirectory());
  const { call, options } = tools(chain);
  assert.equal(await call("ipc.subscribe", { topic: "a.*" }), { subscribed: true, topic: "a.*", pid: 1 });
  const events = chain.status().event_count;
  assert.equal(await call("ipc.subscribe", { topic: "a.*" }), { subscribed: true, topic: "a.*", pid: 1 });
  assert.is(chain.status().event_count, events);
  assert.equal(await call("ipc.subscribe", { topic: "b" }), { subscribed: true, topic: "b", pid: 1 });
  assert.equal(await tools(chain, "h2").call("ipc.subscribe", { topic: "b" }), {
    subscribed: true,
    topic: "b",
    pid: 2,
  });
  assert.equal(await call("ipc.send", { topic: "a.x", text: "t" }), { sent: true, msg_id: events + 4, receivers: 1 });
  assert.is(inbox(chain, 1)[0]?.from_pid, 1, "a client that has an address sends from it");
  const record = chain.read((state) => readRow(state, "agent", 1));
  assert.equal([record?.kind, record?.state, record?.host], ["client", "running", "h1"]);
  assert.is(await unsubscribe(options, CLIENT, "a.*", undefined), true);
  assert.is(await unsubscribe(options, CLIENT, "a.*", undefined), false);
  assert.equal(
    chain.read((state) => subscriptionsOf(state, 1)),
    ["b"],
  );
  await chain.close();
});

test("another pid can be subscribed, where it exists and has not ended", async () => {
  const chain = mustOpen(stateDirectory());
  await commit(chain, (state) => [addAgent(state), addAgent(state, { state: "exited" })]);
  const { call } = tools(chain);
  assert.equal(await call("ipc.subscribe", { topic: "a", pid: 1 }), { subscribed: true, topic: "a", pid: 1 });
  assert.is(await call("ipc.subscribe", { topic: "a", pid: 2 }), "agent-exited");
  assert.is(await call("ipc.subscribe", { topic: "a", pid: 3 }), "agent-not-found");
  assert.is(await call("ipc.subscribe", { topic: "a..b" }), "invalid-topic");
  assert.is(
    chain.read((state) => readRow(state, "client", "h1")),
    undefined,
    "what was refused makes no address",
  );
  await chain.close();
});

test("a caller reaches by messages whom its capabilities name, and uses the topics that they cover", async () => {
  const chain = mustOpen(stateDirectory());
  // 1 → 2 → 3, and 4 apart
  await commit(chain, (state) => [0, 1, 2, 0].map((parent_pid) => addAgent(state, { parent_pid })));
  const { call } = tools(chain);
  const reached = async (ipc: Capabilities["ipc"]) => {
    const pids: number[] = [];
    for (const pid of [1, 2, 3, 4]) {
      const answer = await call("ipc.send", { target_pid: pid, text: "" }, agent(1, ipc));
      if (answer !== "ipc-scope") pids.push(pid);
    }
    return pids;
  };
  assert.equal(await reached({ agents: "none", topics: ["**"] }), []);
  assert.equal(await reached({ agents: "self", topics: [] }), [1]);
  assert.equal(await reached({ agents: "children", topics: [] }), [1, 2, 3]);
  assert.equal(await reached({ agents: "all", topics: [] }), [1, 2, 3, 4]);
  assert.is(
    await call("ipc.send", { target_pid: 0.5, text: "" }, agent(1, { agents: "children", topics: [] })),
    "ipc-scope",
  );
  const one = agent(1, { agents: "self", topics: ["a.*"] });
  const code = async (name: string, args: JsonObject) => {
    const answer = await call(name, args, one);
    return typeof answer === "string" ? answer : "ok";
  };
  assert.is(await code("ipc.send", { topic: "a.b", text: "" }), "ok");
  assert.is(await code("ipc.send", { topic: "b", text: "" }), "ipc-scope");
  assert.is(await code("ipc.subscribe", { topic: "a.*" }), "ok");
  assert.is(await code("ipc.subscribe", { topic: "a.**" }), "ipc-scope");
  assert.is(await code("ipc.subscribe", { topic: "a.b", pid: 2 }), "ipc-scope");
  assert.is(chain.read((state) => readRow(state, "agent", 1))?.usage.messages_sent, 1 + 3 + 4 + 1);
  await chain.close();
});

test("the client of a host that is gone ends: its messages are dead letters, its name and subscriptions are free", async () => {
  const directory = stateDirectory();
  const lives = mustOpen(directory, { host: { id: "lives" } });
  for (const hostId of ["gone", "lives"]) await tools(lives, hostId).call("ipc.subscribe", { topic: "t" });
  const { call } = tools(lives, "lives");
  await call("ipc.send", { topic: "t", text: "x" });
  assert.equal(await Promise.all([sweepClients(lives), sweepClients(lives)]).then((n) => n.sort()), [0, 1]);
  assert.equal(
    lives.read(deadLetters).map(({ to_pid, reason }) => [to_pid, reason]),
    [[1, "receiver-exited"]],
  );
  assert.is(await call("agent.send", { pid: 1, message: {} }), "agent-exited");
  const sent = await call("ipc.send", { topic: "t", text: "y" });
  assert.is((sent as JsonObject).receivers, 1);
  await lives.close();
});

test("a client's name gives way to an agent that has it", async () => {
  const chain = mustOpen(stateDirectory());
  await commit(chain, (state) => addAgent(state, { agent_id: "client-2" }));
  const name = await commit(chain, (state) => {
    const pid = clientAddress(state, "h", "operator:cli");
    return readRow(state, "agent", pid)?.agent_id;
  });
  assert.is(name, "client-2-2");
  await commit(chain, (state) => exitClient(state, "h"));
  assert.is(
    chain.read((state) => readRow(state, "agent-id", "client-2")),
    1,
  );
  await chain.close();
});

test.run();
