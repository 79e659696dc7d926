// Agents, messages and jobs through the built program: what a client, an operator and other agents can do with them, and
// what they cannot.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeOf } from "./decisions.ts";
import { Framed } from "./framed.ts";
import { chainEvents, type Message, run, type Scratch, Served, scratch } from "./program.ts";

const test = suite<{ place: Scratch }>("agents");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

const answerOf = (message: Message): Message => {
  assert.is(codeOf(message), "ok", JSON.stringify(message));
  return message.structuredContent;
};

async function serve(place: Scratch, args?: readonly string[]): Promise<Served> {
  const served = new Served(place, args);
  await served.initialize();
  return served;
}

async function spawn(
  served: Served,
  agent_id: string,
  template = "mailbox",
  capabilities: object = {},
): Promise<number> {
  return answerOf(await served.call("agent_spawn", { agent_id, template, capabilities })).pid;
}

/** Asks again until the test holds of what an agent looks like. */
async function until(served: Served, pid: number, holds: (agent: Message) => boolean): Promise<Message> {
  for (let tries = 0; ; tries++) {
    const agent = answerOf(await served.call("agent_inspect", { pid }));
    if (holds(agent)) return agent;
    assert.ok(tries < 400, `it did not come about: ${JSON.stringify(agent)}`);
    await wait(25);
  }
}

const read = async (served: Served, uri: string): Promise<Message[]> => {
  const { result } = await served.request("resources/read", { uri });
  return JSON.parse(result.contents[0].text).messages;
};

test("a client spawns an agent, asks it, and reads the reply as a resource that it is told of", async ({ place }) => {
  const served = await serve(place);
  const pid = await spawn(served, "echo-1", "echo");
  answerOf(await served.call("ipc_subscribe", { topic: "anything.**" }));
  await served.request("resources/subscribe", { uri: "ipc://inbox" });
  const { msg_id } = answerOf(await served.call("agent_send", { pid, message: { say: "hello" } }));
  await served.next(
    ({ method, params }) => method === "notifications/resources/updated" && params.uri === "ipc://inbox",
  );
  const messages = await read(served, "ipc://inbox");
  assert.is(messages.length, 1);
  assert.is(messages[0].in_reply_to, msg_id);
  assert.is(messages[0].from, "agent:echo-1");
  assert.is(messages[0].from_pid, pid);
  assert.match(JSON.stringify(messages[0].message), /hello/);
  const { resource_usage } = await until(served, pid, (agent) => agent.resource_usage.messages_handled === 1);
  assert.ok(resource_usage.fuel > 0);
  assert.is(await served.close(), 0);
  const kinds = (await chainEvents(place)).map(({ kind }) => kind);
  for (const kind of ["agent.spawned", "ipc.sent", "agent.handled"]) assert.ok(kinds.includes(kind), kind);
});

test("a topic reaches every subscription that matches it, over MCP and over JSON-RPC, and the sender is set by the host", async ({
  place,
}) => {
  const served = await serve(place);
  const framed = new Framed(place);
  await framed.initialize();
  await framed.request("ipc.subscribe", { topic: "build.*" });
  answerOf(await served.call("ipc_subscribe", { topic: "**" }));
  const sent = answerOf(
    await served.call("ipc_send", { topic: "build.done", payload: { ok: true, from: "agent:forged" } }),
  );
  assert.is(sent.receivers, 2);
  const { params } = await framed.next(({ method }) => method === "ipc/message");
  assert.is(params.topic, "build.done");
  assert.is(params.from, "client:stdio");
  assert.is(params.msg_id, sent.msg_id);
  assert.equal(params.message, { ok: true, from: "agent:forged" });
  const listed = (await served.request("resources/list")).result.resources.map(({ uri }: Message) => uri);
  assert.ok(listed.includes("ipc://topics/**"), listed.join(" "));
  framed.child.stdin.end();
  await framed.exit;
  assert.is(await served.close(), 0);
});

test("an agent calls only the tools it holds, in its own roots, as itself; what is refused changes nothing", async ({
  place,
}) => {
  writeFileSync(join(place.root, "seen"), "1");
  const served = await serve(place);
  const held = { tools: ["fs.stat"], roots: [{ path: place.root, access: "read-only" }], ipc: "all" };
  const may = await spawn(served, "may", "watcher", held);
  const mayNot = await spawn(served, "may-not", "watcher", { ipc: "all" });
  const order = { op: "watch", tool: "fs.stat", args: { path: "seen" }, notify_topic: "seen.changed" };
  for (const pid of [may, mayNot]) answerOf(await served.call("agent_send", { pid, message: order }));
  await until(served, may, (agent) => agent.resource_usage.tool_calls > 0);
  await until(served, mayNot, (agent) => agent.resource_usage.tool_calls > 0);
  assert.is(await served.close(), 0);
  const calls = (await chainEvents(place)).filter(({ payload }) => payload.tool === "fs.stat");
  const of = (name: string) => calls.filter(({ payload }) => payload.principal === `agent:${name}`);
  assert.ok(of("may").every(({ kind, payload }) => kind === "call.outcome" && payload.status === "ok"));
  assert.ok(of("may").length > 0 && of("may-not").length > 0);
  assert.ok(
    of("may-not").every(({ kind, payload }) => kind === "call.refused" && payload.fault.code === "permission-denied"),
  );
});

test("a job fires as whoever added it, and its message reaches its agent", async ({ place }) => {
  const served = await serve(place);
  const pid = await spawn(served, "ticks");
  answerOf(await served.call("sys_cron_add", { name: "to-agent", interval_secs: 1, command: "tick", target_pid: pid }));
  answerOf(await served.call("sys_cron_add", { name: "call", interval_secs: 1, command: 'fs.exists {"path": "."}' }));
  await until(served, pid, (agent) => agent.resource_usage.messages_handled >= 2);
  const fired = async () => (await chainEvents(place)).filter(({ payload }) => payload.via === "job:2");
  for (let tries = 0; (await fired()).length === 0 && tries < 40; tries++) await wait(100);
  const [call] = await fired();
  assert.is(call.payload.principal, "client:stdio");
  assert.is(call.payload.tool, "fs.exists");
  const { jobs } = answerOf(await served.call("sys_cron_list", {}));
  assert.equal(
    jobs.map(({ name }: Message) => name),
    ["to-agent", "call"],
  );
  assert.is(answerOf(await served.call("sys_cron_remove", { id: 1 })).removed, true);
  assert.is(codeOf(await served.call("sys_cron_remove", { id: 1 })), "job-not-found");
  assert.is(await served.close(), 0);
});

test("a client's job that fires on another host subscribes nobody there, and says why", async ({ place }) => {
  const first = await serve(place);
  answerOf(await first.call("ipc_subscribe", { topic: "own" }));
  answerOf(
    await first.call("sys_cron_add", { name: "subscribe", interval_secs: 1, command: 'ipc.subscribe {"topic": "a"}' }),
  );
  first.child.kill("SIGKILL");
  await first.exit;
  const second = await serve(place);
  answerOf(await second.call("ipc_subscribe", { topic: "own" }));
  for (let tries = 0; ; tries++) {
    const { jobs } = answerOf(await second.call("sys_cron_list", {}));
    if (/^no-address: /.test(jobs[0].last_error ?? "")) break;
    assert.ok(tries < 400, JSON.stringify(jobs));
    await wait(50);
  }
  assert.is(await second.close(), 0);
  const events = await chainEvents(place);
  const subscribed = events.filter(({ kind, payload }) => kind === "ipc.subscribed" && payload.topic === "a");
  assert.ok(
    subscribed.every(({ payload }) => payload.pid === 1),
    JSON.stringify(subscribed),
  );
  const calls = events.filter(({ kind, payload }) => kind === "call.outcome" && payload.via === "job:1");
  assert.ok(calls.length > 0 && calls.every(({ payload }) => payload.principal === "client:stdio"));
});

test("agents and what waits for them outlive their host, and move to one that has their roots", async ({ place }) => {
  const first = await serve(place);
  const pid = await spawn(first, "moves", "mailbox", { roots: [{ path: place.root, access: "read-only" }] });
  first.child.kill("SIGKILL");
  await first.exit;
  const elsewhere = await serve(place, [place.home]);
  const sent = await elsewhere.call("agent_send", { pid, message: { n: 1 } });
  assert.is(codeOf(sent), "ok");
  const agent = await until(elsewhere, pid, ({ resource_usage }) => resource_usage.messages_handled === 1);
  assert.is(agent.state, "running");
  assert.is(await elsewhere.close(), 0);
  const moved = (await chainEvents(place)).filter(({ kind }) => kind === "agent.moved");
  assert.ok(moved.length >= 1);
});

test("two hosts on one state directory handle each message once between them", async ({ place }) => {
  const hosts = [await serve(place), await serve(place)] as const;
  const pid = await spawn(hosts[0], "shared");
  const sends = Array.from({ length: 40 }, (_, n) => hosts[n % 2]?.call("agent_send", { pid, message: { n } }));
  const ids = (await Promise.all(sends)).map((message) => answerOf(message).msg_id);
  assert.is(new Set(ids).size, 40);
  await until(hosts[1], pid, (agent) => agent.resource_usage.messages_handled === 40);
  for (const host of hosts) assert.is(await host.close(), 0);
  const handled = (await chainEvents(place))
    .filter(({ kind }) => kind === "agent.handled")
    .map(({ payload }) => payload.msg_id);
  assert.equal(
    [...handled].sort((a, b) => a - b),
    [...ids].sort((a, b) => a - b),
  );
});

test("what cannot be is refused with its reason, and leaves no agent, message or job", async ({ place }) => {
  const served = await serve(place);
  const outside = { roots: [{ path: "/etc", access: "read-only" }] };
  const wrong: readonly [string, object, string][] = [
    ["agent_spawn", { agent_id: "x", template: "no-such" }, "template-unknown"],
    ["agent_spawn", { agent_id: "x", backend: "container" }, "backend-unavailable"],
    ["agent_spawn", { agent_id: "x", backend: "native" }, "backend-unavailable"],
    ["agent_spawn", { agent_id: "../x" }, "invalid-arguments"],
    ["agent_spawn", { agent_id: "x", capabilities: outside }, "capabilities-exceeded"],
    ["agent_spawn", { agent_id: "x", capabilities: { tools: "all" } }, "invalid-arguments"],
    ["agent_inspect", { pid: 99 }, "agent-not-found"],
    ["agent_stop", { pid: 99 }, "agent-not-found"],
    ["agent_send", { pid: 99, message: {} }, "agent-not-found"],
    ["ipc_send", { topic: "a/b", text: "x" }, "invalid-topic"],
    ["ipc_send", { topic: "a", target_pid: 1, text: "x" }, "invalid-arguments"],
    ["ipc_send", { text: "x" }, "invalid-arguments"],
    ["ipc_subscribe", { topic: "a..b" }, "invalid-topic"],
    ["sys_cron_add", { name: "j", schedule: "0 0 30 2 *", command: "fs.stat" }, "schedule-never-fires"],
    ["sys_cron_add", { name: "j", schedule: "not a schedule", command: "fs.stat" }, "schedule-invalid"],
    ["sys_cron_add", { name: "j", interval_secs: 1, command: "no.such {}" }, "tool-unknown"],
    ["sys_env_get", { name: "HOME" }, "permission-denied"],
    ["sys_service_health", { name: "no-such" }, "service-unknown"],
    ["sys_tree_inspect", { path: "/agents/../kv" }, "path-not-found"],
    ["template_echo", {}, "-32602"],
  ];
  const seen: [string, object, string][] = [];
  for (const [tool, args] of wrong) seen.push([tool, args, codeOf(await served.call(tool, args))]);
  assert.equal(
    seen,
    wrong.map((one) => [...one]),
  );
  const refusals = (await chainEvents(place))
    .filter(({ kind }) => kind === "call.refused")
    .map(({ payload }) => payload);
  const hidden = refusals.find(({ tool }) => tool === "sys.env.get");
  assert.equal([hidden.decision.verdict, hidden.decision.layer, hidden.fault.layer], ["deny", "capability", "gate"]);
  assert.equal(answerOf(await served.call("agent_list", {})), { agents: [], count: 0 });
  assert.is(answerOf(await served.call("sys_cron_list", {})).count, 0);
  const tree = answerOf(await served.call("sys_tree_inspect", { path: "/agents" }));
  assert.equal(tree.children, []);
  assert.is(await served.close(), 0);
});

test("suspended, nothing is handled and nothing is lost; stopped, its children end with it", async ({ place }) => {
  const served = await serve(place);
  const pid = await spawn(served, "parked");
  answerOf(await served.call("agent_suspend", { pid }));
  assert.is(codeOf(await served.call("agent_suspend", { pid })), "illegal-transition");
  answerOf(await served.call("agent_send", { pid, message: { n: 1 } }));
  await wait(300);
  const parked = answerOf(await served.call("agent_list", {})).agents[0];
  assert.is(parked.inbox, 1);
  answerOf(await served.call("agent_resume", { pid }));
  await until(served, pid, (agent) => agent.resource_usage.messages_handled === 1);
  const stopped = answerOf(await served.call("agent_stop", { pid }));
  assert.equal(stopped, { stopped: true, agent_id: "parked", exit_code: 0 });
  assert.is(codeOf(await served.call("agent_send", { pid, message: {} })), "agent-exited");
  assert.is(codeOf(await served.call("agent_stop", { pid })), "illegal-transition");
  assert.is(await served.close(), 0);
});

test("the command line spawns, asks and stops an agent that another process runs", async ({ place }) => {
  const served = await serve(place);
  const cli = async (...args: string[]) => {
    const done = await run(place, args);
    assert.is(done.code, 0, done.stderr);
    return done.stdout.trim();
  };
  assert.match(await cli("agent", "spawn", "asked", "--template", "echo"), /^asked · pid \d+ · running$/);
  assert.match(await cli("agent", "send", "asked", '{"n": 7}', "--wait", "15000"), /"n":7/);
  assert.match(await cli("agent", "list"), /asked +running +echo/);
  assert.match(await cli("agent", "show", "asked"), /messages +1 handled/);
  assert.match(await cli("top"), /agent:asked/);
  assert.is(await cli("agent", "dead"), "no dead letters");
  await cli("agent", "suspend", "asked");
  await cli("agent", "send", "asked", "too late");
  assert.match(await cli("agent", "stop", "asked"), /^asked ended with 0$/);
  assert.match(await cli("agent", "dead"), /operator:cli +\d+ +- +receiver-exited/);
  assert.equal(JSON.parse(await cli("agent", "dead", "--json"))[0].message.message, { text: "too late" });
  const missing = await run(place, ["agent", "show", "askd"]);
  assert.is(missing.code, 1);
  assert.is(await served.close(), 0);
});

test.run();
