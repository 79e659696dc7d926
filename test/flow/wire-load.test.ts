// Floods, clients that do not read, and clients that are gone, through the built program.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { callEvents, codeOf, told } from "./decisions.ts";
import { chainEvents, run, type Scratch, Served, scratch } from "./program.ts";

const test = suite<{ place: Scratch }>("wire under load");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

const call = (id: unknown, name: string, args: unknown) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args },
});
const cancel = (requestId: unknown) => ({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } });
const lines = (messages: readonly unknown[]) => messages.map((message) => `${JSON.stringify(message)}\n`).join("");
const isLinux = existsSync("/proc/self/status");
const residentMiB = (pid: number, field = "VmRSS") =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** A glob that takes its whole fuel or deadline: many files, many stars. */
function slowGlob(place: Scratch): object {
  for (let i = 0; i < 3000; i++) writeFileSync(join(place.root, `${"a".repeat(60)}${i}`), "");
  return { pattern: "**/*a*a*a*a*a*a*a*a*a*a*b" };
}

test("5000 calls at once are each answered once: with a result or as overloaded; all that ran are on the chain", async ({
  place,
}) => {
  writeFileSync(join(place.root, "a"), "a");
  const served = new Served(place);
  await served.initialize();
  const ids = Array.from({ length: 5000 }, (_, i) => i);
  served.write(lines(ids.map((id) => call(id, "fs_stat", { path: "a" }))));
  const codes = new Map<string, number>();
  for (const id of ids) {
    const code = codeOf(await served.response(id));
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  assert.equal(
    [...codes.keys()].filter((code) => code !== "ok" && code !== "overloaded"),
    [],
  );
  assert.ok((codes.get("ok") ?? 0) >= 1024);
  assert.is(served.messages.length, 5001);
  assert.is(codeOf(await served.call("fs_stat", { path: "a" })), "ok", "the next call is unaffected");
  assert.is(await served.close(), 0);
  assert.is(
    (await callEvents(place)).filter((event) => told(event) === "call.outcome ok").length,
    (codes.get("ok") ?? 0) + 1,
  );
  assert.is((await run(place, ["chain", "verify"])).code, 0);
});

test("thousands of cancellations, of calls and of nothing, and ids used again: nothing is answered twice", async ({
  place,
}) => {
  writeFileSync(join(place.root, "a"), "a");
  const served = new Served(place);
  await served.initialize();
  const flood: unknown[] = [];
  for (let id = 0; id < 1500; id++) {
    flood.push(call(id, "fs_stat", { path: "a" }), cancel(id), cancel(id), cancel(`${id}`), cancel(id + 100_000));
  }
  for (const id of [null, 1.5, {}, [], true]) flood.push(cancel(id));
  served.write(lines(flood));
  served.write(lines(Array.from({ length: 500 }, (_, id) => call(id, "fs_stat", { path: "a" }))));
  for (let id = 0; id < 500; id++) assert.ok(["ok", "overloaded"].includes(codeOf(await served.response(id))));
  await served.request("ping");
  const answered = served.messages.map(({ id }) => id).filter((id) => typeof id === "number");
  assert.is(new Set(answered).size, answered.length, "no id was answered twice");
  assert.is(answered.filter((id) => id >= 500).length, 0, "nothing is sent for a cancelled request");
  assert.is(await served.close(), 0);
  const outcomes = (await callEvents(place)).filter(({ kind }) => kind === "call.outcome" || kind === "call.refused");
  assert.is(new Set(outcomes.map(({ payload }) => payload.call_id)).size, outcomes.length);
  assert.is((await run(place, ["chain", "verify"])).code, 0);
});

test("a cancel of the request 0 ends its store and sends nothing; the call is on the chain as cancelled", async ({
  place,
}) => {
  const glob = slowGlob(place);
  const served = new Served(place, [place.root, "--workers", "1"]);
  await served.initialize();
  await served.call("fs_exists", { path: "." });
  served.send(call(0, "fs_glob", glob));
  await wait(10);
  served.send(cancel(0));
  assert.is(codeOf(await served.call("fs_exists", { path: "." })), "ok", "the worker is free again");
  assert.not(served.messages.some(({ id }) => id === 0));
  assert.is(await served.close(), 0);
  const ends = (await callEvents(place)).filter(({ payload }) => payload.tool === "fs.glob").map(told);
  assert.equal(ends, ["call.outcome cancelled"]);
});

test("a client that never reads 64 answers of a mebibyte: memory stays bounded, and all come when it reads", async ({
  place,
}) => {
  if (!isLinux) {
    process.stderr.write("skipped: memory is read from /proc\n");
    return;
  }
  writeFileSync(join(place.root, "big"), "b".repeat(1_048_576));
  const served = new Served(place);
  await served.initialize();
  served.child.stdout.pause();
  served.write(lines(Array.from({ length: 64 }, (_, id) => call(id, "fs_read_file", { path: "big" }))));
  await wait(1500);
  const peak = residentMiB(served.child.pid as number, "VmHWM");
  assert.ok(peak < 300, `peak of ${Math.round(peak)} MiB`);
  served.child.stdout.resume();
  for (let id = 0; id < 64; id++) assert.is((await served.response(id)).result.structuredContent.size, 1_048_576);
  assert.is(await served.close(), 0);
  assert.is((await callEvents(place)).filter((event) => told(event) === "call.outcome ok").length, 64);
});

test("the end of standard input with calls in flight: exit 0 within a second or so, and the chain is whole", async ({
  place,
}) => {
  const glob = slowGlob(place);
  const served = new Served(place);
  await served.initialize();
  await served.call("fs_exists", { path: "." });
  served.write(lines(Array.from({ length: 20 }, (_, id) => call(id, "fs_glob", glob))));
  await wait(20);
  const from = Date.now();
  assert.is(await served.close(), 0);
  assert.ok(Date.now() - from < 2000, "the bound is a second, doubled for a busy machine");
  const events = await chainEvents(place);
  assert.is(events.at(-2).kind, "host.stop"); // the tree's root, for the last checkpoint, comes behind it
  assert.is((await run(place, ["chain", "verify"])).code, 0);
});

test("a client that closes standard output ends the program cleanly, without a word", async ({ place }) => {
  writeFileSync(join(place.root, "a"), "a");
  const served = new Served(place);
  await served.initialize();
  served.child.stdout.destroy();
  const codes = served.exit;
  served.write(lines(Array.from({ length: 50 }, (_, id) => call(id, "fs_stat", { path: "a" }))));
  assert.is(await codes, 0);
  assert.is(served.stderr, "");
  assert.is((await chainEvents(place)).at(-2).kind, "host.stop");
});

test("a server that is killed, or whose client is, leaves no process, no thread and no lock behind", async ({
  place,
}) => {
  const served = new Served(place);
  await served.initialize();
  const pid = served.child.pid as number;
  const children = isLinux ? readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8") : "";
  assert.is(children, "", "workers are threads: nothing can outlive the process");
  for (let id = 0; id < 50; id++) served.send(call(id, "fs_write_file", { path: `f${id}`, content: "x" }));
  await wait(30);
  served.child.kill("SIGKILL");
  await served.exit;
  const next = new Served(place);
  await next.initialize();
  assert.is(codeOf(await next.call("fs_write_file", { path: "after", content: "x" })), "ok", "no lock is left");
  assert.is(await next.close(), 0);
  assert.is((await run(place, ["chain", "verify"])).code, 0);
  // Whatever replaces a file does so by a temporary one, which a kill may leave; nothing else may be there.
  const odd = readdirSync(place.root).filter((name) => !/^(f\d+|after)$/.test(name) && !name.includes("tollgate"));
  assert.equal(
    odd.filter((name) => !name.startsWith(".")),
    [],
  );
});

test.run();
