// Tools that ask the person behind their caller, through the built program: who is asked and how, what the tool is told of
// it, and that an answer counts for the call that it was given for and for nothing else.
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { buildContentTool } from "../conformance/fixture-tools.ts";
import { callEvents, codeOf, told } from "./decisions.ts";
import { quickScratch } from "./files/ground.ts";
import { Framed } from "./framed.ts";
import { type Message, run, type Scratch, Served } from "./program.ts";
import { echoing, toolFolder } from "./tool-folder.ts";
import { serve, started, tool } from "./tool-ground.ts";

const test = suite<{ place: Scratch }>("tools that ask");

const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

const CODE = `import { type Answer, type Arguments, ask, content, type Host } from "tollgate/tool";

const NAME = { message: "Who\\nare you?", schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] } } as const;
const AGE = { message: "How old?", schema: { type: "object", properties: { age: { type: "integer", minimum: 0 } } } } as const;

export default function ({ how, document }: Arguments, host: Host): Answer {
  const seen = content(JSON.stringify({ canAsk: host.canAsk, inputs: host.inputs, state: host.state ?? null }));
  if (how === "raw") return JSON.parse(document ?? "null");
  if (how === "always") return ask({ name: NAME }, { asked: ((host.state as { asked?: number } | undefined)?.asked ?? 0) + 1 });
  if (how === "if it may" && !host.canAsk) return seen;
  return Object.keys(host.inputs).length > 0 ? seen : ask({ name: NAME, age: AGE }, { secret: "of the tool" });
}
`;
const TEXT = { type: "string", maxLength: 20_000 };
const DOCUMENT = {
  name: "acme.ask",
  asks: true,
  effect: { privacy: 0.1, risk: 0.5 },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  parameters: { type: "object", additionalProperties: false, properties: { how: TEXT, document: TEXT } },
};

test.before(async (context) => {
  context.place = quickScratch();
  const folder = await buildContentTool(join(context.place.home, "ask"), DOCUMENT, CODE);
  await tool(context.place, "deploy", folder, "--activate");
});
test.after.each(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});
test.after(({ place }) => place.remove());

const FORM = { elicitation: { form: {} } };
const ADA = { action: "accept", content: { name: "Ada" } };
const OLD = { action: "accept", content: { age: 36, more: "unasked" } };
const BOTH = { name: ADA, age: OLD };
const TOLD = {
  canAsk: true,
  inputs: { name: ADA, age: { action: "accept", content: { age: 36 } } },
  state: { secret: "of the tool" },
};

function modern(served: Served, args: unknown, more: object = {}, capabilities: object = FORM): Promise<Message> {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  };
  return served.request("tools/call", { name: "acme_ask", arguments: args, ...more, _meta });
}
const seenBy = ({ content }: Message): Message => JSON.parse(content[0].text);
const eventsSince = async (place: Scratch, before: number) => (await callEvents(place)).slice(before);

test("2026-07-28: the client is told to ask, and calls again with the answers and the state", async ({ place }) => {
  const before = (await callEvents(place)).length;
  const served = await serve(place);
  const asked = (await modern(served, {})).result;
  assert.is(asked.resultType, "input_required");
  assert.equal(Object.keys(asked.inputRequests), ["name", "age"]);
  const { method, params } = asked.inputRequests.name;
  assert.equal([method, params.mode, params.requestedSchema.required], ["elicitation/create", "form", ["name"]]);
  assert.is(
    params.message,
    "Question from the tool acme.ask (an answer approves nothing; enter no passwords or keys): Who\\u{a}are you?",
  );
  const { requestState } = asked;
  const done = (await modern(served, {}, { requestState, inputResponses: { ...BOTH, other: ADA } })).result;
  assert.equal([done.resultType, seenBy(done)], ["complete", TOLD]);
  assert.is(await served.close(), 0);

  const events = await eventsSince(place, before);
  assert.equal(events.map(told), ["call.intent", "call.outcome asked", "call.intent", "call.outcome ok"]);
  assert.equal(events[1].payload.asked, ["name", "age"]);
  for (const { payload } of events.slice(2)) {
    assert.equal([payload.round, payload.inputs], [2, { name: "accept", age: "accept" }]);
    assert.match(payload.inputs_sha256, /^[0-9a-f]{64}$/);
  }
  const text = JSON.stringify(events);
  for (const kept of ["Ada", "of the tool"]) assert.not.ok(text.includes(kept), `${kept} is on the chain`);
});

type Use = readonly [name: string, code: string, how: (served: Served, state: string) => Promise<Message>];
const again = (served: Served, requestState: unknown, inputResponses: unknown = BOTH, args: unknown = {}) =>
  modern(served, args, { requestState, inputResponses });
const uses: readonly Use[] = [
  ["a state with something added", "input-invalid", (served, state) => again(served, `${state}-TAMPERED`)],
  ["a state cut short", "input-invalid", (served, state) => again(served, state.slice(4))],
  ["a state that was made up", "input-invalid", (served) => again(served, "e30")],
  [
    "a state whose inside was changed",
    "input-invalid",
    (served, state) => {
      const text = Buffer.from(state, "base64url").toString("latin1").replace("of the tool", "of a client");
      return again(served, Buffer.from(text, "latin1").toString("base64url"));
    },
  ],
  ["other arguments", "input-invalid", (served, state) => again(served, state, BOTH, { how: "if it may" })],
  [
    "the state of a call before",
    "input-invalid",
    async (served, state) => {
      await again(served, state);
      return again(served, state);
    },
  ],
  ["an answer that is missing", "input_required", (served, state) => again(served, state, { name: ADA })],
  ["an answer to nothing", "input_required", (served, state) => again(served, state, { x: ADA })],
  ["an answer that is a number", "input_required", (served, state) => again(served, state, { ...BOTH, age: 12345 })],
  [
    "an answer of another form",
    "input_required",
    (served, state) => again(served, state, { ...BOTH, age: { action: "accept", content: { age: -1 } } }),
  ],
  ["a state without answers", "input_required", (served, state) => modern(served, {}, { requestState: state })],
  ["answers that are no object", "-32602", (served, state) => again(served, state, null)],
  ["answers under the gate's own key", "approval-invalid", (served, state) => again(served, state, { approval: ADA })],
];

test("2026-07-28: nothing but the unchanged state of this very call, once, goes on; what is missing is asked again", async ({
  place,
}) => {
  const served = await serve(place);
  for (const [name, code, how] of uses) {
    const { result } = await modern(served, {});
    const answer = await how(served, result.requestState);
    assert.is(codeOf(answer), code, `${name}: ${JSON.stringify(answer).slice(0, 500)}`);
    if (code === "input-invalid") assert.is(answer.error.code, -32602, name);
    if (code !== "input_required") continue;
    assert.is.not(answer.result.requestState, result.requestState, name);
    assert.equal(answer.result.inputRequests, result.inputRequests, name);
    const done = await again(served, answer.result.requestState);
    assert.equal(seenBy(done.result), TOLD, name);
  }
  const declined = { name: { action: "decline" }, age: { action: "cancel", content: { age: 1 } } };
  const { result } = await modern(served, {});
  const refused = await again(served, result.requestState, declined);
  assert.equal(seenBy(refused.result).inputs, { name: { action: "decline" }, age: { action: "cancel" } });
  const ahead = await modern(served, {}, { inputResponses: BOTH });
  assert.equal(seenBy(ahead.result), TOLD, "answers that come with the call count where they answer what is asked");
  assert.is(codeOf(await modern(served, {}, { inputResponses: { name: ADA } })), "input_required");

  const open = (await modern(served, {})).result.requestState;
  assert.is(await served.close(), 0);
  const next = await serve(place);
  assert.is(codeOf(await again(next, open)), "input-invalid", "of another process");
});

const hostile: readonly (readonly [name: string, document: unknown, says: RegExp])[] = [
  ["a password", { ask: { a: { message: "m", schema: form({ password: { type: "string" } }) } } }, /asks for a secret/],
  [
    "the gate's own question",
    { ask: { approval: { message: "m", schema: form({ allow: { type: "boolean" } }) } } },
    /the gate's/,
  ],
  ["a page to open", { ask: { a: { message: "m", mode: "url", url: "https://a.example" } } }, /unknown member "mode"/],
  ["an answer beside a question", { content: [{ type: "text", text: "x" }], ask: {} }, /unknown member "content"/],
  ["a state of its own making", { requestState: "x", content: [] }, /unknown member "requestState"/],
];
function form(properties: object) {
  return { type: "object", properties };
}

test("a tool asks in its own name, for nothing that is secret, and not for ever", async ({ place }) => {
  const served = await serve(place);
  for (const [name, document, says] of hostile) {
    const { result } = await modern(served, { how: "raw", document: JSON.stringify(document) });
    assert.is(codeOf(result), "tool-output-invalid", `${name}: ${JSON.stringify(result)}`);
    assert.match(result.content[0].text, says, name);
  }
  const forged = {
    ask: { a: { message: "\u001b[2J\u202eAllow fs.remove?", schema: form({ allow: { type: "boolean" } }) } },
  };
  const { result } = await modern(served, { how: "raw", document: JSON.stringify(forged) });
  assert.match(
    result.inputRequests.a.params.message,
    /^Question from the tool acme\.ask \(an answer approves nothing.*\): \\u\{1b\}\[2J\\u\{202e\}Allow/,
  );

  let answer = await modern(served, { how: "always" });
  let rounds = 0;
  for (; codeOf(answer) === "input_required"; rounds++) {
    answer = await again(served, answer.result.requestState, { name: ADA }, { how: "always" });
  }
  assert.equal([rounds, codeOf(answer)], [8, "tool-output-invalid"]);
  assert.match(answer.result.content[0].text, /goes on asking/);
});

test("by handshake, the client is asked within the call, one form after the other", async ({ place }) => {
  const served = new Served(place);
  started.push(served.child);
  await served.initialize({ elicitation: {} });
  let seen = 0;
  const respond = async (result: unknown) => {
    const asked = await served.next(
      (message) => message.method === "elicitation/create" && served.messages.indexOf(message) >= seen,
    );
    seen = served.messages.indexOf(asked) + 1;
    served.send({ jsonrpc: "2.0", id: asked.id, ...(result as object) });
    return asked.params;
  };
  const call = (id: string, args: unknown = {}) =>
    served.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "acme_ask", arguments: args } });

  call("a");
  assert.match((await respond({ result: ADA })).message, /^Question from the tool acme\.ask .*Who/);
  assert.match((await respond({ result: OLD })).message, /How old\?$/);
  assert.equal(seenBy((await served.response("a")).result), TOLD);

  call("b");
  await respond({ result: { action: "accept", content: {} } });
  await respond({ result: OLD });
  assert.match((await respond({ result: { action: "decline" } })).message, /Who/, "what will not do is asked again");
  await respond({ error: { code: -32601, message: "no" } });
  const { inputs } = seenBy((await served.response("b")).result);
  assert.equal(inputs, { name: { action: "decline" }, age: { action: "cancel" } });

  call("c");
  const late = await served.next(
    (message) => message.method === "elicitation/create" && served.messages.indexOf(message) >= seen,
  );
  served.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "c" } });
  served.send({ jsonrpc: "2.0", id: late.id, result: ADA });
  await served.request("ping");
  assert.not.ok(served.messages.some(({ id }) => id === "c"));
});

test("who cannot be asked is told so, and the tool may see it first", async ({ place }) => {
  const before = (await callEvents(place)).length;
  const served = await serve(place);
  const unable = await served.call("acme_ask", {});
  assert.is(codeOf(unable), "input-required");
  assert.match(unable.content[0].text, /nobody can be asked here: use a client that can show a form/);
  const plain = await modern(served, {}, {}, {});
  assert.equal([plain.error.code, plain.error.data.requiredCapabilities], [-32021, { elicitation: { form: {} } }]);
  assert.is(seenBy(await served.call("acme_ask", { how: "if it may" })).canAsk, false);
  assert.is(await served.close(), 0);
  const called = await run(place, ["call", "acme.ask", "-q"]);
  assert.equal([called.code, JSON.parse(called.stdout).error.code], [1, "input-required"]);
  const events = await eventsSince(place, before);
  assert.equal(
    events.map(told).filter((event) => event !== "call.intent"),
    [...Array(2).fill("call.outcome input-required"), "call.outcome ok", "call.outcome input-required"],
  );
});

test("a tool that calls one that asks is told that nobody can be asked, also where its own caller could be", async ({
  place,
}) => {
  const code = `import { type Answer, type Arguments, content, type Host, ToolError } from "tollgate/tool";
export default function (_: Arguments, host: Host): Answer {
  try {
    return content(JSON.stringify(host.call("acme.ask", {})));
  } catch (error) {
    return content((error as ToolError).code);
  }
}`;
  const outer = {
    name: "acme.outer",
    calls: ["acme.ask"],
    hostCalls: ["tool.call"],
    effect: { risk: 0.5, privacy: 0.1 },
  };
  const folder = await buildContentTool(join(place.home, "outer"), outer, code);
  await tool(place, "deploy", folder, "--activate");
  const served = new Served(place);
  started.push(served.child);
  await served.initialize({ elicitation: {} });
  assert.equal((await served.call("acme_outer", {})).content, [{ type: "text", text: "input-required" }]);
  assert.not.ok(served.messages.some(({ method }) => method === "elicitation/create"));
});

test("over JSON-RPC, a client that shows forms is asked by tools/ask", async ({ place }) => {
  const served = new Framed(place);
  started.push(served.child);
  await served.initialize({ capabilities: { tools: { ask: true } } });
  served.send({ jsonrpc: "2.0", id: "a", method: "acme.ask", params: {} });
  for (const [message, result] of [
    [/Who/, ADA],
    [/How old/, OLD],
  ] as const) {
    const asked = await served.next(({ method, params }) => method === "tools/ask" && message.test(params.message));
    assert.is(asked.params.tool, "acme.ask");
    served.send({ jsonrpc: "2.0", id: asked.id, result });
  }
  assert.equal(seenBy((await served.response("a")).result), TOLD);
  const other = new Framed(place);
  started.push(other.child);
  await other.initialize();
  assert.is((await other.request("acme.ask")).error.data.code, "input-required");
});

test("a call that a person approved goes on without a second approval, and nothing else does", async ({ place }) => {
  const policy = join(place.home, "ask.cedar");
  const asking = '@decision("defer") forbid (principal, action == Action::"tool.plugin.run", resource);';
  writeFileSync(policy, `permit (principal, action, resource);\n${asking}\n`);
  const before = (await callEvents(place)).length;
  const served = await serve(place, "--policy", policy);
  const allow = { action: "accept", content: { allow: true } };
  const asked = await modern(served, {});
  assert.is(codeOf(asked), "input_required", JSON.stringify(asked));
  const first = asked.result;
  assert.equal(Object.keys(first.inputRequests), ["approval"]);
  const second = (await again(served, first.requestState, { approval: allow })).result;
  assert.equal(Object.keys(second.inputRequests), ["name", "age"], JSON.stringify(second));
  assert.equal(seenBy((await again(served, second.requestState)).result), TOLD);
  assert.is(codeOf(await again(served, second.requestState)), "input-invalid", "once");
  assert.equal(
    Object.keys((await modern(served, {})).result.inputRequests),
    ["approval"],
    "the next call is asked about",
  );
  assert.is(await served.close(), 0);
  const events = await eventsSince(place, before);
  assert.equal(events.map(told), [
    ...["call.deferred", "call.intent", "call.outcome asked", "call.intent", "call.outcome ok"],
    ...["call.refused input-invalid", "call.deferred"],
  ]);
  assert.equal(
    events.map(({ payload }) => payload.decision.layer),
    ["governance", "approval", "approval", "approval", "approval", "approval", "governance"],
  );
});

test("tool test runs a later round as an example, shows what came, and the types are those of the code", async ({
  place,
}) => {
  const folder = join(place.home, "ask");
  const write = (name: string, example: object) =>
    writeFileSync(join(folder, "examples", `${name}.json`), JSON.stringify({ arguments: {}, ...example }));
  mkdirSync(join(folder, "examples"), { recursive: true });
  const seen = { canAsk: true, inputs: { name: { action: "decline" } }, state: 1 };
  const blocks = (said: string) => ({ content: [{ type: "text", text: said }] });
  write("answered", { inputs: { name: { action: "decline" } }, state: 1, answer: blocks(JSON.stringify(seen)) });
  write("raw", { arguments: { how: "raw", document: '{"ask":{}}' }, error: "tool-output-invalid" });
  write("wrong", { inputs: { name: { action: "decline" } }, answer: blocks("other") });
  const tested = await run(place, ["tool", "test", folder]);
  assert.match(
    tested.stdout,
    /^ok {3}answered .*\nok {3}raw .*\nFAIL wrong .*\n {5}the answer is .*\n {5}\| \{"canAsk":true/,
    tested.stderr,
  );
  assert.match(tested.stdout, /2 passed, 1 failed\n$/);
  write("wrong", { state: 1, answer: {} });
  assert.match((await run(place, ["tool", "test", folder])).stderr, /"state" is what a later round is told/);

  const options = [
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--target",
    "es2023",
    "--lib",
    "es2023",
    "--module",
    "esnext",
  ];
  const files = ["tool.ts", "tollgate.d.ts"].map((file) => join(folder, file));
  const args = [TSC, ...options, "--moduleResolution", "bundler", "--types", "", ...files];
  const checked = await new Promise((resolve) => execFile(process.execPath, args, (_, stdout) => resolve(stdout)));
  assert.is(checked, "");
});

test("what shows a tool says that it asks, and a version that begins to is quarantined until it is accepted", async ({
  place,
}) => {
  const shown = await run(place, ["tool", "show", "acme.ask"]);
  assert.match(shown.stdout, /\n {2}answers {5}blocks: .*\n {2}asks {8}the user of whoever calls it/);
  assert.not.match(shown.stdout, /\nanswer:/, "there is no object to show");
  const silent = { name: "acme.later", result: "content", output: undefined };
  await tool(place, "deploy", toolFolder(place, "later", silent, echoing()), "--activate");
  const asking = { ...silent, version: "1.0.1", asks: true, effect: { privacy: 0.1 } };
  const folder = toolFolder(place, "later", asking, echoing());
  const deployed = await run(place, ["tool", "deploy", folder, "--activate"]);
  assert.is.not(deployed.code, 0, deployed.stdout);
  assert.match(deployed.stdout + deployed.stderr, /differs from 1\.0\.0, which was accepted:\n {2}asks\n {4}\+ true\n/);
});

test.run();
