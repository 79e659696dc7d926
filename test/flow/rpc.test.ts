// JSON-RPC with Content-Length framing through the built program: life cycle, frames, cancelling, questions.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { callEvents, chainTells, codeOf, snapshot, told } from "./decisions.ts";
import { Framed, frame } from "./framed.ts";
import { chainEvents, type Message, run, type Scratch, scratch } from "./program.ts";

const test = suite<{ place: Scratch }>("json-rpc");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

const CANARY = { path: "canary", content: "c" };
const write = JSON.stringify({ jsonrpc: "2.0", id: "w", method: "fs.write_file", params: CANARY });

test("initialize, a tool as a method, shutdown, exit: code 0; each step refuses what does not belong to it", async ({
  place,
}) => {
  const served = new Framed(place);
  assert.is((await served.request("fs.write_file", CANARY)).error.code, -32002);
  assert.is((await served.request("shutdown")).error.code, -32002);
  assert.is((await served.initialize()).result.serverInfo.name, "tollgate");
  assert.is((await served.initialize()).error.code, -32600);
  assert.not(existsSync(join(place.root, "canary")));
  assert.is((await served.request("fs.write_file", CANARY)).result.written, 1);
  assert.is((await served.request("fs_write_file", CANARY)).error.code, -32601, "methods have dotted names");
  assert.is((await served.request("fs.write_file", { path: "x" })).error.code, -32602);
  assert.is((await served.request("fs.write_file", ["x", "y"])).error.code, -32602);
  const denied = await served.request("fs.read_file", { path: "/etc/passwd" });
  assert.equal([denied.error.code, denied.error.data.code], [-32803, "permission-denied"]);
  assert.is((await served.request("shutdown", undefined)).result, null);
  assert.is((await served.request("fs.write_file", { ...CANARY, path: "late" })).error.code, -32600);
  served.notify("exit");
  assert.is(await served.exit, 0);
  assert.not(existsSync(join(place.root, "late")));
  assert.is(served.stderr, "");
  await chainTells(place, [
    ...["call.intent", "call.outcome ok", "call.refused tool-not-found", "call.refused invalid-arguments"],
    "call.refused permission-denied",
  ]);
});

test("exit without shutdown, and the end of the input without it, end with 1; with it, with 0", async ({ place }) => {
  const ends: readonly (readonly [number, (served: Framed) => Promise<unknown> | undefined])[] = [
    [1, async (served) => served.notify("exit")],
    [1, async (served) => served.child.stdin.end()],
    [0, (served) => served.request("shutdown").then(() => served.child.stdin.end())],
  ];
  for (const [code, end] of ends) {
    const served = new Framed(place);
    await served.initialize();
    await end(served);
    assert.is(await served.exit, code);
  }
  const early = new Framed(place);
  early.notify("exit");
  assert.is(await early.exit, 1, "exit before initialize");
  assert.is((await run(place, ["chain", "verify"])).code, 0);
});

const bad: readonly (readonly [name: string, bytes: string | Uint8Array, code: number])[] = [
  ["no JSON", frame("write canary"), -32700],
  ["invalid UTF-8", frame(Buffer.from(write.replace("canary", "\xff"), "latin1")), -32700],
  ["a batch", frame(`[${write}]`), -32600],
  ["an id of null", frame(write.replace('"w"', "null")), -32600],
  ["an id with a fraction", frame(write.replace('"w"', "1.5")), -32600],
  ["a key twice", frame(write.replace('"path"', '"path":"x","path"')), -32600],
  ["__proto__", frame(write.replace('"path"', '"__proto__":{},"path"')), -32600],
  ["a lone surrogate", frame(write.replace('"canary"', '"\\ud800"')), -32600],
  ["2^53 + 1", frame(write.replace('"canary"', "9007199254740993")), -32600],
  ["65 levels", frame(write.replace('"canary"', "[".repeat(65) + "]".repeat(65))), -32600],
  ["a message over 10 MiB", frame(write.replace('"c"', `"${"c".repeat(10 * 1_048_576)}"`)), -32600],
  ["an empty message", frame(""), -32700],
];

test("a bad message is answered, runs nothing, and the connection lives", async ({ place }) => {
  const served = new Framed(place);
  await served.initialize();
  const before = snapshot(place.root);
  for (const [name, bytes, code] of bad) {
    const seen = served.messages.length;
    served.write(bytes);
    await served.request("no.such_method");
    const replies = served.messages.slice(seen).filter(({ id }) => id === null);
    assert.equal(
      replies.map(({ error }: Message) => error.code),
      [code],
      name,
    );
  }
  assert.is(snapshot(place.root), before);
  await served.request("shutdown");
  served.notify("exit");
  assert.is(await served.exit, 0);
  await chainTells(place, Array(bad.length).fill("call.refused tool-not-found"));
});

const headers: readonly (readonly [name: string, header: string])[] = [
  ["a negative length", "Content-Length: -1\r\n\r\n"],
  ["a length that begins like a number", "Content-Length: 2abc\r\n\r\n"],
  ["a length beyond every number", `Content-Length: 1${"0".repeat(30)}\r\n\r\n`],
  ["a length twice", "Content-Length: 5\r\nContent-Length: 2\r\n\r\n"],
  ["no length", "Content-Type: application/vscode-jsonrpc\r\n\r\n"],
  ["another charset", "Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-16\r\n\r\n"],
  ["a header without end", `Content-Length: 2\r\nX: ${"x".repeat(8192)}`],
];

test("a header that is not understood ends the connection: what follows is never taken for a message", async ({
  place,
}) => {
  const before = snapshot(place.root);
  await Promise.all(
    headers.map(async ([name, header]) => {
      const served = new Framed(place);
      await served.initialize();
      await served.request("tools/list");
      served.write(header + frame(write).toString());
      assert.is(await served.exit, 1, name);
      assert.is(served.messages.at(-1).error?.code, -32700, name);
    }),
  );
  assert.is(snapshot(place.root), before);
  await chainTells(place, []);
  const verified = await run(place, ["chain", "verify"]);
  assert.is(verified.code, 0, `${verified.stdout}${verified.stderr}`);
});

test("notifications and answers that make no sense end nothing", async ({ place }) => {
  const served = new Framed(place);
  await served.initialize();
  const odd = [
    undefined,
    null,
    [],
    [null],
    {},
    { id: null },
    { id: {} },
    { id: 1.5 },
    { id: true },
    { token: {}, value: 1 },
  ];
  for (const method of ["$/cancelRequest", "$/progress", "$/setTrace", "initialized", "constructor", "__proto__"]) {
    for (const params of odd) served.send({ jsonrpc: "2.0", method, params });
  }
  for (const id of [null, 0, "0", 1.5, {}, [], true, undefined]) {
    for (const more of [{ result: 1 }, { result: null, error: null }, { error: 1 }, { error: { code: "x" } }]) {
      served.send({ jsonrpc: "2.0", id, ...more });
    }
  }
  assert.ok((await served.request("fs.exists", { path: "." })).result.exists);
  await served.request("shutdown");
  served.notify("exit");
  assert.is(await served.exit, 0);
  assert.is(served.stderr, "");
  await chainTells(place, ["call.outcome ok"]);
});

test("frames come one byte at a time, and several in one chunk", async ({ place }) => {
  const served = new Framed(place);
  const handshake = { jsonrpc: "2.0", id: "i", method: "initialize", params: { processId: null, capabilities: {} } };
  for (const byte of frame(JSON.stringify(handshake))) served.child.stdin.write(Uint8Array.of(byte));
  await served.response("i");
  served.write(Buffer.concat([frame(write), frame("{"), frame(write), frame(write.replace('"w"', "2"))]));
  assert.ok((await served.response(2)).result);
  await served.next(({ id, result }) => id === "w" && result !== undefined);
  assert.is(served.messages.filter(({ error }) => error !== undefined).length, 2, "bad JSON, and an id in flight");
  served.child.stdin.end();
  assert.is(await served.exit, 1);
  await chainTells(place, ["call.intent", "call.intent", "call.outcome ok", "call.outcome ok"].sort());
});

test("a cancelled call is answered −32800 and its store ends; ids can be used again", async ({ place }) => {
  for (let i = 0; i < 3000; i++) writeFileSync(join(place.root, `${"a".repeat(60)}${i}`), "");
  const served = new Framed(place, [place.root, "--workers", "1"]);
  await served.initialize();
  await served.request("fs.exists", { path: "." });
  served.send({ jsonrpc: "2.0", id: 0, method: "fs.glob", params: { pattern: "**/*a*a*a*a*a*a*a*a*a*a*b" } });
  await wait(10);
  for (const id of [0, 0, "0", 99, null]) served.notify("$/cancelRequest", { id });
  assert.is((await served.response(0)).error.code, -32800);
  served.messages.length = 0;
  served.send({ jsonrpc: "2.0", id: 0, method: "fs.exists", params: { path: "." } });
  assert.ok((await served.response(0)).result.exists);
  served.child.stdin.end();
  assert.is(await served.exit, 1);
  const ends = (await callEvents(place)).filter(({ payload }) => payload.tool === "fs.glob").map(told);
  assert.equal(ends, ["call.outcome cancelled"]);
});

test("the process that the client names is watched: the server ends soon after it, and nothing is left open", async ({
  place,
}) => {
  const client = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const served = new Framed(place);
  await served.initialize({ processId: client.pid });
  await served.request("fs.write_file", CANARY);
  client.kill("SIGKILL");
  await once(client, "exit");
  const from = Date.now();
  assert.is(await served.exit, 1);
  assert.ok(Date.now() - from < 6000, "3 s between two looks, and some for a busy machine");
  const stopped = (await chainEvents(place)).findLast(({ kind }) => kind === "host.stop");
  assert.is(stopped?.payload.reason, "the client's process is gone");
});

test("a question goes through window/showMessageRequest; only its own button permits", async ({ place }) => {
  const served = new Framed(place);
  await served.initialize({ capabilities: { window: { showMessage: {} } } });
  const answers = [null, { title: "Refuse" }, { title: "allow once" }, "Allow once", { title: "Allow once" }];
  const codes: string[] = [];
  for (const [id, result] of answers.entries()) {
    writeFileSync(join(place.root, "a"), "a");
    served.messages.length = 0;
    served.send({ jsonrpc: "2.0", id: `r${id}`, method: "fs.remove", params: { path: "a" } });
    const asked = await served.next(({ method }) => method === "window/showMessageRequest");
    assert.match(asked.params.message, /fs\.remove/);
    assert.ok(existsSync(join(place.root, "a")));
    served.send({ jsonrpc: "2.0", id: asked.id, result });
    codes.push(codeOf(await served.response(`r${id}`)));
    assert.is(existsSync(join(place.root, "a")), id < 4);
  }
  assert.equal(codes, [...Array(4).fill("approval-declined"), "ok"]);
  served.child.stdin.end();
  await served.exit;
  const kinds = (await callEvents(place)).map(told);
  assert.is(kinds.filter((kind) => kind === "call.refused approval-declined").length, 4);
  assert.equal(kinds.slice(-3), ["call.deferred", "call.intent", "call.outcome ok"]);
  assert.not(readFileSync(join(place.state, "state.mdb")).includes("canary"));
});

test.run();
