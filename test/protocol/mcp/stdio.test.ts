// The stdio rows: what a line may do to the connection. MCP 2026-07-28 basic/transports/stdio, JSON-RPC 2.0 §5.1.
import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ToolHost } from "../../../src/contract/call.ts";
import { fault } from "../../../src/contract/fault.ts";
import { FakeHost, Wire } from "./wire.ts";

const ping = (id: number | string) => ({ jsonrpc: "2.0", id, method: "ping" });
const call = (id: number | string, name: string, args: unknown = {}) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args },
});

/** Line, expected code, expected id. */
const bad: readonly [string, string | Uint8Array, number, number | string | null][] = [
  ["text that is not JSON", "{bad", -32700, null],
  ["invalid UTF-8 in a string", Buffer.from('{"jsonrpc":"2.0","id":1,"method":"\u00ff"}', "latin1"), -32700, null],
  ["JSON cut off", '{"jsonrpc":"2.0","id":1', -32700, null],
  ["a batch", '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, null],
  ["an empty batch", "[]", -32600, null],
  ["a string", '"ping"', -32600, null],
  ["a number", "1", -32600, null],
  ["null", "null", -32600, null],
  ["an empty object", "{}", -32600, null],
  ["an id of null", '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, null],
  ["an id with a fraction", '{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, null],
  ["an id of true", '{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600, null],
  ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, null],
  ["an id of 300 characters", `{"jsonrpc":"2.0","id":"${"i".repeat(300)}","method":"ping"}`, -32600, null],
  ["an id beyond 2^53", '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}', -32600, null],
  ["no jsonrpc", '{"id":5,"method":"ping"}', -32600, 5],
  ["another jsonrpc", '{"jsonrpc":"1.0","id":"x","method":"ping"}', -32600, "x"],
  ["no method", '{"jsonrpc":"2.0","id":5}', -32600, 5],
  ["a method that is a number", '{"jsonrpc":"2.0","id":5,"method":1}', -32600, 5],
  ["params that are an array", '{"jsonrpc":"2.0","id":5,"method":"ping","params":[1]}', -32600, 5],
  ["params that are null", '{"jsonrpc":"2.0","id":5,"method":"ping","params":null}', -32600, 5],
  ["a result and an error", '{"jsonrpc":"2.0","id":5,"result":{},"error":{}}', -32600, 5],
  ["a duplicate member", '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', -32600, null],
  [
    "a duplicate member deep inside",
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[{"b":1,"b":2}]}}',
    -32600,
    null,
  ],
  ["__proto__", '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"__proto__":{}}}', -32600, null],
  [
    "nesting over the bound",
    `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${"[".repeat(70)}${"]".repeat(70)}}}`,
    -32600,
    null,
  ],
  ["1e400", '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1e400}}', -32600, null],
  ["2^53 + 1", '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":9007199254740993}}', -32600, null],
  ["a lone surrogate", '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"\\ud800"}}', -32600, null],
];
for (const [name, line, code, id] of bad) {
  test(`${name} is answered with ${code}, and the connection lives`, async () => {
    const wire = new Wire();
    wire.send(line, "\n", ping("after"));
    await wire.reply("after");
    assert.is(wire.messages.length, 2);
    assert.is(wire.messages[0].error.code, code);
    assert.is(wire.messages[0].id, id);
    assert.is(wire.host.calls.length, 0);
    assert.is(await wire.end(), 0);
  });
}

test("a request whose id is under way is refused, and the first one still gets its answer", async () => {
  const wire = new Wire();
  await wire.initialize();
  wire.send(call(7, "test_hang"), call(7, "test_echo"));
  assert.is((await wire.reply(7)).error.code, -32600);
  assert.is(wire.host.calls.length, 1);
  wire.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } }, call(7, "test_echo"));
  await wire.find((message) => message.id === 7 && message.result !== undefined);
  await wire.end();
});

test('the ids 1 and "1" are two ids, and both are echoed as they came', async () => {
  const wire = new Wire();
  await wire.initialize();
  wire.send(call(1, "test_hang"), call("1", "test_echo"));
  assert.ok((await wire.reply("1")).result);
  await wire.end();
});

test("a line over 10 MiB is refused and skipped, and the connection lives", async () => {
  const wire = new Wire();
  const chunk = Buffer.alloc(1_048_576, "x");
  wire.send('{"jsonrpc":"2.0","id":1,"method":"');
  for (let sent = 0; sent < 11; sent++) wire.send(chunk);
  assert.is((await wire.reply(null)).error.code, -32600);
  for (let sent = 0; sent < 11; sent++) wire.send(chunk);
  wire.send('"}\n', ping(2));
  await wire.reply(2);
  assert.is(wire.messages.length, 2);
  await wire.end();
});

test("nine mebibytes in one line arrive in small chunks", async () => {
  const wire = new Wire();
  await wire.initialize();
  const line = Buffer.from(`${JSON.stringify(call(1, "test_echo", { path: "p".repeat(9 * 1_048_576) }))}\n`);
  for (let at = 0; at < line.length; at += 4096) wire.send(line.subarray(at, at + 4096));
  assert.is((await wire.reply(1)).result.structuredContent.echo.path.length, 9 * 1_048_576);
  await wire.end();
});

test("one byte at a time, CRLF, a byte order mark, empty and blank lines all work", async () => {
  const wire = new Wire();
  const text = `\ufeff\r\n\n${JSON.stringify(ping(1))}\r\n \t\r\n\n${JSON.stringify(ping(2))}\n`;
  for (const byte of Buffer.from(text)) wire.send(Uint8Array.of(byte));
  await wire.reply(2);
  assert.equal(
    wire.messages.map((message) => message.id),
    [1, 2],
  );
  await wire.end();
});

test("however requests are cut into chunks, each gets the same answer", async () => {
  const lines = ["{bad", "", JSON.stringify(ping(1)), "[]", JSON.stringify(ping("zwölf")), JSON.stringify(ping(3)), ""];
  const whole = Buffer.from(lines.join("\r\n"));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 8 }), async (cuts) => {
      const wire = new Wire();
      const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
      for (const [index, end] of at.slice(1).entries()) wire.send(whole.subarray(at[index], end));
      await wire.reply(3);
      assert.equal(
        wire.messages.map((message) => message.id),
        [null, 1, null, "zwölf", 3],
      );
      await wire.end();
    }),
    { numRuns: 60 },
  );
});

test("the last line counts without its newline", async () => {
  const wire = new Wire();
  wire.send(JSON.stringify(ping(1)));
  assert.is(await wire.end(), 0);
  assert.is(wire.messages[0].id, 1);
});

test("requests in one chunk with a bad one between are answered in order", async () => {
  const wire = new Wire();
  wire.send(`${JSON.stringify(ping(1))}\n{"a":1\n${JSON.stringify(ping(2))}\n`);
  await wire.reply(2);
  assert.equal(
    wire.messages.map((message) => message.id),
    [1, null, 2],
  );
  await wire.end();
});

for (const id of [0, "", 5, "five"]) {
  test(`cancelling the request ${JSON.stringify(id)} ends its call, and nothing is sent for it`, async () => {
    const wire = new Wire();
    await wire.initialize();
    wire.send(call(id, "test_hang"));
    await wire.settle();
    wire.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id, reason: "why not" } });
    await wire.settle();
    assert.is(wire.host.aborted.length, 1);
    assert.not(wire.messages.some((message) => message.id === id));
    await wire.end();
    assert.not(wire.messages.some((message) => message.id === id));
  });
}

test("cancellations of unknown, finished or malformed ids, by the thousand, are ignored", async () => {
  const wire = new Wire();
  await wire.initialize();
  wire.send(call(1, "test_echo"));
  await wire.reply(1);
  const before = wire.messages.length;
  for (const requestId of [1, 99, "1", null, 1.5, {}, undefined]) {
    wire.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } });
  }
  for (let id = 0; id < 5000; id++)
    wire.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } });
  wire.send({ jsonrpc: "2.0", method: "notifications/cancelled" });
  wire.send({ jsonrpc: "2.0", method: "notifications/no-such-thing", params: {} });
  await wire.settle();
  assert.is(wire.messages.length, before + 1);
  await wire.end();
});

test("a flood of calls waits in a bounded line, the rest is refused, and a cancelled one never starts", async () => {
  const wire = new Wire();
  await wire.initialize();
  await wire.request("tools/list");
  for (let id = 0; id < 2000; id++) wire.send(call(`c${id}`, "test_hang"));
  await wire.settle();
  const started = wire.host.calls.length;
  assert.ok(started > 0 && started <= 256);
  const refused = wire.messages.filter((message) => message.result?.isError === true);
  assert.is(refused.length, 2000 - started - 1024);
  assert.is(refused[0].result._meta["dev.tollgate/fault"].code, "overloaded");
  for (let id = 0; id < 2000; id++) {
    wire.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: `c${id}` } });
  }
  await wire.settle();
  await wait(0);
  assert.is(wire.host.aborted.length, wire.host.calls.length);
  wire.send(call("c0", "test_echo"));
  assert.ok((await wire.reply("c0")).result);
  assert.is(await wire.end(), 0);
});

test("a client that does not read: reading stops, and what waits for it stays bounded", async () => {
  const wire = new Wire({ read: false });
  wire.send({
    jsonrpc: "2.0",
    id: "i",
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: {} },
  });
  for (let id = 0; id < 64; id++) wire.send(call(id, "test_large"));
  await wait(100);
  for (let line = 0; line < 5000; line++) wire.send(`${JSON.stringify(ping(`p${line}`))}${" ".repeat(1000)}\n`);
  await wait(100);
  assert.ok(wire.host.calls.length < 24, `${wire.host.calls.length} calls were started`);
  assert.ok(wire.input.readableLength + wire.input.writableLength > 4_000_000, "reading stopped");
  wire.read();
  for (let id = 0; id < 64; id++) assert.ok((await wire.reply(id)).result);
  await wire.reply("p4999");
  assert.is(await wire.end(), 0);
});

test("the end of the input aborts the calls in flight, closes the host once, and ends with 0 within a second", async () => {
  const wire = new Wire();
  await wire.initialize();
  for (let id = 0; id < 5; id++) wire.send(call(id, "test_hang"));
  await wire.settle();
  const started = Date.now();
  assert.is(await wire.end(), 0);
  assert.ok(Date.now() - started < 1000);
  assert.is(wire.host.aborted.length, 5);
  assert.is(wire.host.closed.length, 1);
});

test("a client that closes the input without having read its replies does not keep the program", async () => {
  const wire = new Wire({ read: false });
  await new Promise((done) => setImmediate(done));
  const handshake = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: {} };
  wire.send({ jsonrpc: "2.0", id: "i", method: "initialize", params: handshake });
  for (let id = 0; id < 64; id++) wire.send(call(id, "test_large"));
  await wait(100);
  wire.send(call("late", "test_hang"));
  const started = Date.now();
  assert.is(await wire.end(), 0);
  assert.ok(Date.now() - started < 1000);
  assert.is(wire.host.closed.length, 1);
});

test("a list that is cancelled before the host is open is not answered", async () => {
  const host = new FakeHost();
  let open: (host: ToolHost) => void = () => {};
  const wire = new Wire({ fake: host, host: new Promise<ToolHost>((resolve) => (open = resolve)) });
  await wire.initialize();
  wire.send({ jsonrpc: "2.0", id: "list", method: "tools/list" });
  wire.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "list" } });
  await wire.settle();
  open(host);
  assert.ok((await wire.request("tools/list")).result);
  assert.not(wire.messages.some((message) => message.id === "list"));
  await wire.end();
});

test("a host that does not close in time does not keep the program", async () => {
  class Stuck extends FakeHost {
    override close(): Promise<void> {
      return new Promise(() => {});
    }
  }
  const wire = new Wire({ fake: new Stuck() });
  const started = Date.now();
  assert.is(await wire.end(), 0);
  assert.ok(Date.now() - started < 1000);
});

test("a client that closes the output ends the server cleanly", async () => {
  const wire = new Wire();
  await wire.initialize();
  wire.send(call(1, "test_hang"));
  await wire.settle();
  wire.output.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  assert.is(await wire.exit, 0);
  assert.is(wire.host.aborted.length, 1);
  assert.is(wire.host.closed.length, 1);
});

test("an input that errs, and a program that is told to stop, end like the end of the input", async () => {
  const erring = new Wire();
  await erring.initialize();
  erring.input.destroy(new Error("EIO"));
  assert.is(await erring.exit, 0);
  const stop = new AbortController();
  const stopped = new Wire({ stop: stop.signal });
  await stopped.initialize();
  stop.abort();
  assert.is(await stopped.exit, 0);
  assert.is(stopped.host.closed.length, 1);
  const early = new Wire({ stop: AbortSignal.abort() });
  assert.is(await early.exit, 0);
});

test("the handshake is answered before the host is open; lists and calls wait for it", async () => {
  const host = new FakeHost();
  let open: (host: ToolHost) => void = () => {};
  let asked = 0;
  const wire = new Wire({
    fake: host,
    host: () => {
      asked++;
      return new Promise((resolve) => {
        open = resolve;
      });
    },
  });
  await wire.initialize();
  wire.send({ jsonrpc: "2.0", id: "list", method: "tools/list" }, call("call", "test_echo"));
  await wire.settle();
  assert.is(asked, 1);
  assert.not(wire.messages.some((message) => message.id === "list" || message.id === "call"));
  open(host);
  assert.is((await wire.reply("list")).result.tools.length, 5);
  assert.ok((await wire.reply("call")).result);
  await wire.end();
});

for (const [name, source] of [
  ["answers a fault", async () => fault("host", "config-invalid", "policy does not parse")],
  ["throws", async () => Promise.reject(new Error("boom"))],
] as const) {
  test(`a host that ${name} ends the program with 1, and nothing more is written`, async () => {
    const wire = new Wire({ host: source });
    wire.send(call(1, "test_echo"));
    assert.is(await wire.exit, 1);
    assert.not(wire.messages.some((message) => message.result !== undefined));
    const silent = new Wire({ host: source });
    assert.is(await silent.exit, 1, "also when the client says nothing");
    const gone = new Wire({ host: source });
    assert.is(await gone.end(), 1, "also when the client has left");
  });
}

test("tools that fall together stop the start and are named", async () => {
  const fake = new FakeHost();
  fake.names = ["a.b_c", "a.b.c"];
  const wire = new Wire({ fake });
  assert.is(await wire.exit, 1);
  assert.match(wire.logged.join(), /a\.b_c and a\.b\.c/);
  assert.is(fake.closed.length, 1);
});

test.run();
