// The client's inbox and subscriptions as resources, clause by clause, in both eras.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FakeInbox } from "../fake-inbox.ts";
import { FakeHost, type Message, modern, Wire } from "./wire.ts";

const SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId";

class HostWithInbox extends FakeHost {
  readonly inbox = new FakeInbox();
}

/** A server whose host has an inbox, and that said so before it was open. */
function start(read = true) {
  const host = new HostWithInbox();
  const wire = new Wire({ fake: host, inbox: true, read });
  return { wire, inbox: host.inbox };
}

const ofMethod = (wire: Wire, method: string): Message[] => wire.messages.filter((one) => one.method === method);
const updated = (uri: string) => (message: Message) =>
  message.method === "notifications/resources/updated" && message.params.uri === uri;
/** All that was told by now: what an earlier turn scheduled comes before the answer to this. */
const settled = async (wire: Wire) => {
  await wire.request("resources/list", { _meta: modern() });
  await wire.request("resources/list", { _meta: modern() });
};
const content = (reply: Message): Message => JSON.parse(reply.result.contents[0].text);

test("server/resources, capabilities: declared in both eras where the host has an inbox, and nowhere else", async () => {
  const { wire } = start();
  const resources = { subscribe: true, listChanged: true };
  assert.equal((await wire.request("server/discover", { _meta: modern() })).result.capabilities, {
    logging: {},
    tools: {},
    resources,
  });
  assert.equal((await wire.initialize()).result.capabilities, { logging: {}, tools: {}, resources });
  await wire.end();
  const without = new Wire();
  assert.equal((await without.initialize()).result.capabilities, { logging: {}, tools: {} });
  for (const method of ["resources/list", "resources/read", "resources/subscribe", "resources/templates/list"]) {
    assert.is((await without.request(method, { uri: "ipc://inbox" })).error.code, -32601);
  }
  await without.end();
});

test("2025-11-25, server/resources, listing: the inbox and every subscription; one page; templates say how to go on", async () => {
  const { wire, inbox } = start();
  inbox.subscribe("a.*", "b");
  await wire.initialize();
  const { result } = await wire.request("resources/list");
  assert.equal(
    result.resources.map(({ uri, name, mimeType }: Message) => ({ uri, name, mimeType })),
    [
      { uri: "ipc://inbox", name: "inbox", mimeType: "application/json" },
      { uri: "ipc://topics/a.*", name: "topics/a.*", mimeType: "application/json" },
      { uri: "ipc://topics/b", name: "topics/b", mimeType: "application/json" },
    ],
  );
  assert.not("ttlMs" in result || "resultType" in result, "members of a later revision");
  assert.is((await wire.request("resources/list", { cursor: "x" })).error.code, -32602);
  const { resourceTemplates } = (await wire.request("resources/templates/list")).result;
  assert.equal(
    resourceTemplates.map((one: Message) => one.uriTemplate),
    ["ipc://inbox{?after}", "ipc://topics/{pattern}{?after}"],
  );
  await wire.end();
});

test("2026-07-28, server/utilities/caching: lists and reads carry caching hints, and are stale at once", async () => {
  const { wire } = start();
  for (const [method, params] of [
    ["resources/list", {}],
    ["resources/templates/list", {}],
    ["resources/read", { uri: "ipc://inbox" }],
  ] as const) {
    const { result } = await wire.request(method, { ...params, _meta: modern() });
    assert.equal([result.resultType, result.ttlMs, result.cacheScope], ["complete", 0, "private"], method);
  }
  await wire.end();
});

test("server/resources, reading: the kept messages as JSON, behind `after` where it is given, under the URI that was asked", async () => {
  const { wire, inbox } = start();
  inbox.subscribe("a.*", "a.b");
  const first = inbox.receive({ n: 1 }, "a.b");
  const second = inbox.receive({ n: 2 }, "a.c");
  const own = inbox.receive({ n: 3 });
  await wire.initialize();
  const read = (uri: string) => wire.request("resources/read", { uri });
  const all = await read("ipc://topics/a.*");
  assert.is(all.result.contents[0].uri, "ipc://topics/a.*");
  assert.is(all.result.contents[0].mimeType, "application/json");
  assert.equal(content(all), {
    pattern: "a.*",
    messages: [first, second],
    count: 2,
    truncated: false,
    last_msg_id: second.msg_id,
    dropped: 3,
  });
  assert.equal(content(await read(`ipc://topics/a.*?after=${first.msg_id}`)).messages, [second]);
  assert.equal(content(await read("ipc://topics/a.%2A")).messages, [first, second]);
  assert.equal(content(await read("ipc://topics/a.b")).messages, [first]);
  assert.equal(content(await read("ipc://inbox")).messages, [own]);
  assert.equal(content(await read(`ipc://inbox?after=${own.msg_id}`)), {
    messages: [],
    count: 0,
    truncated: false,
    dropped: 0,
  });
  await wire.end();
});

test("a read of many large messages is cut, says so, and goes on without a gap", async () => {
  const { wire, inbox } = start();
  for (let n = 0; n < 40; n++) inbox.receive({ n, text: "x".repeat(60_000) });
  const seen: number[] = [];
  let after = 0;
  for (let more = true; more; ) {
    const page = content(await wire.request("resources/read", { uri: `ipc://inbox?after=${after}`, _meta: modern() }));
    seen.push(...page.messages.map(({ message }: Message) => message.n));
    more = page.truncated;
    after = page.last_msg_id;
  }
  assert.equal(
    seen,
    Array.from({ length: 40 }, (_, n) => n),
  );
  await wire.end();
});

for (const uri of [
  "ipc://topics/not.subscribed",
  "ipc://topics/a/b",
  "ipc://topics/%zz",
  "ipc://topics/",
  "ipc://inbox?after=-1",
  "ipc://inbox/x",
  "file:///etc/passwd",
  "",
]) {
  test(`server/resources, error handling: ${JSON.stringify(uri)} is -32602 with its URI in 2026-07-28, -32002 before`, async () => {
    const { wire } = start();
    const now = (await wire.request("resources/read", { uri, _meta: modern() })).error;
    assert.equal([now.code, now.data], [-32602, { uri }]);
    await wire.initialize();
    const before = (await wire.request("resources/read", { uri })).error;
    assert.equal([before.code, before.data], [-32002, { uri }]);
    await wire.end();
  });
}

test("a URI that is no string is -32602", async () => {
  const { wire } = start();
  await wire.initialize();
  for (const method of ["resources/read", "resources/subscribe", "resources/unsubscribe"]) {
    for (const uri of [undefined, 1, ["ipc://inbox"]])
      assert.is((await wire.request(method, { uri })).error.code, -32602);
  }
  await wire.end();
});

test("2025-11-25, server/resources, subscriptions: an update for each subscribed resource that changed, until unsubscribed", async () => {
  const { wire, inbox } = start();
  await wire.initialize();
  // Before the topic itself is subscribed to: nothing that comes in between is missed.
  assert.equal((await wire.request("resources/subscribe", { uri: "ipc://topics/a.*" })).result, {});
  assert.equal((await wire.request("resources/subscribe", { uri: "ipc://inbox" })).result, {});
  inbox.subscribe("a.*", "b");
  inbox.receive({}, "b");
  inbox.receive({}, "a.x");
  inbox.receive({}, "a.y");
  await wire.find(updated("ipc://topics/a.*"));
  inbox.receive({});
  await wire.find(updated("ipc://inbox"));
  await settled(wire);
  assert.equal(
    ofMethod(wire, "notifications/resources/updated").map(({ params }) => params),
    [{ uri: "ipc://topics/a.*" }, { uri: "ipc://inbox" }],
    "messages of one turn are one update; what is not subscribed is not told",
  );
  assert.equal((await wire.request("resources/unsubscribe", { uri: "ipc://inbox" })).result, {});
  inbox.receive({});
  await settled(wire);
  assert.is(ofMethod(wire, "notifications/resources/updated").length, 2);
  assert.is((await wire.request("resources/subscribe", { uri: "x:y" })).error.code, -32002);
  await wire.end();
});

test("2025-11-25, server/resources, list changed: told to a session, once for what changed in one turn, and not before the handshake", async () => {
  const { wire, inbox } = start();
  inbox.subscribe("a");
  await settled(wire);
  assert.equal(ofMethod(wire, "notifications/resources/list_changed"), []);
  await wire.initialize();
  inbox.subscribe("b");
  inbox.subscribe("c");
  await settled(wire);
  assert.equal(ofMethod(wire, "notifications/resources/list_changed"), [
    { jsonrpc: "2.0", method: "notifications/resources/list_changed", params: {} },
  ]);
  await wire.end();
});

test("2026-07-28, resources/subscribe does not exist any more", async () => {
  const { wire } = start();
  for (const method of ["resources/subscribe", "resources/unsubscribe"]) {
    assert.is((await wire.request(method, { uri: "ipc://inbox", _meta: modern() })).error.code, -32601);
  }
  await wire.end();
});

const listen = (wire: Wire, id: string | number, notifications: object) =>
  wire.send({ jsonrpc: "2.0", id, method: "subscriptions/listen", params: { notifications, _meta: modern() } });
const onStream = (wire: Wire, id: string | number) =>
  wire.messages.filter(({ params }) => params?._meta?.[SUBSCRIPTION] === id);

test("2026-07-28, basic/patterns/subscriptions: acknowledged first with what is honoured, then what was asked for, with the stream's id", async () => {
  const { wire, inbox } = start();
  listen(wire, "s", {
    toolsListChanged: true,
    resourcesListChanged: true,
    resourceSubscriptions: ["ipc://topics/a.*", "file:///x", 7],
  });
  listen(wire, 8, { resourceSubscriptions: ["ipc://inbox"] });
  listen(wire, 9, { resourcesListChanged: false, resourceSubscriptions: ["file:///x"] });
  await wire.find(({ params }) => params?._meta?.[SUBSCRIPTION] === 9);
  inbox.subscribe("a.*");
  inbox.receive({}, "a.x");
  inbox.receive({});
  await wire.find(updated("ipc://inbox"));
  await wire.find(updated("ipc://topics/a.*"));
  await settled(wire);
  const _meta = (id: string | number) => ({ [SUBSCRIPTION]: id });
  const told = (id: string | number) => onStream(wire, id).map(({ method, params }) => ({ method, params }));
  assert.equal(told("s"), [
    {
      method: "notifications/subscriptions/acknowledged",
      params: {
        _meta: _meta("s"),
        notifications: { resourcesListChanged: true, resourceSubscriptions: ["ipc://topics/a.*"] },
      },
    },
    { method: "notifications/resources/list_changed", params: { _meta: _meta("s") } },
    { method: "notifications/resources/updated", params: { _meta: _meta("s"), uri: "ipc://topics/a.*" } },
  ]);
  assert.equal(told(8), [
    {
      method: "notifications/subscriptions/acknowledged",
      params: { _meta: _meta(8), notifications: { resourceSubscriptions: ["ipc://inbox"] } },
    },
    { method: "notifications/resources/updated", params: { _meta: _meta(8), uri: "ipc://inbox" } },
  ]);
  assert.equal(told(9), [
    { method: "notifications/subscriptions/acknowledged", params: { _meta: _meta(9), notifications: {} } },
  ]);
  await wire.end();
});

test("2026-07-28, basic/patterns/subscriptions: a cancelled stream tells nothing more; an open one is completed at the end", async () => {
  const { wire, inbox } = start();
  listen(wire, 1, { resourceSubscriptions: ["ipc://inbox"] });
  listen(wire, 2, { resourceSubscriptions: ["ipc://inbox"] });
  await wire.find(({ params }) => params?._meta?.[SUBSCRIPTION] === 2);
  wire.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
  await settled(wire);
  inbox.receive({});
  await wire.find(updated("ipc://inbox"));
  await settled(wire);
  assert.is(onStream(wire, 1).length, 1);
  assert.is(onStream(wire, 2).length, 2);
  await wire.end();
  const farewell = await wire.reply(2);
  assert.equal(farewell.result, { resultType: "complete", _meta: { [SUBSCRIPTION]: 2 } });
});

test("a client that does not read is told once when it reads again, whatever came meanwhile", async () => {
  const { wire, inbox } = start(false);
  listen(wire, 1, { resourceSubscriptions: ["ipc://inbox"] });
  for (let i = 0; i < 4; i++) {
    wire.send({ jsonrpc: "2.0", id: 10 + i, method: "tools/call", params: { name: "test_large", _meta: modern() } });
  }
  // The first answers fill what may wait unread.
  while (wire.host.calls.length < 2 || wire.host.running > 0) await new Promise((done) => setImmediate(done));
  for (let turn = 0; turn < 100; turn++) {
    inbox.receive({ turn });
    await new Promise((done) => setImmediate(done));
  }
  assert.is(wire.messages.length, 0);
  wire.read();
  await wire.find(updated("ipc://inbox"));
  await settled(wire);
  assert.is(ofMethod(wire, "notifications/subscriptions/acknowledged").length, 1);
  assert.is(ofMethod(wire, "notifications/resources/updated").length, 1);
  await wire.end();
});

test.run();
