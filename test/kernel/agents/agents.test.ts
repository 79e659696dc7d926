import { test } from "uvu";
import * as assert from "uvu/assert";
import { isFault } from "../../../src/contract/fault.ts";
import type { JsonObject } from "../../../src/contract/json.ts";
import { EXITED_KEPT } from "../../../src/kernel/agents/exit.ts";

import { readRow, readRows, writeRow } from "../../../src/kernel/rows.ts";
import { must, stateDirectory } from "../../chain/fixture.ts";
import { answers, as, codeOf, kinds, openHost } from "./fixture.ts";

const quiet = () => answers({});

test("a spawned agent handles its messages in their order, with its state in between, and answers", async () => {
  const inputs: JsonObject[] = [];
  const host = openHost(stateDirectory(), ({ input, log }) => {
    inputs.push(input);
    log("heard");
    const n = Number(input.state ?? 0) + 1;
    return answers({ state: n, reply: { n }, log: [`number ${n}`] });
  });
  assert.equal(await host.call("agent.spawn", { agent_id: "a" }), { pid: 1, agent_id: "a", state: "running" });
  const asker = await host.spawn("asker");
  await host.call("agent.suspend", { pid: asker });
  const ids = [
    await host.send(1, { x: 1 }, { from: "agent:asker", from_pid: asker }),
    await host.send(1, { x: 2 }, { from: "agent:asker", from_pid: asker }),
  ];
  await host.until(() => host.record(1)?.usage.messages_handled === 2);
  assert.equal(
    inputs,
    [1, 2].map((x) => ({
      message: { x },
      msg_id: must(ids[x - 1]),
      from: "agent:asker",
      from_pid: asker,
      agent: { pid: 1, agent_id: "a", parent_pid: 0 },
      state: x === 1 ? null : 1,
    })),
  );
  host.chain.read((state) => {
    assert.is(readRow(state, "agent-state", 1), 2);
    assert.equal(readRow(state, "agent-log", 1), ["info heard", "number 1", "info heard", "number 2"]);
    const replies = readRows(state, "inbox", [asker]).map(({ row }) => row);
    assert.equal(
      replies.map(({ message, in_reply_to, from, from_pid }) => ({ message, in_reply_to, from, from_pid })),
      ids.map((id, i) => ({ message: { n: i + 1 }, in_reply_to: id, from: "agent:a", from_pid: 1 })),
    );
  });
  const seen = (await host.call("agent.inspect", { pid: 1 })) as JsonObject;
  assert.equal(seen.resource_usage, { messages_sent: 2, messages_handled: 2, tool_calls: 0, fuel: 20, cpu_time_ms: 2 });
  assert.equal(kinds(host.chain).slice(0, 2), ["agent.spawned", "agent.started"]);
  await host.close();
});

test("each spawn that cannot be is refused with its reason, and leaves nothing", async () => {
  const host = openHost(stateDirectory(), quiet, { maxAgents: 2 });
  const first = await host.spawn("a", { capabilities: { tools: ["fs.*"], limits: { fuel: 5 } } });
  const parent = as(host.record(first));
  const before = host.chain.status().event_count;
  const refusals: [JsonObject, string, RegExp, typeof parent?][] = [
    [{ agent_id: "A" }, "invalid-arguments", /agent_id/],
    [{ agent_id: "1a" }, "invalid-arguments", /agent_id/],
    [{ agent_id: "a/b" }, "invalid-arguments", /agent_id/],
    [{ agent_id: "a\n" }, "invalid-arguments", /agent_id/],
    [{ agent_id: "a".repeat(64) }, "invalid-arguments", /agent_id/],
    [{ agent_id: "a" }, "agent-exists", /pid 1/],
    [{ agent_id: "b", template: "nobody" }, "template-unknown", /there are echo, mailbox$/],
    [{ agent_id: "b", template: "__proto__" }, "template-unknown", /there are/],
    [{ agent_id: "b", backend: "container" }, "backend-unavailable", /container/],
    [{ agent_id: "b", backend: "native" }, "backend-unavailable", /no command is configured/],
    [{ agent_id: "b", capabilities: { toolz: [] } }, "invalid-arguments", /capabilities\.toolz/],
    [{ agent_id: "b", capabilities: { env: ["PATH"] } }, "capabilities-exceeded", /variable PATH/],
    [
      { agent_id: "b", capabilities: { roots: [{ path: "/elsewhere", access: "read-only" }] } },
      "capabilities-exceeded",
      /read-only \/elsewhere/,
    ],
    [{ agent_id: "b", capabilities: { tools: ["*"] } }, "capabilities-exceeded", /tools \*/, parent],
    [{ agent_id: "b", capabilities: { limits: { fuel: 6 } } }, "capabilities-exceeded", /limit of 6/, parent],
    [{ agent_id: "b", capabilities: { ipc: "self" } }, "capabilities-exceeded", /messages to self/, parent],
  ];
  for (const [args, code, message, caller] of refusals) {
    const answer = await host.call("agent.spawn", args, caller);
    if (!isFault(answer)) throw new Error(`spawned by ${JSON.stringify(args)}`);
    assert.is(answer.code, code, JSON.stringify(args));
    assert.match(answer.message, message);
  }
  assert.is(host.chain.status().event_count, before);
  const child = await host.spawn("b", { capabilities: { tools: ["fs.stat"] } }, parent);
  assert.is(host.record(child)?.parent_pid, first);
  assert.equal(host.record(child)?.capabilities.limits, { fuel: 5 });
  assert.is(codeOf(await host.call("agent.spawn", { agent_id: "c" })), "agent-table-full");
  await host.close();
});

test("a storm of spawns fills the table and not more, and each pid is given once", async () => {
  const directory = stateDirectory();
  const hosts = [openHost(directory, quiet), openHost(directory, quiet)];
  const answersOf = await Promise.all(
    Array.from({ length: 150 }, (_, i) =>
      hosts[i % 2]
        ?.call("agent.spawn", { agent_id: `a${i % 100}` })
        .then((answer) => (isFault(answer) ? answer.code : answer.pid)),
    ),
  );
  const pids = answersOf.filter((one) => typeof one === "number");
  assert.is(pids.length, 64);
  assert.is(new Set(pids).size, 64);
  assert.ok(answersOf.includes("agent-table-full"));
  for (const host of hosts) await host.close();
});

test("of an agent that nobody knows, each tool says so; of a client's address too", async () => {
  const host = openHost(stateDirectory(), quiet);
  const pid = await host.spawn("a");
  await host.chain.commit((state) => {
    const record = readRow(state, "agent", pid);
    if (record !== undefined) writeRow(state, "agent", [77], { ...record, pid: 77, kind: "client" });
    state.event({ source: "kernel", kind: "agent.spawned", payload: {} });
    return null;
  }, "committed");
  for (const tool of ["stop", "inspect", "suspend", "resume"])
    for (const unknown of [0, 99, 77, Number.MAX_SAFE_INTEGER])
      assert.is(codeOf(await host.call(`agent.${tool}`, { pid: unknown })), "agent-not-found", `${tool} ${unknown}`);
  await host.close();
});

test("nothing is handled while suspended, nothing is lost, and all of it is handled in its order after resume", async () => {
  const heard: unknown[] = [];
  const host = openHost(stateDirectory(), ({ input }) => {
    heard.push((input.message as JsonObject).n);
    return answers({});
  });
  const pid = await host.spawn("a");
  assert.equal(await host.call("agent.suspend", { pid }), { suspended: true });
  assert.is(codeOf(await host.call("agent.suspend", { pid })), "illegal-transition");
  for (let n = 0; n < 20; n++) await host.send(pid, { n });
  assert.equal(await host.call("agent.list"), {
    agents: [{ pid, agent_id: "a", state: "suspended", template: "mailbox", parent_pid: 0, inbox: 20 }],
    count: 1,
  });
  assert.equal(heard, []);
  assert.equal(await host.call("agent.resume", { pid }), { resumed: true });
  assert.is(codeOf(await host.call("agent.resume", { pid })), "illegal-transition");
  await host.settled();
  assert.equal(
    heard,
    Array.from({ length: 20 }, (_, n) => n),
  );
  await host.close();
});

test("a graceful stop finishes the message in hand and answers 0; the rest of the inbox is dead", async () => {
  let finish = () => {};
  const held = new Promise<void>((settle) => {
    finish = settle;
  });
  const host = openHost(stateDirectory(), async ({ signal }) => {
    await held;
    return answers({ state: signal.aborted ? "aborted" : "finished", send: [{ to_pid: 2, message: { last: true } }] });
  });
  const pid = await host.spawn("a", { capabilities: { ipc: "all" } });
  const witness = await host.spawn("witness");
  await host.call("agent.suspend", { pid: witness });
  const first = await host.send(pid, { n: 1 });
  const second = await host.send(pid, { n: 2 });
  const stopped = host.call("agent.stop", { pid });
  await host.until(() => host.record(pid)?.state === "stopping");
  assert.is(codeOf(await host.call("agent.suspend", { pid })), "illegal-transition");
  assert.is(codeOf(await host.call("agent.stop", { pid })), "illegal-transition");
  finish();
  assert.equal(await stopped, { stopped: true, agent_id: "a", exit_code: 0 });
  assert.equal(host.record(pid)?.exit, { code: 0, reason: "stopped" });
  assert.equal(
    host.dead().map(({ message, reason }) => [message.msg_id, reason]),
    [[second, "receiver-exited"]],
  );
  assert.ok(first < second);
  assert.is(
    host.chain.read((state) => readRow(state, "mail", witness)),
    1,
  );
  assert.is(codeOf(await host.call("agent.stop", { pid })), "illegal-transition");
  await host.spawn("a"); // its name is free
  await host.close();
});

test("a forced stop ends the run, answers 137 when it has ended, and what the run answers comes to nothing", async () => {
  let aborted = false;
  let started = false;
  const host = openHost(stateDirectory(), async ({ signal }) => {
    started = true;
    await new Promise((settle) => signal.addEventListener("abort", settle, { once: true }));
    aborted = true;
    return answers({ state: "late", reply: { late: true } });
  });
  const pid = await host.spawn("a");
  await host.send(pid, {});
  await host.until(() => started);
  assert.equal(await host.call("agent.stop", { pid, graceful: false }), {
    stopped: true,
    agent_id: "a",
    exit_code: 137,
  });
  assert.ok(aborted);
  assert.is(host.record(pid)?.usage.messages_handled, 0);
  assert.equal(
    host.dead().map(({ reason }) => reason),
    ["receiver-exited"],
  );
  await host.close();
});

test("a stop that takes too long says that it is under way", async () => {
  let finish = () => {};
  const held = new Promise<void>((settle) => {
    finish = settle;
  });
  const host = openHost(
    stateDirectory(),
    async () => {
      await held;
      return answers({});
    },
    { stopWaitMs: 5 },
  );
  const pid = await host.spawn("a");
  await host.send(pid, {});
  assert.is(codeOf(await host.call("agent.stop", { pid })), "agent-stopping");
  finish();
  await host.until(() => host.record(pid)?.state === "exited");
  await host.close();
});

test("an agent manages what is below it and nobody else, and sees itself", async () => {
  const host = openHost(stateDirectory(), quiet);
  const root = await host.spawn("root");
  const child = await host.spawn("child", {}, as(host.record(root)));
  const grandchild = await host.spawn("grandchild", {}, as(host.record(child)));
  const other = await host.spawn("other");
  const caller = as(host.record(child));
  for (const pid of [root, child, other])
    for (const tool of ["stop", "suspend"])
      assert.is(codeOf(await host.call(`agent.${tool}`, { pid }, caller)), "permission-denied", `${tool} ${pid}`);
  for (const pid of [root, other])
    assert.is(codeOf(await host.call("agent.inspect", { pid }, caller)), "agent-not-found");
  assert.not(isFault(await host.call("agent.inspect", { pid: child }, caller)));
  const list = (await host.call("agent.list", {}, caller)) as { agents: { pid: number }[] };
  assert.equal(
    list.agents.map(({ pid }) => pid),
    [child, grandchild],
  );
  assert.equal(await host.call("agent.suspend", { pid: grandchild }, caller), { suspended: true });
  assert.equal(await host.call("agent.stop", { pid: grandchild }, as(host.record(root))), {
    stopped: true,
    agent_id: "grandchild",
    exit_code: 0,
  });
  await host.close();
});

test("an inspection says all there is to say, before and after the exit, and capabilities as a spawn takes them", async () => {
  const host = openHost(stateDirectory(), () => answers({ log: ["here"], exit: { code: 0, reason: "had enough" } }));
  const pid = await host.spawn("a", { capabilities: { tools: ["fs.*"] } });
  const before = (await host.call("agent.inspect", { pid })) as JsonObject;
  await host.send(pid, {});
  await host.settled();
  const { capabilities, resource_usage, ...rest } = (await host.call("agent.inspect", { pid })) as JsonObject;
  assert.equal(rest, {
    pid,
    agent_id: "a",
    state: "exited",
    parent_pid: 0,
    template: "mailbox",
    backend: "wasm",
    restarts: 0,
    last_error: null,
    exit: { code: 0, reason: "had enough" },
    log: ["here"],
    host: "",
  });
  assert.is((resource_usage as JsonObject).messages_handled, 1);
  assert.equal(before.capabilities, capabilities);
  assert.not.ok("exit" in before);
  assert.is(before.host, host.id);
  const again = await host.spawn("b", { capabilities: capabilities as JsonObject });
  assert.equal(host.record(again)?.capabilities, host.record(pid)?.capabilities);
  await host.close();
});

test("a damaged row stops the agent whose it is, and no other, and not the host", async () => {
  const host = openHost(stateDirectory(), quiet);
  const damaged = await host.spawn("damaged");
  const well = await host.spawn("well");
  await host.chain.commit((state) => {
    state.put(["agent", damaged], Buffer.from("{"));
    state.event({ source: "kernel", kind: "agent.spawned", payload: {} });
    return null;
  }, "committed");
  host.signals.tell({ kind: "mail", pid: damaged });
  host.signals.tell({ kind: "agents" });
  host.signals.tell({ kind: "elsewhere" });
  await host.send(well, {});
  await host.until(() => host.record(well)?.usage.messages_handled === 1);
  await host.close();
});

test("the last exited agents can be inspected, of older ones no row is left", async () => {
  const host = openHost(stateDirectory(), ({ input }) => answers({ state: input.message ?? null, log: ["x"] }));
  for (let i = 0; i < EXITED_KEPT + 3; i++) {
    const pid = await host.spawn("a");
    if (i === 0) {
      await host.send(pid, {});
      await host.settled();
    }
    await host.call("agent.stop", { pid, graceful: false });
  }
  assert.is(codeOf(await host.call("agent.inspect", { pid: 3 })), "agent-not-found");
  assert.is(((await host.call("agent.inspect", { pid: 4 })) as JsonObject).state, "exited");
  host.chain.read((state) => {
    assert.is(readRows(state, "agent").length, EXITED_KEPT);
    assert.is(readRows(state, "agent-exited").length, EXITED_KEPT);
    for (const table of ["agent-log", "agent-state", "mail", "inbox", "child", "agent-id"] as const)
      assert.equal(readRows(state, table), [], table);
  });
  assert.equal(await host.call("agent.list"), { agents: [], count: 0 });
  await host.close();
});

test.run();
