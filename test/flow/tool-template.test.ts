// A template of agents that somebody wrote, from a new folder to agents that it runs, while versions come and go.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import * as assert from "uvu/assert";
import { chainEvents, type Message, run, type Scratch, type Served } from "./program.ts";
import { code, listed, refused, serve, tool, toolSuite } from "./tool-ground.ts";

const test = toolSuite("templates of agents that were deployed");

const NAME = "acme.tally";

/** A new template in a folder, built; `changed` goes into its tool.json, `body` is what it does with a message. */
async function newTemplate(place: Scratch, changed: object = {}, body?: string): Promise<string> {
  const { folder } = await tool(place, "new", NAME, "--template", "--in", place.home);
  change(folder, changed, body);
  await tool(place, "build", folder);
  return folder;
}

function change(folder: string, changed: object, body?: string): void {
  const document = JSON.parse(readFileSync(join(folder, "tool.json"), "utf8"));
  writeFileSync(join(folder, "tool.json"), JSON.stringify({ ...document, ...changed }));
  if (body === undefined) return;
  writeFileSync(
    join(folder, "tool.ts"),
    `import type { Answer, Arguments, Host } from "tollgate/tool";
     export default function template({ message, in_reply_to, state }: Arguments, host: Host): Answer { ${body} }`,
  );
}

const activate = (place: Scratch, folder: string) => tool(place, "deploy", folder, "--activate", "--accept");

async function spawn(served: Served, agent_id: string, capabilities: object = {}): Promise<Message> {
  return served.call("agent_spawn", { agent_id, template: NAME, capabilities });
}

/** A host whose client receives what agents reply. */
async function serveReading(place: Scratch): Promise<Served> {
  const served = await serve(place);
  await served.call("ipc_subscribe", { topic: "anything" });
  return served;
}

/** What an agent replies to a message. */
async function asked(served: Served, pid: number, message: object): Promise<Message> {
  const { structuredContent } = await served.call("agent_send", { pid, message });
  for (let tries = 0; tries < 400; tries++) {
    const { result } = await served.request("resources/read", { uri: "ipc://inbox" });
    const replies = JSON.parse(result.contents[0].text).messages as Message[];
    const reply = replies.find(({ in_reply_to }) => in_reply_to === structuredContent.msg_id);
    if (reply !== undefined) return reply.message;
    await wait(25);
  }
  throw new Error(`no reply to ${JSON.stringify(message)}: ${JSON.stringify(await look(served, pid))}`);
}

const look = async (served: Served, pid: number): Promise<Message> =>
  (await served.call("agent_inspect", { pid })).structuredContent;

const waiting = async (served: Served): Promise<Message[]> =>
  (await served.call("agent_list", {})).structuredContent.agents;

async function until(served: Served, pid: number, holds: (agent: Message) => boolean): Promise<Message> {
  for (let tries = 0; tries < 400; tries++) {
    const agent = await look(served, pid);
    if (holds(agent)) return agent;
    await wait(25);
  }
  throw new Error(`it did not come about: ${JSON.stringify(await look(served, pid))}`);
}

test("a new template passes its examples, runs agents in a host that serves, and is never called or listed", async ({
  place,
}) => {
  const folder = await newTemplate(place);
  const tested = await run(place, ["tool", "test", folder]);
  assert.match(tested.stdout, /2 passed, 0 failed\n$/, tested.stderr);
  const served = await serveReading(place);
  const before = await spawn(served, "early");
  assert.is(code(before), "template-unknown");
  assert.match(before.content[0].text, /there are echo, mailbox, router, watcher/);
  const { next } = await activate(place, folder);
  assert.is(next, `tollgate agent spawn <id> --template ${NAME}`);
  const spawned = await spawn(served, "a");
  assert.is(code(spawned), "ok", JSON.stringify(spawned));
  const { pid } = spawned.structuredContent;
  assert.equal(await asked(served, pid, { text: "two words" }), { words: 2 });
  assert.equal(await asked(served, pid, { text: "one" }), { words: 3 }, "the state is kept between messages");
  assert.is((await look(served, pid)).template, NAME);
  assert.not.ok((await listed(served)).includes("acme_tally"), "a template is no tool");
  const call = await served.call("acme_tally", { message: {}, msg_id: 1, from: "x", from_pid: 0, state: null });
  assert.match(code(call), /tool-not-found/);

  const operator = await run(place, ["agent", "spawn", "b", "--template", NAME, "--dir", place.root]);
  assert.is(operator.code, 0, operator.stderr);
  await served.close();
  const config = join(place.home, "limits.json");
  writeFileSync(config, JSON.stringify({ toolLimits: { [NAME]: { fuel: 1000 } } }));
  const limited = await serve(place, "--config", config);
  const fuel = (await look(limited, pid)).resource_usage.fuel;
  await limited.call("agent_send", { pid, message: { text: "too much" } });
  const starved = await until(limited, pid, ({ last_error }) => last_error !== null);
  assert.match(starved.last_error, /^fuel-exhausted/);
  assert.is((starved.resource_usage.fuel - fuel) % 1000, 0, "each try is charged what the operator allows a run");

  const shown = await run(place, ["tool", "show", NAME]);
  assert.match(shown.stdout, /kind +a template/);
});

test("agents take up a new version with their state, wait while it is revoked, and go on where they were", async ({
  place,
}) => {
  const folder = await newTemplate(place);
  await activate(place, folder);
  const served = await serveReading(place);
  const { pid } = (await spawn(served, "a")).structuredContent;
  assert.equal(await asked(served, pid, { text: "two words" }), { words: 2 });

  change(
    folder,
    { version: "0.2.0" },
    "if (in_reply_to !== undefined) return {}; return { reply: { had: state, got: message } };",
  );
  await tool(place, "build", folder);
  await activate(place, folder);
  assert.equal(await asked(served, pid, { n: 1 }), { had: { words: 2 }, got: { n: 1 } });

  await tool(place, "revoke", NAME, "0.2.0", "--reason", "wrong");
  const { msg_id } = (await served.call("agent_send", { pid, message: { n: 2 } })).structuredContent;
  const parked = await until(served, pid, ({ host }) => host === "");
  assert.equal([parked.state, parked.restarts, parked.last_error ?? null], ["running", 0, null], "nothing crashed");
  assert.is(code(await spawn(served, "late")), "template-unknown", "a revoked template begins no agent");
  await wait(300);
  assert.is((await waiting(served))[0].inbox, 1, "the message waits");

  await tool(place, "activate", NAME, "0.1.0");
  await until(served, pid, ({ resource_usage }) => resource_usage.messages_handled === 3);
  assert.is((await waiting(served))[0].inbox, 0);
  const kinds = (await chainEvents(place)).filter(({ payload }) => payload.msg_id === msg_id).map(({ kind }) => kind);
  assert.ok(kinds.includes("agent.handled"), "handled by the version before");
  assert.not.ok(kinds.includes("agent.crashed"));
});

test("a template calls what both its tool.json and its agent's capabilities name, and reaches no other folder", async ({
  place,
}) => {
  writeFileSync(join(place.root, "in.txt"), "inside");
  const folder = await newTemplate(
    place,
    { hostCalls: ["tool.call", "log"], calls: ["fs.read_file", "kv.get"] },
    `try { return { reply: { answer: host.call(message.tool as string, message.args as any) as any } }; }
     catch (error) { return { reply: { error: (error as any).code ?? String(error) } }; }`,
  );
  await activate(place, folder);
  const served = await serveReading(place);
  const root = { path: place.root, access: "read-only" };
  const { pid } = (await spawn(served, "a", { tools: ["fs.read_file", "fs.stat"], roots: [root] })).structuredContent;
  const read = await asked(served, pid, { tool: "fs.read_file", args: { path: join(place.root, "in.txt") } });
  assert.is(read.answer?.content, "inside", JSON.stringify(read));
  const outside = await asked(served, pid, { tool: "fs.stat", args: { path: place.root } });
  assert.is(outside.error, "permission-denied", "its tool.json does not name it");
  const unheld = await asked(served, pid, { tool: "kv.get", args: { key: "x" } });
  assert.is(unheld.error, "permission-denied", "its agent does not hold it");
  const events = await chainEvents(place);
  const [nested] = events.filter(({ payload }) => payload.tool === "fs.read_file");
  assert.is(nested.payload.principal, "agent:a", "the call is its agent's");
});

test("what a template may not say of itself is refused with the reason", async ({ place }) => {
  const folder = await newTemplate(place);
  const open = { type: "object", additionalProperties: false, properties: {} };
  change(folder, { parameters: open });
  await refused(place, /"parameters": has no place here/, "deploy", folder, "--activate", "--accept");
  change(folder, {
    parameters: undefined,
    resources: [{ argument: "message", kind: "path", actions: ["tool.fs.read"] }],
  });
  await refused(place, /it is a template and names the argument message/, "deploy", folder, "--activate", "--accept");
  change(folder, { resources: undefined, kind: "agent", parameters: open, output: open });
  await refused(place, /"kind": must be one of "tool", "template"/, "deploy", folder, "--activate", "--accept");
});

test.run();
