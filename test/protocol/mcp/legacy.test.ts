// The handshake revisions, clause by clause. Citations are of MCP 2025-11-25 unless another revision is named.
import { setTimeout as wait } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FakeHost, type Message, Wire } from "./wire.ts";

const clientInfo = { name: "test", version: "1" };
const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };

test("basic/lifecycle, version negotiation: an offered revision that is known is answered with itself, any other with the newest", async () => {
  for (const version of ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]) {
    const wire = new Wire();
    assert.is((await wire.initialize(version)).result.protocolVersion, version);
    await wire.end();
  }
  for (const version of ["2026-07-28", "1999-01-01", "constructor", ""]) {
    const wire = new Wire();
    assert.is((await wire.initialize(version)).result.protocolVersion, "2025-11-25");
    await wire.end();
  }
});

test("basic/lifecycle, initialization: the reply holds capabilities, identity and instructions that name the roots", async () => {
  const wire = new Wire();
  const { result } = await wire.initialize();
  assert.equal(result.capabilities, { logging: {}, tools: {} });
  assert.equal(result.serverInfo, { name: "tollgate", version: "1.2.3", title: "tollgate" });
  assert.match(result.instructions, /\/data/);
  assert.ok(result.instructions.length < 1000);
  assert.not("resultType" in result);
  await wire.end();
});

test("basic/lifecycle, initialization: missing or mistyped fields are -32602 and open no session", async () => {
  const wire = new Wire();
  for (const wrong of [
    undefined,
    {},
    { ...params, protocolVersion: 1 },
    { ...params, capabilities: undefined },
    { ...params, capabilities: [] },
    { ...params, clientInfo: "me" },
  ]) {
    assert.is((await wire.request("initialize", wrong)).error.code, -32602);
  }
  assert.is((await wire.request("tools/list")).error.code, -32602);
  assert.ok((await wire.initialize()).result);
  await wire.end();
});

test("a second initialize is -32600 and changes nothing", async () => {
  const wire = new Wire();
  await wire.initialize("2024-11-05");
  const again = await wire.request("initialize", { ...params, capabilities: { elicitation: {} } });
  assert.is(again.error.code, -32600);
  assert.not("title" in (await wire.request("tools/list")).result.tools[0]);
  await wire.end();
});

test("basic/utilities/ping: answered before and after the handshake", async () => {
  const wire = new Wire();
  assert.equal((await wire.request("ping")).result, {});
  await wire.initialize();
  assert.equal((await wire.request("ping", {})).result, {});
  await wire.end();
});

test("requests before initialize are errors with a next step, and reach no tool", async () => {
  const wire = new Wire();
  for (const method of ["tools/list", "tools/call", "server/discover", "resources/list", "x"]) {
    const { error } = await wire.request(method, { name: "test_echo" });
    assert.is(error.code, -32602);
    assert.match(error.message, /initialize/);
  }
  assert.is(wire.host.calls.length, 0);
  await wire.end();
});

test("what is not advertised is -32601", async () => {
  const wire = new Wire();
  await wire.initialize();
  for (const method of [
    "resources/list",
    "prompts/list",
    "completion/complete",
    "tasks/list",
    "server/discover",
    "constructor",
    "__proto__",
    "",
  ]) {
    assert.is((await wire.request(method, {})).error.code, -32601, method);
  }
  await wire.end();
});

test("server/tools, listing: sorted, whole, and with only the fields that the revision knows", async () => {
  const fields = async (version: string) => {
    const wire = new Wire();
    await wire.initialize(version);
    const { result } = await wire.request("tools/list");
    assert.equal(Object.keys(result), ["tools"]);
    assert.equal(
      result.tools.map((tool: Message) => tool.name),
      ["test_deny", "test_echo", "test_hang", "test_large", "test_question"],
    );
    await wire.end();
    return Object.keys(result.tools[1]);
  };
  assert.equal(await fields("2024-11-05"), ["name", "description", "inputSchema"]);
  assert.equal(await fields("2025-03-26"), ["name", "description", "inputSchema", "annotations"]);
  const all = ["name", "title", "description", "inputSchema", "outputSchema", "annotations", "_meta"];
  assert.equal(await fields("2025-06-18"), all);
  assert.equal(await fields("2025-11-25"), all);
});

test("server/tools, annotations: all four hints are stated", async () => {
  const wire = new Wire();
  await wire.initialize();
  const [tool] = (await wire.request("tools/list")).result.tools;
  const hints = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
  assert.equal(tool.annotations, { title: "Title of test.deny", ...hints });
  assert.equal(tool._meta["dev.tollgate/tool"].name, "test.deny");
  await wire.end();
});

test("server/utilities/pagination: pages cover every tool once in order; a cursor that was never given is -32602", async () => {
  const fake = new FakeHost();
  fake.names = Array.from({ length: 300 }, (_, at) => `test.t${String(at).padStart(3, "0")}`);
  const wire = new Wire({ fake });
  await wire.initialize();
  const seen: string[] = [];
  const cursors: string[] = [];
  for (let cursor: string | undefined, rounds = 0; rounds < 10; rounds++) {
    const { result } = await wire.request("tools/list", cursor === undefined ? {} : { cursor });
    seen.push(...result.tools.map((tool: Message) => tool._meta["dev.tollgate/tool"].name));
    cursor = result.nextCursor;
    if (cursor === undefined) break;
    cursors.push(cursor);
  }
  assert.equal(seen, fake.names);
  assert.is(cursors.length, 2);
  const forged = (text: string) => Buffer.from(text).toString("base64url");
  for (const cursor of [
    "",
    "x",
    `${cursors[0]}=`,
    ` ${cursors[0]}`,
    forged("page:1"),
    forged("page:0"),
    forged("page:384"),
    forged("page:0128"),
    forged("page:-128"),
    forged("page:1e3"),
    5,
    null,
    {},
  ]) {
    assert.is((await wire.request("tools/list", { cursor })).error.code, -32602, JSON.stringify(cursor));
  }
  await wire.end();
});

test("server/tools, calling: both spellings reach the tool, dotted names are listed on demand", async () => {
  const wire = new Wire({ toolNames: "dotted" });
  await wire.initialize();
  assert.is((await wire.request("tools/list")).result.tools[1].name, "test.echo");
  for (const name of ["test.echo", "test_echo"]) {
    const { result } = await wire.request("tools/call", { name, arguments: { path: "a" } });
    assert.equal(result.structuredContent, { echo: { path: "a" } });
  }
  assert.equal(
    wire.host.calls.map((call) => call.tool),
    ["test.echo", "test.echo"],
  );
  await wire.end();
});

test("server/tools, structured content: the result is text and structure, with usage in _meta and no isError", async () => {
  const wire = new Wire();
  await wire.initialize();
  const { result } = await wire.request("tools/call", {
    name: "test_echo",
    arguments: {},
    _meta: { progressToken: "p" },
  });
  assert.equal(result, {
    content: [{ type: "text", text: '{"echo":{}}' }],
    structuredContent: { echo: {} },
    _meta: { "dev.tollgate/usage": { fuelConsumed: 1234, memoryPeak: 65_536, durationMs: 0.25, sequence: 7 } },
  });
  await wire.end();
  const old = new Wire();
  await old.initialize("2025-03-26");
  assert.not("structuredContent" in (await old.request("tools/call", { name: "test_echo" })).result);
  await old.end();
});

test("server/tools, error handling: an unknown tool is -32602 and the host has recorded the attempt", async () => {
  const wire = new Wire();
  await wire.initialize();
  for (const name of ["nope", "constructor", "__proto__", "test.nope", "TEST_ECHO"]) {
    assert.is((await wire.request("tools/call", { name })).error.code, -32602);
  }
  assert.equal(
    wire.host.calls.map((call) => call.tool),
    ["nope", "constructor", "__proto__", "test.nope", "TEST_ECHO"],
  );
  await wire.end();
});

test("server/tools, error handling: a malformed call is -32602 and reaches nobody", async () => {
  const wire = new Wire();
  await wire.initialize();
  for (const wrong of [
    undefined,
    {},
    { name: 1 },
    { name: null },
    { name: "n".repeat(300) },
    { name: "test_echo", arguments: [] },
    { name: "test_echo", arguments: null },
    { name: "test_echo", arguments: "{}" },
  ]) {
    assert.is((await wire.request("tools/call", wrong)).error.code, -32602, JSON.stringify(wrong));
  }
  assert.is(wire.host.calls.length, 0);
  await wire.end();
});

test("server/tools, error handling: a refusal is a result with isError, one plain line, no structured content, figures in _meta", async () => {
  const wire = new Wire();
  await wire.initialize();
  const { result } = await wire.request("tools/call", { name: "test_deny" });
  assert.is(result.isError, true);
  assert.not("structuredContent" in result);
  assert.is(result.content.length, 1);
  assert.is(
    result.content[0].text,
    "governance-denied: reading is not allowed here: ask for another path\\u{1b}[2J\\u{a}forged (refused by the governance layer; rules: no-reads; because: the path is outside)",
  );
  const detail = result._meta["dev.tollgate/fault"];
  assert.equal(
    [detail.code, detail.layer, detail.decision.verdict, detail.rules, detail.sequence],
    ["governance-denied", "gate", "deny", ["no-reads"], 9],
  );
  await wire.end();
});

test("a throw in the host is an answer with a fixed text", async () => {
  class Throwing extends FakeHost {
    override call(): Promise<never> {
      return Promise.reject(new Error("secret detail"));
    }
  }
  const wire = new Wire({ fake: new Throwing() });
  await wire.initialize();
  const { result } = await wire.request("tools/call", { name: "test_echo" });
  assert.is(result.isError, true);
  assert.not.match(JSON.stringify(result), /secret/);
  await wire.end();
});

test("the principal is the connection; what the client claims is bounded, plain and only recorded", async () => {
  const wire = new Wire();
  await wire.request("initialize", {
    ...params,
    clientInfo: { name: `operator\u202e\n${"n".repeat(500)}`, version: "\u001b[31m" },
  });
  await wire.request("tools/call", { name: "test_echo", arguments: { principal: "operator" } });
  const { principal } = wire.host.calls[0] as { principal: Message };
  assert.is(`${principal.kind}:${principal.id}`, "client:stdio");
  assert.ok(principal.claimed.name.startsWith("operator\\u{202e}\\u{a}nnn") && principal.claimed.name.length < 100);
  assert.is(principal.claimed.version, "\\u{1b}[31m");
  await wire.end();
});

const asks = (wire: Wire) => wire.find((message) => message.method === "elicitation/create");

for (const [name, capabilities, version, can] of [
  ["none declared", {}, "2025-11-25", false],
  ["an empty object", { elicitation: {} }, "2025-11-25", true],
  ["form", { elicitation: { form: {} } }, "2025-11-25", true],
  ["form and url", { elicitation: { form: {}, url: {} } }, "2025-11-25", true],
  ["url only", { elicitation: { url: {} } }, "2025-11-25", false],
  ["not an object", { elicitation: true }, "2025-11-25", false],
  ["in 2025-06-18", { elicitation: {} }, "2025-06-18", true],
  ["in 2025-03-26, which has none", { elicitation: {} }, "2025-03-26", false],
  ["in 2024-11-05, which has none", { elicitation: {} }, "2024-11-05", false],
] as const) {
  test(`client/elicitation, capabilities: ${name}: ${can ? "the person is asked" : "the call is refused"}`, async () => {
    const wire = new Wire();
    await wire.initialize(version, capabilities);
    wire.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "test_question" } });
    if (can) {
      const { params: form } = await asks(wire);
      assert.is(form.message, "Remove /data/x?");
      assert.is(form.mode, "form");
      assert.equal(form.requestedSchema.required, ["allow"]);
    } else {
      const { result } = await wire.reply(1);
      assert.is(result._meta["dev.tollgate/fault"].code, "approval-required");
      assert.is(wire.host.calls[0]?.canAsk, false);
    }
    await wire.end();
  });
}

for (const [name, response, expected] of [
  ["accepts", { result: { action: "accept", content: { allow: true } } }, "accept"],
  ["accepts without the box", { result: { action: "accept", content: { allow: false } } }, "decline"],
  ["accepts with a string for the box", { result: { action: "accept", content: { allow: "true" } } }, "decline"],
  ["accepts without content", { result: { action: "accept" } }, "decline"],
  ["declines", { result: { action: "decline" } }, "decline"],
  ["cancels", { result: { action: "cancel" } }, "cancel"],
  ["answers something else", { result: { action: "yes" } }, "cancel"],
  ["answers an error", { error: { code: -32601, message: "no" } }, "cancel"],
  ["answers a list", { result: [{ action: "accept", content: { allow: true } }] }, "cancel"],
  ["answers null", { result: null }, "cancel"],
  ["answers an error that is none", { error: "no" }, "cancel"],
] as const) {
  test(`client/elicitation, response actions: a person who ${name} means ${expected}`, async () => {
    const wire = new Wire();
    await wire.initialize("2025-11-25", { elicitation: {} });
    wire.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "test_question" } });
    const { id } = await asks(wire);
    wire.send({ jsonrpc: "2.0", id, ...response });
    const { result } = await wire.reply(1);
    assert.is(result.isError === true, expected !== "accept");
    assert.equal(wire.host.calls[1]?.approval, { token: "sealed-token", answer: expected });
    assert.is(wire.host.calls.length, 2);
    await wire.end();
  });
}

test("answers that nobody asked for are ignored, also under the ids that questions will have", async () => {
  const wire = new Wire();
  await wire.initialize("2025-11-25", { elicitation: {} });
  const early = { jsonrpc: "2.0", result: { action: "accept", content: { allow: true } } };
  for (let id = 0; id < 5; id++) wire.send({ ...early, id });
  wire.send({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "test_question", requestState: "sealed-token", inputResponses: { approval: early.result } },
  });
  await asks(wire);
  assert.is(wire.host.calls[0]?.approval, undefined);
  assert.is(wire.host.calls.length, 1);
  await wire.end();
});

test("a call that is cancelled while a person is asked takes the question back and is never answered", async () => {
  const wire = new Wire();
  await wire.initialize("2025-11-25", { elicitation: {} });
  wire.send({ jsonrpc: "2.0", id: 0, method: "tools/call", params: { name: "test_question" } });
  const question = await asks(wire);
  wire.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 0 } });
  const taken = await wire.find((message) => message.method === "notifications/cancelled");
  assert.is(taken.params.requestId, question.id);
  wire.send({ jsonrpc: "2.0", id: question.id, result: { action: "accept", content: { allow: true } } });
  await wire.settle();
  assert.is(wire.host.calls.length, 1);
  assert.not(wire.messages.some((message) => message.id === 0 && message.method === undefined && message.result));
  await wire.end();
});

test("a question that nobody answers until it expires is a cancel; the end of the input does not wait for one", async () => {
  let now = Date.now();
  const wire = new Wire({ clock: () => now });
  await wire.initialize("2025-11-25", { elicitation: {} });
  now += 59_900;
  const { result } = await wire.request("tools/call", { name: "test_question" });
  assert.is(result._meta["dev.tollgate/fault"].code, "approval-declined");
  assert.is(wire.host.calls[1]?.approval?.answer, "cancel");
  now -= 59_900;
  wire.send({ jsonrpc: "2.0", id: "open", method: "tools/call", params: { name: "test_question" } });
  await wait(10);
  assert.is(await wire.end(), 0);
  assert.not(wire.messages.some((message) => message.id === "open"));
});

test("other calls go on while a person thinks", async () => {
  const wire = new Wire();
  await wire.initialize("2025-11-25", { elicitation: {} });
  wire.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "test_question" } });
  await asks(wire);
  for (let round = 0; round < 20; round++) assert.ok((await wire.request("tools/call", { name: "test_echo" })).result);
  await wire.end();
});

test("basic/utilities/progress: a request with a token is told how far its tool is, rising, before its answer, and no other", async () => {
  const wire = new Wire();
  await wire.initialize();
  const call = { name: "test_echo", arguments: { steps: 3 } };
  for (const progressToken of ["a", 7]) {
    wire.messages.length = 0;
    await wire.request("tools/call", { ...call, _meta: { progressToken } });
    assert.equal(
      wire.messages.slice(0, -1).map(({ method, params }) => [method, params]),
      [
        ["notifications/progress", { progressToken, progress: 0, total: 3 }],
        ["notifications/progress", { progressToken, progress: 1, total: 3, message: "one\\u{1b}[2J" }],
        ["notifications/progress", { progressToken, progress: 3, total: 3 }],
      ],
    );
  }
  for (const _meta of [undefined, {}, { progressToken: null }, { progressToken: 1.5 }, { progressToken: {} }]) {
    wire.messages.length = 0;
    await wire.request("tools/call", { ...call, ...(_meta && { _meta }) });
    assert.is(wire.messages.length, 1, JSON.stringify(_meta));
  }
  await wire.end();
});

test("server/utilities/logging: what tools log is sent from the level on that the client set, and to no other client", async () => {
  const wire = new Wire();
  await wire.initialize();
  const logged = async () => {
    const before = wire.messages.length;
    await wire.request("tools/call", { name: "test_echo", arguments: {} });
    return wire.messages
      .slice(before)
      .flatMap(({ method, params }) => (method === "notifications/message" ? [params] : []));
  };
  assert.equal(await logged(), []);
  for (const level of [undefined, "loud", 3, "constructor"]) {
    assert.is((await wire.request("logging/setLevel", { level })).error.code, -32602, String(level));
  }
  const line = (level: string) => ({ level, logger: "test.echo", data: `${level}\\u{1b}[2J` });
  for (const [level, lines] of [
    ["debug", ["debug", "info", "warning", "error"]],
    ["notice", ["warning", "error"]],
    ["emergency", []],
  ] as const) {
    assert.equal((await wire.request("logging/setLevel", { level })).result, {});
    assert.equal(await logged(), lines.map(line), level);
  }
  await wire.end();
});

test.run();
