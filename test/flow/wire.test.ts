// The stdio rows of MCP through the built program: the reply, a world that stays as it is, and the record.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { callEvents, chainTells, codeOf, snapshot, told } from "./decisions.ts";
import { type Scratch, Served, scratch } from "./program.ts";

const test = suite<{ place: Scratch }>("wire");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

/** A write of a canary, with its arguments as they are: none of these may run. */
const write = (args: string) =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"fs_write_file","arguments":${args}}}`;
const CANARY = '{"path":"canary","content":"c"}';
const surrogate = (text: string) => write(`{"path":"canary","content":"${text}"}`);

/** Line, code, id. */
const rows: readonly (readonly [name: string, line: string | Uint8Array, code: number, id: unknown])[] = [
  ["no JSON", "write canary", -32700, null],
  ["JSON cut off", write(CANARY).slice(0, -1), -32700, null],
  ["two messages in a line", write(CANARY) + write(CANARY), -32700, null],
  ["single quotes", write(CANARY).replaceAll('"', "'"), -32700, null],
  ["a comma too many", write('{"path":"canary","content":"c",}'), -32700, null],
  ["NaN", write('{"path":"canary","content":NaN}'), -32700, null],
  ["invalid UTF-8", Buffer.from(write('{"path":"canary\xff","content":"c"}'), "latin1"), -32700, null],
  ["overlong UTF-8", Buffer.from(write('{"path":"\xc0\xaf","content":"c"}'), "latin1"), -32700, null],
  ["a surrogate in UTF-8", Buffer.from(write('{"path":"\xed\xa0\x80","content":"c"}'), "latin1"), -32700, null],
  ["a NUL byte", write('{"path":"can\u0000ary","content":"c"}'), -32700, null],
  ["a batch", `[${write(CANARY)}]`, -32600, null],
  ["an empty batch", "[]", -32600, null],
  ["a string", '"tools/call"', -32600, null],
  ["null", "null", -32600, null],
  ["an id of null", write(CANARY).replace('"id":1', '"id":null'), -32600, null],
  ["an id with a fraction", write(CANARY).replace('"id":1', '"id":1.5'), -32600, null],
  ["an id of true", write(CANARY).replace('"id":1', '"id":true'), -32600, null],
  ["an id that is a list", write(CANARY).replace('"id":1', '"id":[1]'), -32600, null],
  ["an id beyond 2^53", write(CANARY).replace('"id":1', '"id":9007199254740993'), -32600, null],
  ["another JSON-RPC", write(CANARY).replace("2.0", "1.0"), -32600, 1],
  ["no method", '{"jsonrpc":"2.0","id":1,"params":{}}', -32600, 1],
  ["params in a list", '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["fs_write_file"]}', -32600, 1],
  ["a key twice", write('{"path":"canary","path":"other","content":"c"}'), -32600, null],
  ["a key twice, once escaped", write('{"path":"other","\\u0070ath":"canary","content":"c"}'), -32600, null],
  ["the arguments twice", write(`${CANARY},"arguments":${CANARY}`), -32600, null],
  ["__proto__", write('{"__proto__":{"path":"canary"},"content":"c"}'), -32600, null],
  ["__proto__, escaped", write('{"\\u005f_proto__":{"path":"canary"},"content":"c"}'), -32600, null],
  ["1e400", write('{"path":"canary","content":"c","append":1e400}'), -32600, null],
  ["2^53 + 1", write('{"path":"canary","content":"c","append":9007199254740993}'), -32600, null],
  ["a lone high surrogate", surrogate("\\ud800"), -32600, null],
  ["a lone low surrogate", surrogate("\\udc00 \\ud83d\\ude00"), -32600, null],
  ["surrogates the wrong way round", surrogate("\\ude00\\ud83d"), -32600, null],
  ["65 levels", write(`{"path":${"[".repeat(65)}${"]".repeat(65)}}`), -32600, null],
  ["a million levels", write(`{"path":${"[".repeat(1_000_000)}`), -32600, null],
  ["two million values", write(`{"path":[${"0,".repeat(2_000_000)}0]}`), -32600, null],
  ["no name", '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}', -32602, 1],
  ["a name that is a list", write(CANARY).replace('"fs_write_file"', '["fs_write_file"]'), -32602, 1],
  ["arguments in a list", write('["canary","c"]'), -32602, 1],
  ["arguments that are text", write('"canary"'), -32602, 1],
];

test("a bad line is answered with its code, runs nothing, is no call, and the connection lives", async ({ place }) => {
  const served = new Served(place);
  await served.initialize();
  await served.request("tools/list");
  const before = snapshot(place.root);
  for (const [name, line, code, id] of rows) {
    const seen = served.messages.length;
    served.write(Buffer.concat([Buffer.from(line), Buffer.from("\n")]));
    await served.request("ping");
    const [reply, ...more] = served.messages.slice(seen);
    assert.is(reply.error?.code, code, `${name}: ${JSON.stringify(reply).slice(0, 200)}`);
    assert.is(reply.id, id, name);
    assert.is(more.length, 1, `${name}: one reply, and the ping's`);
  }
  assert.is(snapshot(place.root), before);
  assert.is(await served.close(), 0);
  await chainTells(place, []);
});

test("names that every object inherits are names of no tool, and arguments that no tool has", async ({ place }) => {
  const served = new Served(place);
  await served.initialize();
  const names = ["constructor", "__proto__", "prototype", "toString", "hasOwnProperty", "valueOf", "fs_write_file "];
  for (const name of names) {
    const response = await served.request("tools/call", { name, arguments: {} });
    assert.is(response.error?.code, -32602, name);
    assert.is((await served.request(name)).error?.code, -32601, `the method ${name}`);
  }
  for (const args of [
    '{"constructor":{"path":"canary"}}',
    '{"path":"canary","content":"c","constructor":1}',
    '{"toString":1}',
  ]) {
    served.write(`${write(args)}\n`);
    assert.is(codeOf(await served.next(({ id, result }) => id === 1 && result !== undefined)), "invalid-arguments");
    served.messages.length = 0;
  }
  assert.not(existsSync(join(place.root, "canary")));
  assert.is(await served.close(), 0);
  const events = (await callEvents(place)).map(told);
  assert.equal(events, [
    ...Array(names.length).fill("call.refused tool-not-found"),
    ...Array(3).fill("call.refused invalid-arguments"),
  ]);
});

test("lines over 10 MiB, and one that never ends, are refused and skipped; what is near the bound is served", async ({
  place,
}) => {
  const served = new Served(place);
  await served.initialize();
  const big = write(`{"path":"canary","content":"${"c".repeat(10 * 1_048_576)}"}`);
  served.write(`${big}\n`);
  assert.is((await served.response(null)).error.code, -32600);
  const piece = Buffer.alloc(1_048_576, "x");
  served.write('{"jsonrpc":"2.0","id":1,"method":"');
  for (let sent = 0; sent < 40; sent++) {
    if (!served.child.stdin.write(piece)) await new Promise((drained) => served.child.stdin.once("drain", drained));
  }
  served.write(`\n`);
  await served.request("ping");
  assert.is(served.messages.filter(({ error }) => error?.code === -32600).length, 2);
  const content = "c".repeat(9 * 1_048_576);
  assert.is((await served.call("fs_write_file", { path: "near", content })).structuredContent.written, content.length);
  assert.not(existsSync(join(place.root, "canary")));
  assert.is(await served.close(), 0);
  await chainTells(place, ["call.intent", "call.outcome ok"]);
});

test("one byte at a time, with CRLF, a byte order mark, empty lines, and no newline at the end", async ({ place }) => {
  const served = new Served(place);
  const lines = [
    '\ufeff{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"é","version":"1"}}}',
    "",
    " \t",
    "{bad",
    write('{"path":"ä","content":"€𝄞"}'),
    '{"jsonrpc":"2.0","id":2,"method":"ping"}',
  ];
  for (const byte of Buffer.from(lines.join("\r\n"))) served.child.stdin.write(Uint8Array.of(byte));
  assert.ok((await served.response(1)).result.structuredContent);
  assert.is(await served.close(), 0);
  assert.equal(served.messages.map(({ id }) => id).sort(), ["i", null, 1, 2].sort());
  assert.ok(existsSync(join(place.root, "ä")));
  await chainTells(place, ["call.intent", "call.outcome ok"]);
});

test("several messages in one chunk with a bad one between: each gets its own answer", async ({ place }) => {
  writeFileSync(join(place.root, "a"), "a");
  const served = new Served(place);
  await served.initialize();
  const read = (id: number) =>
    JSON.stringify({
      jsonrpc: "2.0",
      id,
      method: "tools/call",
      params: { name: "fs_read_file", arguments: { path: "a" } },
    });
  served.write(`${read(1)}\n{"id":\n${read(2)}\n[]\n${read(2)}\n${read(3)}\n`);
  for (const id of [1, 3]) assert.is((await served.response(id)).result.structuredContent.content, "a");
  await served.next(({ id, result }) => id === 2 && result !== undefined);
  assert.equal(
    served.messages.filter(({ error }) => error !== undefined).map(({ id, error }) => [id, error.code]),
    [
      [null, -32700],
      [null, -32600],
      [2, -32600],
    ],
    "the id 2 was in flight",
  );
  assert.is(await served.close(), 0);
  await chainTells(place, Array(3).fill("call.outcome ok"));
});

test.run();
