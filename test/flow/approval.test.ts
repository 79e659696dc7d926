// Approvals in the stateless era of MCP, 2026-07-28: what a client can do with a question, and what it cannot.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chainTells, codeOf, told } from "./decisions.ts";
import { callModern } from "./modern-call.ts";
import { type Message, type Scratch, Served, scratch } from "./program.ts";

const test = suite<{ place: Scratch }>("approvals");
test.before.each((context) => {
  context.place = scratch();
  for (const name of ["a", "b"]) writeFileSync(join(context.place.root, name), name);
});
test.after.each(({ place }) => place.remove());

const there = (place: Scratch, name: string): boolean => existsSync(join(place.root, name));
const ACCEPT = { action: "accept", content: { allow: true } };
const answered = (requestState: unknown, approval: unknown = ACCEPT) => ({
  requestState,
  inputResponses: { approval },
});

test("2026-07-28: a question, its answer, and one run", async ({ place }) => {
  const served = new Served(place);
  const asked = await callModern(served, "fs_remove", { path: "a" });
  assert.is(asked.result.resultType, "input_required");
  assert.match(asked.result.inputRequests.approval.params.message, /fs\.remove/);
  assert.ok(there(place, "a"));
  const done = await callModern(served, "fs_remove", { path: "a" }, answered(asked.result.requestState));
  assert.is(codeOf(done), "ok", JSON.stringify(done));
  assert.not(there(place, "a"));
  assert.is(await served.close(), 0);
  const [, intent] = await chainTells(place, ["call.deferred", "call.intent", "call.outcome ok"]);
  assert.equal([intent.payload.approval, intent.payload.decision.layer], ["accept", "approval"]);
});

type Misuse = readonly [
  name: string,
  code: string,
  how: (served: Served, state: string, place: Scratch) => Promise<Message>,
];
const remove = (served: Served, state: unknown, approval?: unknown) =>
  callModern(served, "fs_remove", { path: "a" }, answered(state, approval));
const misuses: readonly Misuse[] = [
  [
    "answered before it was asked",
    "input_required",
    (served) => callModern(served, "fs_remove", { path: "a" }, { inputResponses: { approval: ACCEPT } }),
  ],
  [
    "a state without an answer",
    "input_required",
    (served, state) => callModern(served, "fs_remove", { path: "a" }, { requestState: state }),
  ],
  [
    "an answer under another key",
    "input_required",
    (served, state) =>
      callModern(served, "fs_remove", { path: "a" }, { requestState: state, inputResponses: { other: ACCEPT } }),
  ],
  ["a made-up state", "approval-invalid", (served) => remove(served, "e30")],
  ["an empty state", "approval-invalid", (served) => remove(served, "")],
  ["a state of a megabyte", "approval-invalid", (served) => remove(served, "A".repeat(1_048_576))],
  ["a state that is a number", "-32602", (served) => remove(served, 1)],
  [
    "a state with a character changed",
    "approval-invalid",
    (served, state) => remove(served, `${state[0] === "A" ? "B" : "A"}${state.slice(1)}`),
  ],
  ["a state cut short", "approval-invalid", (served, state) => remove(served, state.slice(0, -1))],
  ["a state with something added", "approval-invalid", (served, state) => remove(served, `${state}A`)],
  [
    "a payload that grants more",
    "approval-invalid",
    (served, state) => {
      const bytes = Buffer.from(state, "base64url");
      const text = bytes.toString("latin1").replace(/,0\.\d+,/, ",9.99,");
      return remove(served, Buffer.from(text, "latin1").toString("base64url"));
    },
  ],
  [
    "other arguments",
    "approval-invalid",
    (served, state) => callModern(served, "fs_remove", { path: "b" }, answered(state)),
  ],
  [
    "more arguments",
    "approval-invalid",
    (served, state) => callModern(served, "fs_remove", { path: "a", recursive: true }, answered(state)),
  ],
  [
    "another tool",
    "approval-invalid",
    (served, state) => callModern(served, "fs_read_file", { path: "a" }, answered(state)),
  ],
  [
    "an answer of another client's making",
    "approval-declined",
    (served, state) => remove(served, state, { action: "yes" }),
  ],
  ["a decline", "approval-declined", (served, state) => remove(served, state, { action: "decline" })],
  ["a cancel", "approval-declined", (served, state) => remove(served, state, { action: "cancel" })],
  ["an accept with an empty form", "approval-declined", (served, state) => remove(served, state, { action: "accept" })],
  [
    "an accept whose box is a word",
    "approval-declined",
    (served, state) => remove(served, state, { action: "accept", content: { allow: "true" } }),
  ],
  [
    "an accept whose box is not ticked",
    "approval-declined",
    (served, state) => remove(served, state, { action: "accept", content: { allow: false } }),
  ],
  ["an answer that is no object", "approval-declined", (served, state) => remove(served, state, "accept")],
  [
    "an accept after a decline",
    "approval-invalid",
    async (served, state) => {
      await remove(served, state, { action: "decline" });
      return remove(served, state);
    },
  ],
];

test("2026-07-28: nothing but the unchanged state of this very call with a clear yes runs it", async ({ place }) => {
  const served = new Served(place);
  const records: string[] = [];
  for (const [name, code, how] of misuses) {
    const { result } = await callModern(served, "fs_remove", { path: "a" });
    const answer = await how(served, result.requestState, place);
    assert.is(codeOf(answer), code, `${name}: ${JSON.stringify(answer).slice(0, 500)}`);
    assert.ok(there(place, "a") && there(place, "b"), name);
    records.push("call.deferred");
    if (name === "an accept after a decline") records.push("call.refused approval-declined");
    if (code === "input_required") records.push("call.deferred");
    else if (!code.startsWith("-")) records.push(`call.refused ${code}`);
  }
  assert.is(await served.close(), 0);
  const events = await chainTells(place, records);
  assert.equal([...new Set(events.map(({ payload }) => payload.principal))], ["client:stdio"]);
  for (const event of events) {
    assert.is(event.payload.decision.verdict, told(event) === "call.deferred" ? "defer" : "deny");
  }
});

test("2026-07-28: an approval holds once, in this process, for no more than was told", async ({ place }) => {
  const policy = join(place.home, "all.cedar");
  writeFileSync(policy, "permit (principal, action, resource);");
  const args = [place.root, "--environment", "production", "--policy", policy];
  const served = new Served(place, args);
  const { result } = await callModern(served, "fs_remove", { path: "a" });
  assert.is(codeOf(await remove(served, result.requestState)), "ok");
  writeFileSync(join(place.root, "a"), "again");
  assert.is(codeOf(await remove(served, result.requestState)), "approval-invalid", "replayed");
  assert.ok(there(place, "a"));

  const write = { path: "c", content: "c" };
  const asked = await callModern(served, "fs_write_file", write);
  writeFileSync(join(place.root, "c"), "precious");
  const more = await callModern(served, "fs_write_file", write, answered(asked.result.requestState));
  assert.is(codeOf(more), "approval-invalid");
  assert.match(more.result.content[0].text, /do more than the person was told/);

  const open = await callModern(served, "fs_remove", { path: "b" });
  assert.is(await served.close(), 0);
  const next = new Served(place, args);
  const elsewhere = await callModern(next, "fs_remove", { path: "b" }, answered(open.result.requestState));
  assert.is(codeOf(elsewhere), "approval-invalid", "of another process");
  assert.ok(there(place, "b"));
  assert.is(await next.close(), 0);
  await chainTells(place, [
    ...["call.deferred", "call.intent", "call.outcome ok", "call.refused approval-invalid"],
    ...["call.deferred", "call.refused approval-invalid", "call.deferred", "call.refused approval-invalid"],
  ]);
});

test("a client that cannot ask is refused, in the form of its era", async ({ place }) => {
  const served = new Served(place);
  const plain = await callModern(served, "fs_remove", { path: "a" }, {}, {});
  assert.equal([plain.error.code, codeOf(plain)], [-32021, "approval-required"]);
  const url = await callModern(served, "fs_remove", { path: "a" }, {}, { elicitation: { url: {} } });
  assert.is(url.error.code, -32021);
  await served.initialize({});
  const legacy = await served.call("fs_remove", { path: "a" });
  assert.is(codeOf(legacy), "approval-required");
  assert.match(legacy.content[0].text, /nobody can be asked here, so use a client that can ask/);
  assert.ok(there(place, "a"));
  assert.not(served.messages.some((message) => message.method === "elicitation/create"));
  assert.is(await served.close(), 0);
  await chainTells(place, Array(3).fill("call.refused approval-required"));
});

test.run();
