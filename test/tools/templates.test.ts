import { createHash } from "node:crypto";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fault } from "../../src/contract/fault.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import { matchesTopic, patternProblem, topicProblem } from "../../src/contract/topic.ts";
import { agent, closeTemplates, input, runTemplate } from "./template-run.ts";

const test = suite("templates of agents");
const TEMPLATES = ["echo", "mailbox", "router", "watcher"];
const AGENT = { from: "agent:other", from_pid: 9 };
const ANSWER = { in_reply_to: 3 };
/** JSON objects that come through JSON text unchanged. */
const objects = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject)
  .filter((value) => !["op", "command", "ack", "__proto__"].some((key) => Object.hasOwn(value, key)));

test.after(closeTemplates);

test("echo answers with what it was sent, byte for byte, and never answers an answer", async () => {
  const echo = agent("echo");
  await fc.assert(
    fc.asyncProperty(objects, async (message) => assert.equal(await echo.tell(message), { reply: message })),
    { numRuns: 40 },
  );
  assert.equal(await echo.tell({ a: 1 }, ANSWER), {});
});

test("mailbox keeps messages with their senders, lists the oldest first, takes, counts and clears", async () => {
  const box = agent("mailbox");
  assert.equal((await box.tell({ op: "count" })).reply, { count: 0, dropped: 0 });
  assert.not.ok("reply" in (await box.tell({ n: 1 }, { topic: "a.b" })), "nobody asked to hear of it");
  assert.equal((await box.tell({ n: 2, ack: true }, AGENT)).reply, { stored: true, count: 2, dropped: 0 });
  await box.tell({ op: "take", n: 3 }, ANSWER);
  const kept = [
    { msg_id: 11, from: "client:stdio", from_pid: 2, topic: "a.b", message: { n: 1 } },
    { msg_id: 12, ...AGENT, message: { n: 2, ack: true } },
    { msg_id: 13, from: "client:stdio", from_pid: 2, in_reply_to: 3, message: { op: "take", n: 3 } },
  ];
  assert.equal((await box.tell({ op: "list" })).reply, { messages: kept, count: 3, total: 3, dropped: 0 });
  assert.equal((await box.tell({ op: "list", limit: 1 })).reply.messages, kept.slice(0, 1));
  assert.equal((await box.tell({ op: "take" })).reply, { messages: kept.slice(0, 1), count: 1, left: 2, dropped: 0 });
  assert.equal((await box.tell({ op: "take", limit: 100 })).reply.messages, kept.slice(1));
  assert.equal(box.state(), { messages: [], dropped: 0 });
  for (const op of ["take", "list"]) assert.equal((await box.tell({ op })).reply.messages, []);
  await box.tell({ op: "unknown", deep: { a: [[]] } });
  assert.equal((await box.tell({ op: "clear" })).reply, { cleared: 1 });
  assert.equal(box.state(), { messages: [], dropped: 0 });
});

test("mailbox agrees with a list of the last hundred messages, whatever it is told", async () => {
  const orders = fc.oneof(
    { weight: 6, arbitrary: objects.map((message) => ({ message, limit: 0 })) },
    {
      weight: 2,
      arbitrary: fc.integer({ min: 1, max: 100 }).map((limit) => ({ message: { op: "take", limit }, limit })),
    },
    { weight: 1, arbitrary: fc.constant({ message: { op: "list" }, limit: -1 }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(orders, { minLength: 1, maxLength: 12 }), async (list) => {
      const box = agent("mailbox");
      let model: unknown[] = [];
      for (const { message, limit } of list) {
        const { reply } = await box.tell(message as JsonObject);
        const got = (reply?.messages as { message: unknown }[] | undefined)?.map((one) => one.message);
        if (limit === 0) model.push(message);
        else assert.equal(got, limit > 0 ? model.slice(0, limit) : model);
        if (limit > 0) model = model.slice(limit);
      }
    }),
    { numRuns: 10 },
  );
});

test("mailbox drops the oldest beyond 100 messages or 512 KiB, counts them, and never fills an answer beyond a message", async () => {
  const box = agent("mailbox");
  for (let n = 0; n < 103; n++) await box.tell({ n });
  const { messages, dropped } = box.state() as { messages: { message: { n: number } }[]; dropped: number };
  assert.equal([messages.length, messages[0]?.message.n, dropped], [100, 3, 3]);
  const large = agent("mailbox");
  const text = "x".repeat(60_000);
  for (let n = 0; n < 12; n++) await large.tell({ n, text });
  assert.equal(((await large.tell({ op: "count" })).reply.count as number) <= 8, true);
  assert.ok(JSON.stringify(large.state()).length < 1_048_576, "the state that an agent may have");
  const { reply } = await large.tell({ op: "list" });
  assert.is(reply.count, 1);
  const most = { text: "x".repeat(64_512 - 11) };
  assert.not.ok("reply" in (await large.tell(most)), "63 KiB are kept");
  for (let left = 99; left > 0; ) {
    const taken = (await large.tell({ op: "take", limit: 100 })).reply;
    assert.ok(JSON.stringify(taken).length <= 65_536, "can be sent as a message");
    left = taken.left;
  }
  const over = await large.tell({ text: `${most.text}y` });
  assert.equal([over.reply.error.code, over.log.length, "state" in over], ["message-too-large", 1, false]);
});

test("mailbox refuses a limit that is none, and keeps what it has", async () => {
  const box = agent("mailbox");
  await box.tell({ n: 1 });
  for (const limit of [0, -1, 1.5, 101, "1", null, {}, 1e300, true]) {
    const answer = await box.tell({ op: "take", limit });
    assert.equal([answer.reply.error.code, "state" in answer], ["invalid-message", false], `${limit}`);
  }
});

const route = (match: JsonObject, to: JsonObject = { to_pid: 7 }) => ({ op: "route", match, ...to });
const forwarded = (answer: { send?: { to_pid?: number; topic?: string; message: JsonObject }[] }) =>
  (answer.send ?? []).map(({ to_pid, topic }) => to_pid ?? topic);

test("router sends on by topic and by field, to each route that matches, with the original and where it came from", async () => {
  const router = agent("router");
  const added = await router.tell(route({ topic: "a.*" }));
  assert.equal(added.reply, { route: { id: 1, match: { topic: "a.*" }, to_pid: 7 } });
  await router.tell(route({ field: "kind", equals: "order" }, { to_topic: "orders" }));
  await router.tell(route({ topic: "a.**", field: "n", equals: 1.5 }, { to_pid: 8 }));
  await router.tell(route({ field: "é\n", equals: null }, { to_pid: 9 }));
  const message = { kind: "order", text: "ü\u0000" };
  assert.equal(await router.tell(message, { ...AGENT, topic: "a.b" }), {
    send: [
      { to_pid: 7, message: { forwarded: message, ...AGENT, msg_id: 14, topic: "a.b", route: 1, hops: 1 } },
      { topic: "orders", message: { forwarded: message, ...AGENT, msg_id: 14, topic: "a.b", route: 2, hops: 1 } },
    ],
  });
  assert.equal(forwarded(await router.tell({ n: 1.5 }, { topic: "a" })), [8]);
  assert.equal(forwarded(await router.tell({ n: 1.5 })), [], "sent to it and to no topic");
  assert.equal(forwarded(await router.tell({ "é\n": null })), [9]);
  assert.equal(forwarded(await router.tell({ kind: "Order" })), []);
  assert.equal((await router.tell({ op: "remove", id: 2 })).reply, { removed: true, id: 2 });
  assert.equal(forwarded(await router.tell(message)), []);
  const { reply } = await router.tell({ op: "list" });
  assert.equal([reply.count, reply.routes.map(({ id }: { id: number }) => id)], [3, [1, 3, 4]]);
  assert.is((await router.tell(route({ topic: "z" }))).reply.route.id, 5, "an id is never used twice");
  assert.is((await router.tell({ op: "remove", id: 2 })).reply.error.code, "route-not-found");
});

test("router matches topics as the host does", async () => {
  const segment = fc.constantFrom("a", "b", "*", "**");
  const pattern = fc.array(segment, { minLength: 1, maxLength: 7 }).map((list) => list.join("."));
  const topic = fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 7 }).map((list) => list.join("."));
  await fc.assert(
    fc.asyncProperty(fc.array(pattern, { minLength: 20, maxLength: 40 }), topic, async (patterns, one) => {
      const routes = patterns.map((text, index) => ({ id: index + 1, match: { topic: text }, to_pid: index + 1 }));
      const { answer } = await runTemplate("router", input({ n: 1 }, { topic: one }, { routes, next: 99 }));
      const expected = patterns.flatMap((text, index) => (matchesTopic(text, one) ? [index + 1] : []));
      assert.equal(forwarded(answer), expected, `${one} ${patterns}`);
    }),
    { numRuns: 60 },
  );
});

test("router takes the topics and patterns that the host takes, and no others", async () => {
  const texts = ["a", "*", "**", "a.*.b", "", ".", "a.", "a..b", "***", "a*", "ä", "a b", "A-_9", "a/b", 'a"b', "a\\b"];
  texts.push("x".repeat(64), "x".repeat(65), Array(16).fill("a").join("."), Array(17).fill("a").join("."));
  texts.push(Array(4).fill("x".repeat(49)).join("."), Array(4).fill("x".repeat(51)).join("."));
  for (const text of texts) {
    const router = agent("router");
    const asPattern = "route" in (await router.tell(route({ topic: text }))).reply;
    const asTopic = "route" in (await router.tell(route({ topic: "a" }, { to_topic: text }))).reply;
    assert.equal(
      [asPattern, asTopic],
      [patternProblem(text), topicProblem(text)].map((one) => one === undefined),
      text,
    );
  }
});

test("router refuses routes that are none, keeps its state, and stops at its bounds and at a circle", async () => {
  const router = agent("router");
  const wrong: JsonObject[] = [
    ...[{}, { topic: 1 }, { field: "a" }, { equals: 1 }, { field: 1, equals: 1 }].map((match) => route(match)),
    ...[
      { field: "a", equals: {} },
      { field: "a", equals: [1] },
      { field: "a".repeat(5000), equals: 1 },
    ].map((match) => route(match)),
    { op: "route", to_pid: 1 },
    { op: "route", match: [], to_pid: 1 },
    ...[{}, { to_pid: 1, to_topic: "a" }, { to_pid: 0 }, { to_pid: -1 }, { to_pid: "1" }, { to_topic: "a.*" }].map(
      (to) => route({ topic: "a" }, to),
    ),
  ];
  for (const message of wrong) {
    const answer = await router.tell(message);
    assert.equal([answer.reply?.error?.code, "state" in answer], ["invalid-message", false], JSON.stringify(message));
  }
  for (let n = 0; n < 64; n++) await router.tell(route({ topic: "**" }));
  assert.is((await router.tell(route({ topic: "**" }))).reply.error.code, "too-many-routes");
  assert.is(forwarded(await router.tell({ a: 1 }, { topic: "t" })).length, 64);
  assert.is(forwarded(await router.tell({ a: 1, hops: 7 }, { topic: "t" })).length, 64);
  const circle = await router.tell({ a: 1, hops: 8 }, { topic: "t" });
  assert.equal([forwarded(circle), circle.log.length], [[], 1]);
  assert.equal(await router.tell({ a: 1 }, { topic: "t", ...ANSWER }), {}, "an answer is not sent on");
  const { reply } = await router.tell({ op: "list" });
  assert.ok(JSON.stringify(reply).length <= 65_536);
});

test("only parent, client and operator give orders to a router or watcher: others would act by way of it", async () => {
  for (const [template, order] of [
    ["router", route({ topic: "a" })],
    ["watcher", { op: "watch", tool: "fs.stat", notify_pid: 1 }],
  ] as const) {
    let called = 0;
    const tools = () => {
      called++;
      return {};
    };
    for (const from of [AGENT, { from: "job:1", from_pid: 0 }, { from: "agent:client:x", from_pid: 9 }]) {
      const answer = await agent(template, tools).tell(order, from);
      assert.equal([answer.reply.error.code, "state" in answer, called], ["permission-denied", false, 0], from.from);
    }
    for (const from of ["client:stdio", "operator:cli"]) {
      assert.ok("state" in (await agent(template, tools).tell(order, { from, from_pid: 0 })), from);
    }
    const parent = { ...input(order, AGENT), agent: { pid: 5, agent_id: "a", parent_pid: 9 } };
    assert.ok("state" in (await runTemplate(template, parent)).answer, "its parent");
    assert.not.ok("state" in (await runTemplate(template, { ...parent, from: "job:9" })).answer, "a job of its parent");
  }
});

const sha256 = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");

test("watcher calls its tools on each tick and tells of answers that changed, errors too, and of nothing else", async () => {
  let answer: JsonObject = { size: 1 };
  const called: unknown[] = [];
  const watcher = agent("watcher", (tool, args) => {
    called.push([tool, args]);
    return answer;
  });
  const args = { path: 'a"b', n: [1, { x: null }] };
  const watch = { tool: "fs.stat", args, every: 1, notify_pid: 2 };
  const added = await watcher.tell({ op: "watch", tool: "fs.stat", args });
  assert.equal(added.reply, { watch: { id: 1, ...watch, digest: sha256(answer) } });
  const topic = await watcher.tell({ op: "watch", tool: "fs.exists", every: 2, notify_topic: "changes" });
  assert.equal(topic.reply.watch.args, {});
  assert.equal(called, [
    ["fs.stat", args],
    ["fs.exists", {}],
  ]);
  assert.not.ok("send" in (await watcher.tell({ command: "look", job: 1 }, { from: "job:1", from_pid: 0 })));
  assert.is(called.length, 3, "the second is due each second time");
  answer = { size: 2 };
  const told = { event: "changed", watch: 1, tool: "fs.stat", args, digest: sha256(answer), answer };
  const both = await watcher.tell({ op: "tick" });
  assert.equal(both.send[0], { to_pid: 2, message: told });
  assert.equal([both.send.length, both.send[1].topic, both.send[1].message.watch], [2, "changes", 2]);
  assert.not.ok("send" in (await watcher.tell({ op: "tick" })));
  answer = fault("tool", "file-not-found", "there is none", { n: 1 }) as unknown as JsonObject;
  const failed = await watcher.tell({ op: "tick" });
  assert.equal(failed.send[0].message.error, { code: "file-not-found", message: "there is none", data: { n: 1 } });
  answer = fault("tool", "file-not-found", "said in other words") as unknown as JsonObject;
  assert.not.ok("send" in (await watcher.tell({ op: "tick" })), "the same error");
  assert.equal((await watcher.tell({ op: "unwatch", id: 1 })).reply, { unwatched: true, id: 1 });
  assert.equal(
    (await watcher.tell({ op: "list" })).reply.watches.map(({ id }: { id: number }) => id),
    [2],
  );
  assert.is((await watcher.tell({ op: "unwatch", id: 1 })).reply.error.code, "watch-not-found");
});

test("watcher tells who asks for a watch that its tool failed, and of a long answer the digest and size", async () => {
  let answer: JsonObject = fault("gate", "permission-denied", "no") as unknown as JsonObject;
  const watcher = agent("watcher", () => answer);
  const { reply } = await watcher.tell({ op: "watch", tool: "fs.read_file", notify_pid: 4 });
  assert.equal([reply.watch.id, reply.error.code], [1, "permission-denied"]);
  answer = { content: "x".repeat(900_000) };
  const { send } = await watcher.tell({ op: "tick" });
  const { digest, answer_bytes, ...rest } = send[0].message;
  assert.equal([digest, answer_bytes, "answer" in rest], [sha256(answer), JSON.stringify(answer).length, false]);
  answer = { content: "x".repeat(32_000) };
  assert.equal((await watcher.tell({ op: "tick" })).send[0].message.answer, answer);
});

test("watcher's digest is SHA-256 at every length of the last block", async () => {
  for (let length = 0; length < 130; length++) {
    const answer = { c: "x".repeat(length) };
    const { reply } = await agent("watcher", () => answer).tell({ op: "watch", tool: "t", notify_pid: 1 });
    assert.is(reply.watch.digest, sha256(answer), `${length}`);
  }
});

test("watcher refuses watches that are none and calls nothing for them, stops at its bound, and is silent to answers", async () => {
  let called = 0;
  const watcher = agent("watcher", () => {
    called++;
    return { called: true };
  });
  const good = { op: "watch", tool: "fs.stat", notify_pid: 1 };
  for (const wrong of [
    { tool: 1 },
    { tool: "x".repeat(70) },
    { args: [] },
    { args: "{}" },
    { args: { a: "x".repeat(17_000) } },
    { every: 0 },
    { every: 1.5 },
    { every: "1" },
    { notify_topic: "a" },
    { notify_pid: 0 },
    { notify_pid: "a" },
  ] as JsonObject[]) {
    const answer = await watcher.tell({ ...good, ...wrong });
    assert.equal([answer.reply?.error?.code, "state" in answer], ["invalid-message", false], JSON.stringify(wrong));
  }
  for (const message of [{}, { op: "dance" }, { op: null }, { op: "watch".repeat(9) }]) {
    assert.is((await watcher.tell(message)).reply.error.code, "invalid-message");
  }
  const nobody = await watcher.tell({ op: "watch", tool: "t" }, { from_pid: 0 });
  assert.is(nobody.reply.error.code, "invalid-message", "nobody to tell");
  assert.equal(await watcher.tell(good, ANSWER), {});
  assert.is(called, 0);
  for (let n = 0; n < 32; n++) await watcher.tell(good);
  assert.is((await watcher.tell(good)).reply.error.code, "too-many-watches");
  assert.is(called, 32);
  await watcher.tell({ op: "tick" });
  assert.is(called, 64);
});

test("what the host would never write is an answer or an error with a code, never a trap", async () => {
  const whole = JSON.stringify(input({ a: "b" }, { topic: "t" }, { messages: [], routes: [], watches: [] }));
  const odd = [
    "",
    "{",
    "[]",
    "null",
    "7",
    '"x"',
    `${whole}x`,
    `${"[".repeat(90_000)}`,
    '{"message":[]}',
    whole.slice(3),
  ];
  odd.push('{"message":{},"msg_id":-1,"from":"a"}', '{"message":{},"msg_id":1,"from":1}', '{"message":{"a":1}}');
  for (const template of TEMPLATES) {
    for (const text of odd) {
      const { ending, answer } = await runTemplate(template, Buffer.from(text));
      assert.equal([ending, answer.code], ["exited 1", "invalid-arguments"], `${template} ${text.slice(0, 40)}`);
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), fc.string({ maxLength: 4 }), async (cut, put) => {
        const text = whole.slice(0, cut) + put + whole.slice(cut + put.length);
        const { ending } = await runTemplate(template, Buffer.from(text));
        assert.ok(ending === "exited 0" || ending === "exited 1", `${template} ${ending} ${text}`);
      }),
      { numRuns: 40 },
    );
  }
});

test("a message that nests 60 000 deep, and one of many members, is handled as any other", async () => {
  const deep = `{"message":{"d":${"[".repeat(30_000)}${"]".repeat(30_000)}},"msg_id":1,"from":"client:stdio","from_pid":2,"agent":{},"state":null}`;
  const wide = input(Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`m${n}`, n])));
  for (const template of TEMPLATES) {
    for (const stdin of [Buffer.from(deep), wide]) {
      assert.is((await runTemplate(template, stdin)).ending, "exited 0", template);
    }
  }
});

test("a state that the template did not write, or that no memory holds, is a clear error and nothing is written", async () => {
  for (const [template, name] of [
    ["mailbox", "messages"],
    ["router", "routes"],
    ["watcher", "watches"],
  ] as const) {
    const states = [7, "x", [], { [name]: {} }, { [name]: "x" }];
    if (template !== "mailbox") states.push({ [name]: [1] }, { [name]: [{ id: -1 }] });
    if (template === "watcher") states.push({ [name]: [{ id: 1 }] });
    for (const state of states) {
      const { ending, answer } = await runTemplate(template, input({ op: "tick" }, {}, state as JsonObject));
      assert.equal([ending, answer.code], ["exited 1", "invalid-state"], `${template} ${JSON.stringify(state)}`);
    }
    const huge = input({ op: "count" }, {}, { [name]: [], more: "x".repeat(17_000_000) });
    const { ending, answer } = await runTemplate(template, huge);
    assert.equal([ending, answer.code], ["exited 1", "too-large"], template);
  }
});

test.run();
