// Approvals by handshake (elicitation): what a client can do with a question, and what it cannot.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { callEvents, chainTells, codeOf, told } from "./decisions.ts";
import { type Scratch, Served, scratch } from "./program.ts";

const test = suite<{ place: Scratch }>("approvals by handshake");
test.before.each((context) => {
  context.place = scratch();
  for (const name of ["a", "b"]) writeFileSync(join(context.place.root, name), name);
});
test.after.each(({ place }) => place.remove());

const there = (place: Scratch, name: string): boolean => existsSync(join(place.root, name));
const ACCEPT = { action: "accept", content: { allow: true } };
const question = (served: Served, after = -1) =>
  served.next((message) => message.method === "elicitation/create" && served.messages.indexOf(message) > after);
const send = (served: Served, id: unknown, args: unknown) =>
  served.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "fs_remove", arguments: args } });

test("by handshake: answers that nobody asked for, twice, or with another id run nothing", async ({ place }) => {
  const served = new Served(place);
  await served.initialize({ elicitation: {} });
  for (const id of [0, 1, 2, "0", "approval"]) served.send({ jsonrpc: "2.0", id, result: ACCEPT });
  send(served, "c", { path: "a" });
  const asked = await question(served);
  served.send({ jsonrpc: "2.0", id: `${asked.id}`.concat("x"), result: ACCEPT });
  await served.request("ping");
  await wait(50);
  assert.ok(there(place, "a"), "not before the answer");
  served.send({ jsonrpc: "2.0", id: asked.id, result: { action: "decline" } });
  served.send({ jsonrpc: "2.0", id: asked.id, result: ACCEPT });
  assert.is(codeOf(await served.response("c")), "approval-declined");
  assert.ok(there(place, "a"));
  assert.is(await served.close(), 0);
  await chainTells(place, ["call.deferred", "call.refused approval-declined"]);
});

test("by handshake: an error, a malformed answer, a cancelled call and a client that leaves run nothing", async ({
  place,
}) => {
  const served = new Served(place);
  await served.initialize({ elicitation: {} });
  let seen = -1;
  for (const answer of [
    { error: { code: -32601, message: "no such method" } },
    { result: { action: "accept", content: { allow: "yes" } } },
    { result: { action: "accept" } },
    { result: {} },
  ]) {
    const id = `c${seen}`;
    send(served, id, { path: "a" });
    const asked = await question(served, seen);
    seen = served.messages.indexOf(asked);
    served.send({ jsonrpc: "2.0", id: asked.id, ...answer });
    assert.is(codeOf(await served.response(id)), "approval-declined", JSON.stringify(answer));
  }
  send(served, "cancelled", { path: "a" });
  const late = await question(served, seen);
  seen = served.messages.indexOf(late);
  served.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "cancelled" } });
  served.send({ jsonrpc: "2.0", id: late.id, result: ACCEPT });
  send(served, "left", { path: "b" });
  await question(served, seen);
  assert.is(await served.close(), 0);
  assert.ok(there(place, "a") && there(place, "b"));
  assert.not(served.messages.some(({ id }) => id === "cancelled" || id === "left"));
  const events = (await callEvents(place)).map(told);
  assert.is(events.filter((event) => event === "call.deferred").length, 6);
  assert.not(events.some((event) => event === "call.intent" || event === "call.outcome ok"));
});

test.run();
