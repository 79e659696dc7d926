// The stateless revision, clause by clause. Citations are of MCP 2026-07-28.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Message, modern, Wire } from "./wire.ts";

const VERSION = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
const SERVER_INFO = "io.modelcontextprotocol/serverInfo";
const SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId";
const identity = { name: "tollgate", title: "tollgate", version: "1.2.3" };
const ask = { elicitation: {} };

test("server/discover: versions, capabilities, instructions, caching hints and identity, before anything else", async () => {
  const wire = new Wire();
  const { result } = await wire.request("server/discover", { _meta: modern() });
  assert.is(result.resultType, "complete");
  assert.equal(result.supportedVersions, ["2026-07-28"]);
  assert.equal(result.capabilities, { logging: {}, tools: {} });
  assert.match(result.instructions, /\/data/);
  assert.ok(result.ttlMs > 0);
  assert.is(result.cacheScope, "private");
  assert.equal(result._meta, { [SERVER_INFO]: identity });
  await wire.end();
});

const meta = modern() as Message;
for (const [name, wrong, code] of [
  ["no version", { ...meta, [VERSION]: undefined }, -32602],
  ["a version that is a number", { ...meta, [VERSION]: 20260728 }, -32602],
  ["no capabilities", { ...meta, [CAPABILITIES]: undefined }, -32602],
  ["capabilities that are a list", { ...meta, [CAPABILITIES]: [] }, -32602],
  ["only client info", { "io.modelcontextprotocol/clientInfo": {} }, -32602],
  ["an unknown version", { ...meta, [VERSION]: "1900-01-01" }, -32022],
  ["a handshake version", { ...meta, [VERSION]: "2025-11-25" }, -32022],
] as const) {
  test(`basic/index, per-request fields: ${name} is ${code} for every method, in a session or not`, async () => {
    const wire = new Wire();
    for (const method of ["server/discover", "tools/list", "tools/call"]) {
      const { error } = await wire.request(method, { name: "test_echo", _meta: wrong });
      assert.is(error.code, code, method);
      if (code === -32022)
        assert.equal(error.data, { supported: ["2026-07-28"], requested: (wrong as Message)[VERSION] });
    }
    await wire.initialize();
    assert.is((await wire.request("tools/list", { _meta: wrong })).error.code, code);
    assert.is(wire.host.calls.length, 0);
    await wire.end();
  });
}

test("basic/versioning: both eras are served side by side, each request by what it says of itself", async () => {
  const wire = new Wire();
  assert.ok((await wire.request("tools/list", { _meta: modern() })).result.ttlMs > 0);
  await wire.initialize("2024-11-05");
  assert.ok((await wire.request("tools/list", { _meta: modern() })).result.ttlMs > 0);
  assert.not("ttlMs" in (await wire.request("tools/list")).result);
  assert.not("ttlMs" in (await wire.request("tools/list", { _meta: { progressToken: 1 } })).result);
  await wire.end();
});

test("what this revision does not have is -32601", async () => {
  const wire = new Wire();
  for (const method of [
    "initialize",
    "ping",
    "resources/list",
    "prompts/list",
    "completion/complete",
    "logging/setLevel",
    "resources/subscribe",
    "x",
  ]) {
    assert.is((await wire.request(method, { _meta: modern() })).error.code, -32601, method);
  }
  await wire.end();
});

test("server/tools, listing: resultType, caching hints and identity; the same list on every connection", async () => {
  const lists: Message[] = [];
  for (let round = 0; round < 2; round++) {
    const wire = new Wire();
    lists.push((await wire.request("tools/list", { _meta: modern() })).result);
    await wire.end();
  }
  assert.equal(lists[0], lists[1]);
  assert.is(lists[0].resultType, "complete");
  assert.ok(lists[0].ttlMs >= 0);
  assert.is(lists[0].cacheScope, "private");
  assert.equal(lists[0]._meta, { [SERVER_INFO]: identity });
  assert.equal(Object.keys(lists[0].tools[0]), [
    "name",
    "title",
    "description",
    "inputSchema",
    "outputSchema",
    "annotations",
    "_meta",
  ]);
});

test("server/tools, calling: complete with text, structure, usage and identity; no caching hints", async () => {
  const wire = new Wire();
  const { result } = await wire.request("tools/call", { name: "test_echo", arguments: { path: "é" }, _meta: modern() });
  assert.is(result.resultType, "complete");
  assert.equal(result.structuredContent, { echo: { path: "é" } });
  assert.is(result.content[0].text, '{"echo":{"path":"é"}}');
  assert.equal(result._meta[SERVER_INFO], identity);
  assert.is(result._meta["dev.tollgate/usage"].fuelConsumed, 1234);
  assert.not("ttlMs" in result);
  const refused = (await wire.request("tools/call", { name: "test_deny", _meta: modern() })).result;
  assert.is(refused.resultType, "complete");
  assert.is(refused.isError, true);
  assert.is((await wire.request("tools/call", { name: "nope", _meta: modern() })).error.code, -32602);
  await wire.end();
});

test("basic/patterns/mrtr: a deferral is input_required; calling again with the answer and the state completes it", async () => {
  const wire = new Wire();
  const call = { name: "test_question", arguments: { path: "x" }, _meta: modern(ask) };
  const { result } = await wire.request("tools/call", call);
  assert.is(result.resultType, "input_required");
  assert.is(result.requestState, "sealed-token");
  const question = result.inputRequests.approval;
  assert.is(question.method, "elicitation/create");
  assert.is(question.params.mode, "form");
  assert.is(question.params.message, "Remove /data/x?");
  assert.not("ttlMs" in result);
  assert.not(
    wire.messages.some((message) => message.method !== undefined),
    "the server writes no requests",
  );
  const answer = { approval: { action: "accept", content: { allow: true } }, other: { action: "ignored" } };
  const again = await wire.request("tools/call", {
    ...call,
    inputResponses: answer,
    requestState: result.requestState,
  });
  assert.equal(again.result.structuredContent, { echo: "approved" });
  assert.equal(wire.host.calls[1]?.approval, { token: "sealed-token", answer: "accept" });
  assert.equal(wire.host.calls[1]?.args, { path: "x" });
  await wire.end();
});

const accept = { approval: { action: "accept", content: { allow: true } } };
for (const [name, retry, outcome] of [
  ["an answer without the state was never asked for: asked anew", { inputResponses: accept }, "input_required"],
  ["a state without an answer: asked anew", { requestState: "sealed-token" }, "input_required"],
  [
    "a state with the answer to something else: asked anew",
    { requestState: "sealed-token", inputResponses: { x: {} } },
    "input_required",
  ],
  [
    "an answer hidden in a prototype: asked anew",
    { requestState: "sealed-token", inputResponses: { constructor: accept.approval } },
    "input_required",
  ],
  ["a changed state is refused", { requestState: "forged", inputResponses: accept }, "approval-invalid"],
  [
    "a decline is refused",
    { requestState: "sealed-token", inputResponses: { approval: { action: "decline" } } },
    "approval-declined",
  ],
  [
    "an answer of the wrong shape is refused",
    { requestState: "sealed-token", inputResponses: { approval: "accept" } },
    "approval-declined",
  ],
  ["responses that are a list are malformed", { requestState: "sealed-token", inputResponses: [] }, -32602],
  ["a state that is no string is malformed", { requestState: {}, inputResponses: accept }, -32602],
] as const) {
  test(`basic/patterns/mrtr, server requirements and error handling: ${name}`, async () => {
    const wire = new Wire();
    const { result, error } = await wire.request("tools/call", { name: "test_question", _meta: modern(ask), ...retry });
    const seen = error?.code ?? result._meta["dev.tollgate/fault"]?.code ?? result.resultType;
    assert.is(seen, outcome);
    await wire.end();
  });
}

for (const capabilities of [{}, { elicitation: { url: {} } }, { elicitation: true }]) {
  test(`basic/index: an approval that ${JSON.stringify(capabilities)} cannot give is -32021, with the capability and the refusal`, async () => {
    const wire = new Wire();
    const { error } = await wire.request("tools/call", { name: "test_question", _meta: modern(capabilities) });
    assert.is(error.code, -32021);
    assert.equal(error.data.requiredCapabilities, { elicitation: { form: {} } });
    assert.match(error.message, /^approval-required: a person has to approve/);
    assert.is(error.data.fault.sequence, 4);
    assert.is(wire.host.calls[0]?.canAsk, false);
    await wire.end();
  });
}

test("statelessness: capabilities of one request are not those of the next", async () => {
  const wire = new Wire();
  await wire.request("tools/call", { name: "test_question", _meta: modern(ask) });
  assert.is((await wire.request("tools/call", { name: "test_question", _meta: modern() })).error.code, -32021);
  await wire.end();
});

test("basic/patterns/subscriptions: acknowledged first, with nothing that cannot change; ends when cancelled", async () => {
  const wire = new Wire();
  const notifications = { toolsListChanged: true, resourceSubscriptions: ["file:///x"] };
  wire.send({ jsonrpc: "2.0", id: "s", method: "subscriptions/listen", params: { notifications, _meta: modern() } });
  const acknowledged = await wire.find((message) => message.method === "notifications/subscriptions/acknowledged");
  assert.equal(acknowledged.params, { _meta: { [SUBSCRIPTION]: "s" }, notifications: {} });
  wire.send({ jsonrpc: "2.0", id: "s", method: "tools/list", params: { _meta: modern() } });
  assert.is((await wire.reply("s")).error.code, -32600, "its id is under way");
  wire.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "s" } });
  await wire.request("server/discover", { _meta: modern() });
  assert.is(wire.messages.length, 3);
  assert.is((await wire.request("subscriptions/listen", { _meta: modern() })).error.code, -32602);
  await wire.end();
  assert.is(wire.messages.length, 4, "a cancelled stream gets no farewell");
});

test("basic/patterns/subscriptions, graceful closure: an open stream is completed at the end; their number is bounded", async () => {
  const wire = new Wire();
  for (let id = 0; id < 64; id++) {
    wire.send({ jsonrpc: "2.0", id, method: "subscriptions/listen", params: { notifications: {}, _meta: modern() } });
  }
  assert.is((await wire.request("subscriptions/listen", { notifications: {}, _meta: modern() })).error.code, -32603);
  await wire.end();
  const farewells = wire.messages.filter((message) => message.result?._meta?.[SUBSCRIPTION] !== undefined);
  assert.is(farewells.length, 64);
  assert.equal(farewells[0], {
    jsonrpc: "2.0",
    id: 0,
    result: { resultType: "complete", _meta: { [SUBSCRIPTION]: 0 } },
  });
});

test("basic/patterns/cancellation: a cancelled call ends and is not answered", async () => {
  const wire = new Wire();
  wire.send({ jsonrpc: "2.0", id: 0, method: "tools/call", params: { name: "test_hang", _meta: modern() } });
  await wire.request("tools/list", { _meta: modern() });
  wire.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 0, _meta: modern() } });
  await wire.request("tools/list", { _meta: modern() });
  assert.is(wire.host.aborted.length, 1);
  await wire.end();
  assert.not(wire.messages.some((message) => message.id === 0));
});

test("server/utilities/logging: a request that names a level is sent what its tool logs from there on, and no other request", async () => {
  const wire = new Wire();
  const logged = async (level?: unknown) => {
    const before = wire.messages.length;
    const _meta = { ...meta, ...(level !== undefined && { "io.modelcontextprotocol/logLevel": level }) };
    const { error } = await wire.request("tools/call", { name: "test_echo", arguments: {}, _meta });
    const sent = wire.messages.slice(before).filter(({ method }) => method === "notifications/message");
    return error === undefined ? sent.map(({ params }) => params.level) : error.code;
  };
  assert.equal(await logged("warning"), ["warning", "error"]);
  assert.equal(await logged(), []);
  for (const odd of ["loud", 1, null]) assert.is(await logged(odd), -32602);
  await wire.end();
});

test.run();
