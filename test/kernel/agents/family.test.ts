import { test } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../src/contract/json.ts";
import { readRow, readRows, writeRow } from "../../../src/kernel/rows.ts";
import { stateDirectory } from "../../chain/fixture.ts";
import { answers, as, type Host, openHost } from "./fixture.ts";

const quiet = () => answers({});
const inbox = (host: Host, pid: number) =>
  host.chain.read((state) => readRows(state, "inbox", [pid]).map(({ row }) => row));

test("when a child exits, its parent gets a message that says who, how and why", async () => {
  const host = openHost(stateDirectory(), () => answers({ exit: { code: 7, reason: "Enough, I say" } }));
  const parent = await host.spawn("parent");
  await host.call("agent.suspend", { pid: parent });
  const child = await host.spawn(
    "child",
    { capabilities: { supervision: { restart: "temporary" } } },
    as(host.record(parent)),
  );
  await host.send(child, {});
  await host.until(() => host.record(child)?.state === "exited");
  assert.equal(
    inbox(host, parent).map(({ from, from_pid, topic, message }) => ({ from, from_pid, topic, message })),
    [
      {
        from: "agent:child",
        from_pid: child,
        topic: undefined,
        message: { event: "child-exited", pid: child, agent_id: "child", code: 7, reason: "Enough, I say" },
      },
    ],
  );
  // What a module wrote is in the record and the message, and not on the chain.
  assert.not.match(JSON.stringify(host.chain.query({ count: 1000 })), /Enough/);
  await host.close();
});

test("with a parent end the children that want so, to the last grandchild; the others go to their grandparent", async () => {
  for (const graceful of [true, false]) {
    const host = openHost(stateDirectory(), quiet);
    const root = await host.spawn("root");
    await host.call("agent.suspend", { pid: root });
    const parent = await host.spawn("parent", {}, as(host.record(root)));
    const by = as(host.record(parent));
    const stops = await host.spawn("stops", {}, by);
    const below = await host.spawn("below", {}, as(host.record(stops)));
    const stays = await host.spawn("stays", { capabilities: { supervision: { on_parent_exit: "continue" } } }, by);
    await host.call("agent.stop", { pid: parent, graceful });
    await host.until(() => host.record(below)?.state === "exited");
    const exit = { code: graceful ? 0 : 137, reason: "parent-exited" };
    assert.equal(host.record(stops)?.exit, exit);
    assert.equal(host.record(below)?.exit, exit);
    assert.is(host.record(stays)?.state, "running");
    assert.is(host.record(stays)?.parent_pid, root);
    assert.equal(
      await host.call("agent.stop", { pid: stays }, as(host.record(root))),
      { stopped: true, agent_id: "stays", exit_code: 0 },
      "whoever it went to may stop it",
    );
    assert.equal(
      inbox(host, root).map(({ message }) => message.agent_id),
      ["parent", "stays"],
    );
    await host.close();
  }
});

test("an agent that has exited is subscribed to nothing", async () => {
  const host = openHost(stateDirectory(), quiet);
  const pid = await host.spawn("a");
  await host.chain.commit((state) => {
    writeRow(state, "subscription", ["news", pid], true);
    writeRow(state, "subscription-of", [pid, "news"], true);
    state.event({ source: "kernel", kind: "ipc.subscribed", payload: { pid } });
    return null;
  }, "committed");
  await host.call("agent.stop", { pid });
  host.chain.read((state) => {
    assert.equal(readRows(state, "subscription"), []);
    assert.equal(readRows(state, "subscription-of"), []);
  });
  await host.close();
});

test("what an answer may not or cannot send is a dead letter with its reason, and the rest is sent", async () => {
  const sends = (host: { pids: Record<string, number> }) => [
    { to_pid: host.pids.self, message: { to: "self" } },
    { to_pid: host.pids.child, message: { to: "child" } },
    { to_pid: host.pids.stranger, message: { to: "stranger" } },
    { to_pid: 999, message: { to: "nobody" } },
    { topic: "news.de", message: { to: "news" } },
    { topic: "other", message: { to: "other" } },
  ];
  const expected: Record<string, Record<string, string>> = {
    none: {
      self: "ipc-scope",
      child: "ipc-scope",
      stranger: "ipc-scope",
      nobody: "ipc-scope",
      news: "ipc-scope",
      other: "ipc-scope",
    },
    self: {
      child: "ipc-scope",
      stranger: "ipc-scope",
      nobody: "ipc-scope",
      news: "ipc-scope",
      other: "ipc-scope",
    },
    children: { stranger: "ipc-scope", nobody: "ipc-scope", other: "ipc-scope" },
    all: { nobody: "agent-not-found" },
  };
  for (const [reach, reasons] of Object.entries(expected)) {
    const family: { pids: Record<string, number> } = { pids: {} };
    const host = openHost(stateDirectory(), ({ input }) =>
      (input.message as JsonObject).go === true ? answers({ send: sends(family) as never }) : answers({}),
    );
    const self = await host.spawn("a", {
      capabilities: { ipc: reach === "children" ? { agents: "children", topics: ["news.**"] } : reach },
    });
    const child = await host.spawn("child", {}, as(host.record(self)));
    const stranger = await host.spawn("stranger");
    family.pids = { self, child, stranger };
    await host.send(self, { go: true });
    await host.settled();
    assert.equal(
      Object.fromEntries(host.dead().map(({ message, reason }) => [message.message.to, reason])),
      reasons,
      reach,
    );
    for (const letter of host.dead()) {
      assert.is(letter.message.from, "agent:a");
      assert.is(letter.message.from_pid, self);
    }
    await host.close();
  }
});

test("a reply to a sender without an address is a dead letter; a reply needs no capability", async () => {
  const host = openHost(stateDirectory(), () => answers({ reply: { yes: true } }));
  const pid = await host.spawn("a");
  const asker = await host.spawn("asker");
  await host.call("agent.suspend", { pid: asker });
  const first = await host.send(pid, {});
  const second = await host.send(pid, {}, { from: "agent:asker", from_pid: asker });
  await host.until(() => host.record(pid)?.usage.messages_handled === 2);
  assert.equal(
    host.dead().map(({ message, to_pid, reason }) => [message.in_reply_to, to_pid, reason]),
    [[first, 0, "sender-without-address"]],
  );
  assert.equal(
    inbox(host, asker).map(({ in_reply_to }) => in_reply_to),
    [second],
  );
  await host.close();
});

test("an agent that writes to itself in a loop takes turns with the others", async () => {
  const host = openHost(
    stateDirectory(),
    ({ agent }) => answers(agent.agent_id === "loop" ? { send: [{ to_pid: agent.pid, message: {} }] } : {}),
    { parallel: 1 },
  );
  const loop = await host.spawn("loop", { capabilities: { ipc: "self" } });
  const other = await host.spawn("other");
  await host.send(loop, {});
  for (let i = 0; i < 10; i++) await host.send(other, {});
  await host.until(() => host.record(other)?.usage.messages_handled === 10);
  const turns = host.record(loop)?.usage.messages_handled ?? 0;
  assert.ok(turns > 0);
  assert.equal(await host.call("agent.stop", { pid: loop }), { stopped: true, agent_id: "loop", exit_code: 0 });
  await host.close();
});

test("of one agent at most one message is in hand, of all together as many as are allowed", async () => {
  const inHand = new Map<number, number>();
  let most = 0;
  let mostOfOne = 0;
  const host = openHost(
    stateDirectory(),
    async ({ agent }) => {
      inHand.set(agent.pid, (inHand.get(agent.pid) ?? 0) + 1);
      most = Math.max(
        most,
        [...inHand.values()].reduce((a, b) => a + b),
      );
      mostOfOne = Math.max(mostOfOne, ...inHand.values());
      await new Promise((settle) => setTimeout(settle, 1));
      inHand.set(agent.pid, (inHand.get(agent.pid) ?? 0) - 1);
      return answers({});
    },
    { parallel: 3 },
  );
  const pids = await Promise.all(Array.from({ length: 6 }, (_, i) => host.spawn(`a${i}`)));
  await Promise.all(Array.from({ length: 60 }, (_, i) => host.send(pids[i % 6] as number, {})));
  await host.settled();
  assert.is(mostOfOne, 1);
  assert.is(most, 3);
  assert.is(
    host.chain.read((state) => readRow(state, "mail", pids[0] as number)),
    0,
  );
  await host.close();
});

test.run();
