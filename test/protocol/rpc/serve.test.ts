import { PassThrough } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import type { Answer, Call, ToolHost } from "../../../src/contract/call.ts";
import type { DecisionRecord } from "../../../src/contract/decision.ts";
import { fault } from "../../../src/contract/fault.ts";
import type { JsonObject } from "../../../src/contract/json.ts";
import { serveStdio } from "../../../src/protocol/serve.ts";

const decision: DecisionRecord = {
  verdict: "permit",
  layer: "governance",
  environment: "development",
  rules: ["test"],
  reasons: [],
  policyDigest: "00",
  resources: [],
};
const usage = { fuelConsumed: 1, memoryPeak: 65_536, durationMs: 0.1 };
const result = (value: JsonObject): Answer => ({
  kind: "result",
  json: Buffer.from(JSON.stringify(value)),
  usage,
  decision,
  sequence: 1,
});

/** A host whose one tool answers what the arguments ask for. */
function fakeHost(calls: Call[] = []): ToolHost & { closed: string[] } {
  const closed: string[] = [];
  return {
    version: "0.0.0",
    roots: [],
    closed,
    tools: () => [],
    close: async (reason) => void closed.push(reason),
    async call(call) {
      calls.push(call);
      if (call.tool !== "test.echo")
        return { kind: "fault", fault: fault("request", "tool-not-found", "there is no such tool") };
      if (call.args.wait === true) {
        await new Promise<void>((resolve) => call.signal.addEventListener("abort", () => resolve()));
        return { kind: "fault", fault: fault("request", "cancelled", "cancelled") };
      }
      if (call.args.deny === true) {
        return {
          kind: "fault",
          fault: fault("gate", "governance-denied", "no policy permits it"),
          decision,
          sequence: 7,
        };
      }
      if (call.args.ask === true && call.approval === undefined) {
        if (!call.canAsk) return { kind: "fault", fault: fault("gate", "approval-required", "nobody can be asked") };
        return {
          kind: "deferral",
          deferral: { token: "t", question: "may it?", expiresAt: Date.now() + Number(call.args.expiresIn ?? 60_000) },
          decision,
          sequence: 2,
        };
      }
      if (call.args.tell === true) {
        call.onLog?.({ level: "error", message: "line\none" });
        for (const done of [1, 2, 1]) call.onProgress?.({ done, total: 4, message: done === 1 ? "first\u202e" : "" });
      }
      if (call.args.warn === true) {
        return { ...result({}), decision: { ...decision, verdict: "warn", reasons: ["close"] } } as Answer;
      }
      return result({ args: call.args, ...(call.approval && { approval: { ...call.approval } }) });
    },
  };
}

interface Session {
  readonly client: MessageConnection;
  readonly input: PassThrough;
  readonly output: PassThrough;
  readonly exit: Promise<number>;
}

/** How every server here is started, but for its host and streams. */
const SERVING = { version: "0", roots: [], toolNames: "underscore", log: () => {}, clock: Date.now } as const;

function open(host: ToolHost): Session {
  const input = new PassThrough();
  const output = new PassThrough();
  const exit = serveStdio({ ...SERVING, host, input, output });
  const client = createMessageConnection(new StreamMessageReader(output), new StreamMessageWriter(input));
  client.listen();
  return { client, input, output, exit };
}

/** A server spoken to in bytes: what it wrote so far is `text()`. */
function wired(host: ToolHost | (() => Promise<ToolHost>) = fakeHost()) {
  const input = new PassThrough();
  const output = new PassThrough();
  const written: string[] = [];
  output.on("data", (chunk) => written.push(String(chunk)));
  const text = () => written.join("");
  const serve = () => serveStdio({ ...SERVING, host, input, output });
  const until = async (part: string) => {
    while (!text().includes(part)) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { input, text, serve, until };
}

const frame = (message: unknown) => {
  const content = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`;
};

const initialize = (client: MessageConnection, capabilities: JsonObject = {}) =>
  client.sendRequest<{ serverInfo: JsonObject }>("initialize", { processId: null, rootUri: null, capabilities });

async function codeOf(promise: Promise<unknown>): Promise<number> {
  try {
    await promise;
  } catch (error) {
    return (error as { code: number }).code;
  }
  throw new Error("the request was answered with a result");
}

test("LSP 3.17, server lifecycle: initialize, a tool by its dotted name, shutdown, exit with code 0", async () => {
  const host = fakeHost();
  const { client, exit } = open(host);
  assert.is((await initialize(client)).serverInfo.name, "tollgate");
  assert.equal(await client.sendRequest("test.echo", { a: 1 }), { args: { a: 1 } });
  assert.is(await client.sendRequest("shutdown"), null);
  assert.is(await codeOf(client.sendRequest("test.echo", {})), -32600);
  await client.sendNotification("exit");
  assert.is(await exit, 0);
  assert.is(host.closed.length, 1);
});

test("LSP 3.17, server lifecycle: exit without shutdown ends with code 1, and so does the end of the input", async () => {
  const first = open(fakeHost());
  await initialize(first.client);
  await first.client.sendNotification("exit");
  assert.is(await first.exit, 1);
  const second = open(fakeHost());
  await initialize(second.client);
  second.input.end();
  assert.is(await second.exit, 1);
});

test("LSP 3.17, server lifecycle: requests before initialize are -32002, a second initialize is -32600", async () => {
  const { client, input, exit } = open(fakeHost());
  assert.is(await codeOf(client.sendRequest("test.echo", {})), -32002);
  await initialize(client);
  assert.is(await codeOf(initialize(client)), -32600);
  input.end();
  await exit;
});

test("an unknown tool is -32601, arguments by position are -32602, a refusal is -32803 with the fault in data", async () => {
  const { client, input, exit } = open(fakeHost());
  await initialize(client);
  assert.is(await codeOf(client.sendRequest("test.nothing", {})), -32601);
  assert.is(await codeOf(client.sendRequest("test.echo", [1, 2] as never)), -32602);
  try {
    await client.sendRequest("test.echo", { deny: true });
    assert.unreachable();
  } catch (error) {
    const { code, message, data } = error as { code: number; message: string; data: JsonObject };
    assert.is(code, -32803);
    assert.match(message, /governance-denied: no policy permits it/);
    assert.is(data.code, "governance-denied");
    assert.is(data.sequence, 7);
  }
  input.end();
  await exit;
});

test("$/cancelRequest aborts the call, and the request is answered -32800", async () => {
  const calls: Call[] = [];
  const { input, text, serve, until } = wired(fakeHost(calls));
  const exit = serve();
  input.write(frame({ jsonrpc: "2.0", id: 0, method: "initialize", params: { capabilities: {} } }));
  input.write(frame({ jsonrpc: "2.0", id: "c", method: "test.echo", params: { wait: true } }));
  while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  input.write(frame({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "c" } }));
  await until("-32800");
  assert.match(text(), /"id":"c".*-32800/);
  assert.ok(calls[0]?.signal.aborted);
  input.end();
  await exit;
});

test("a deferral asks through window/showMessageRequest where the client shows messages, and goes on with the answer", async () => {
  const { client, input, exit } = open(fakeHost());
  client.onRequest("window/showMessageRequest", (params: { message: string }) => {
    assert.is(params.message, "may it?");
    return { title: "Allow once" };
  });
  await initialize(client, { window: { showMessage: {} } });
  const answer = await client.sendRequest<JsonObject>("test.echo", { ask: true });
  assert.equal(answer.approval, { token: "t", answer: "accept" });
  input.end();
  await exit;
});

test("LSP 3.17, work done progress: a request with a token is told of its begin and end; the tool never sees it", async () => {
  const calls: Call[] = [];
  const { client, input, exit } = open(fakeHost(calls));
  const told: JsonObject[] = [];
  client.onNotification("$/progress", (params: JsonObject) => void told.push(params));
  await initialize(client);
  assert.equal(await client.sendRequest("test.echo", { a: 1, workDoneToken: "w" }), { args: { a: 1 } });
  assert.equal(calls[0]?.args, { a: 1 });
  assert.equal(told, [
    { token: "w", value: { kind: "begin", title: "test.echo", cancellable: true } },
    { token: "w", value: { kind: "end" } },
  ]);
  input.end();
  await exit;
});

test("what a guest tells reaches the client before the answer: $/progress of a request with a token, window/logMessage", async () => {
  const { client, input, exit } = open(fakeHost());
  const told: JsonObject[] = [];
  client.onNotification("$/progress", (params: JsonObject) => void told.push(params.value as JsonObject));
  client.onNotification("window/logMessage", (params: JsonObject) => void told.push(params));
  await initialize(client);
  await client.sendRequest("test.echo", { tell: true, workDoneToken: 7 });
  assert.equal(told.slice(1), [
    { type: 1, message: "test.echo: line\\u{a}one" },
    { kind: "report", message: "first\\u{202e}", percentage: 25 },
    { kind: "report", percentage: 50 },
    { kind: "report", message: "first\\u{202e}", percentage: 50 },
    { kind: "end" },
  ]);
  input.end();
  await exit;
});

test("a permit with a warning is told as window/logMessage beside the answer", async () => {
  const { client, input, exit } = open(fakeHost());
  const told: JsonObject[] = [];
  client.onNotification("window/logMessage", (params: JsonObject) => void told.push(params));
  await initialize(client);
  await client.sendRequest("test.echo", { warn: true });
  assert.equal(told, [{ type: 2, message: "test.echo was permitted with a warning: close" }]);
  input.end();
  await exit;
});

test("a question that the client does not answer before it expires counts as a cancel", async () => {
  const { client, input, exit } = open(fakeHost());
  client.onRequest("window/showMessageRequest", () => new Promise(() => {}));
  await initialize(client, { window: { showMessage: {} } });
  const answer = await client.sendRequest<JsonObject>("test.echo", { ask: true, expiresIn: 20 });
  assert.equal(answer.approval, { token: "t", answer: "cancel" });
  input.end();
  await exit;
});

test("a deferral refuses where the client did not say that it shows messages", async () => {
  const { client, input, exit } = open(fakeHost());
  await initialize(client);
  assert.is(await codeOf(client.sendRequest("test.echo", { ask: true })), -32803);
  input.end();
  await exit;
});

const refused: readonly [why: string, content: string, code: number][] = [
  ["JSON that does not end", '{"jsonrpc":"2.0"', -32700],
  ["bytes that are not UTF-8", "\xff", -32700],
  ["a batch", '[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]', -32600],
  ["a null id", '{"jsonrpc":"2.0","id":null,"method":"shutdown"}', -32600],
  ["a fractional id", '{"jsonrpc":"2.0","id":1.5,"method":"shutdown"}', -32600],
  ["a duplicate key", '{"jsonrpc":"2.0","id":1,"id":2,"method":"shutdown"}', -32600],
  ["__proto__", '{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{"__proto__":{}}}', -32600],
  ["another version of JSON-RPC", '{"jsonrpc":"1.0","id":1,"method":"shutdown"}', -32600],
  ["parameters that are text", '{"jsonrpc":"2.0","id":1,"method":"shutdown","params":"x"}', -32600],
];

for (const [why, content, code] of refused) {
  test(`${why} is answered ${code}, and the connection lives`, async () => {
    const { input, text, serve, until } = wired();
    const exit = serve();
    const bytes = Buffer.from(content, "latin1");
    input.write(Buffer.concat([Buffer.from(`Content-Length: ${bytes.length}\r\n\r\n`), bytes]));
    input.write(frame({ jsonrpc: "2.0", id: "after", method: "initialize", params: { capabilities: {} } }));
    await until('"after"');
    assert.match(text(), new RegExp(`"code":${code}`));
    input.end();
    await exit;
  });
}

test("input that ends right after its messages: each is answered, the host is closed, the exit code is 1", async () => {
  const host = fakeHost();
  const { input, text, serve } = wired(async () => host);
  input.end(
    frame({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} }) +
      frame({ jsonrpc: "2.0", id: 2, method: "shutdown-not", params: {} }) +
      frame({ jsonrpc: "2.0", id: 3, method: "initialize", params: {} }),
  );
  assert.is(await serve(), 1);
  assert.match(text(), /"id":1.*serverInfo/);
  assert.match(text(), /"id":3.*-32600/);
  assert.equal(host.closed.length, 1);
});

test("two requests of one id in flight: the second is refused, the first is answered", async () => {
  const { input, text, serve, until } = wired();
  const exit = serve();
  input.write(
    frame({ jsonrpc: "2.0", id: 0, method: "initialize", params: { capabilities: {} } }) +
      frame({ jsonrpc: "2.0", id: 1, method: "test.echo", params: { n: 1 } }) +
      frame({ jsonrpc: "2.0", id: 1, method: "test.echo", params: { n: 2 } }),
  );
  await until('"n":1');
  assert.match(text(), /same id is in flight/);
  assert.not.match(text(), /"n":2/);
  input.end();
  await exit;
});

test.run();
