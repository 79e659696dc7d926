import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Answer, Call } from "../../src/contract/call.ts";
import { canonicalJson } from "../../src/contract/canonical-json.ts";
import { type Fault, fault } from "../../src/contract/fault.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import { KERNEL_TOOLS, kernelHostCalls, mayListHostCall, TOOL_CALL } from "../../src/host/kernel/host-calls.ts";
import type { RunContext } from "../../src/host/stages.ts";
import { refused } from "../../src/kernel/fault.ts";
import type { KernelTools } from "../../src/kernel/kernel-tool.ts";
import type { HostCallContext } from "../../src/store/host-calls.ts";
import { openGuestStore } from "../tools/guest-store.ts";

const test = suite("host calls of the kernel");

const callOf = (tool: string, args: JsonObject, kind: "client" | "agent" = "client"): Call => ({
  principal: { kind, id: kind === "client" ? "stdio" : "a" },
  tool,
  args,
  signal: new AbortController().signal,
  canAsk: false,
});
const runOf = (tool: string, args: JsonObject, kind?: "client" | "agent"): RunContext => ({
  call: callOf(tool, args, kind),
  args: canonicalJson(args),
  manifest: { name: tool, ...(tool.startsWith("template.") && { kind: "template" }) } as ToolManifest,
  roots: [],
});
const contextOf = (value: unknown): HostCallContext => ({
  principal: "client:stdio",
  module: "00",
  signal: new AbortController().signal,
  value,
  depth: 0,
});
const bytes = (text: string) => new TextEncoder().encode(text);
const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
const shown = (value: Uint8Array | Fault) => (isBytes(value) ? new TextDecoder().decode(value) : value.code);

interface Seen {
  readonly tools: unknown[];
  readonly calls: unknown[];
}

function calls(tools: KernelTools, answer: Answer = { kind: "fault", fault: fault("host", "internal", "x") }) {
  const seen: Seen = { tools: [], calls: [] };
  const hostCalls = kernelHostCalls({
    tools,
    callerOf: ({ call }) => ({ principal: `${call.principal.kind}:${call.principal.id}`, pid: 6 }),
    callAs: async (context, tool, args) => {
      seen.calls.push([context.value, tool, args]);
      return answer;
    },
  });
  return {
    hostCalls,
    seen,
    ask: (name: string, request: string, value: unknown) => hostCalls[name]!.handler(bytes(request), contextOf(value)),
  };
}

test("a kernel tool gets the caller, the arguments that were decided on and a signal, and its answer is JSON", async () => {
  const got: unknown[] = [];
  const { ask } = calls({
    "agent.stop": (caller, args, signal) => {
      got.push(caller, args, signal instanceof AbortSignal);
      return { stopped: true, text: "ü" };
    },
  });
  const args = { pid: 3, graceful: false };
  const answer = await ask("agent.stop", canonicalJson(args), runOf("agent.stop", args));
  assert.is(shown(answer), '{"stopped":true,"text":"ü"}');
  assert.equal(got, [{ principal: "client:stdio", pid: 6 }, args, true]);
});

test("a request that is not byte for byte what was decided on is refused, and nothing is carried out", async () => {
  let carriedOut = 0;
  const { ask } = calls({
    "agent.stop": () => {
      carriedOut++;
      return {};
    },
  });
  const run = runOf("agent.stop", { pid: 3 });
  for (const request of [
    "",
    "{}",
    '{"pid":4}',
    '{"pid": 3}',
    '{"pid":3} ',
    '{"pid":3}\0',
    '{"pid":3,"pid":3}',
    '{"pid":33}',
  ])
    assert.is(shown(await ask("agent.stop", request, run)), "host-call-refused", request);
  for (const value of [undefined, null, {}, "x", { args: '{"pid":3}' }, runOf("agent.list", { pid: 3 })])
    assert.is(shown(await ask("agent.stop", '{"pid":3}', value)), "host-call-refused");
  assert.is(carriedOut, 0);
  await ask("agent.stop", '{"pid":3}', run);
  assert.is(carriedOut, 1);
});

test("what the kernel refuses stays its fault; what throws is left to the store", async () => {
  const { ask } = calls({
    "agent.stop": async () => refused("no-such-agent", "there is none", { pid: 3 }),
    "agent.list": () => {
      throw new Error("a bug");
    },
  });
  const answer = await ask("agent.stop", "{}", runOf("agent.stop", {}));
  assert.equal(answer, refused("no-such-agent", "there is none", { pid: 3 }));
  let thrown: unknown;
  try {
    await ask("agent.list", "{}", runOf("agent.list", {}));
  } catch (error) {
    thrown = error;
  }
  assert.is((thrown as Error).message, "a bug");
});

test("a tool that is none of the kernel's is not registered", () => {
  assert.throws(() => calls({ "fs.stat": () => ({}) }), /fs\.stat is none of the kernel's tools/);
  assert.equal(Object.keys(calls({}).hostCalls), [TOOL_CALL]);
});

const usage = { fuelConsumed: 1, memoryPeak: 1, durationMs: 1 };
const result = (json: string) => ({ kind: "result", json: bytes(json), usage, sequence: 1 }) as unknown as Answer;
const TEMPLATE = runOf("template.watcher", {}, "agent");

test("tool.call takes a call through the gate as the agent, and answers with what came of it", async () => {
  const args = { path: "a", n: [1] };
  const request = JSON.stringify({ tool: "fs.stat", args });
  const good = calls({}, result('{ "size": 1 }\n'));
  assert.is(shown(await good.ask(TOOL_CALL, request, TEMPLATE)), '{"ok":true,"answer":{ "size": 1 }\n}');
  assert.equal(good.seen.calls, [[TEMPLATE, "fs.stat", args]]);
  const failed = fault("tool", "file-not-found", "no", { n: 1 });
  assert.equal(await calls({}, { kind: "fault", fault: failed }).ask(TOOL_CALL, request, TEMPLATE), failed);
  const deferral = { kind: "deferral", deferral: {}, sequence: 1 } as unknown as Answer;
  assert.is(shown(await calls({}, deferral).ask(TOOL_CALL, request, TEMPLATE)), "approval-required");
});

test("tool.call reads its request strictly and calls nothing for what is no call", async () => {
  const { ask, seen } = calls({}, result("{}"));
  for (const request of [
    "",
    "[]",
    "null",
    '{"tool":"a"}',
    '{"args":{}}',
    '{"tool":1,"args":{}}',
    '{"tool":"a","args":[]}',
    '{"tool":"a","args":null}',
    '{"tool":"a","args":{},"principal":"operator:cli"}',
    '{"tool":"a","args":{},"tool":"b"}',
    '{"tool":"a","args":{"__proto__":1}}',
    '{"tool":"a","args":{"n":9007199254740993}}',
    '{"tool":"\\ud800","args":{}}',
    `{"tool":"a","args":{"d":${"[".repeat(100)}${"]".repeat(100)}}}`,
  ]) {
    assert.is(shown(await ask(TOOL_CALL, request, TEMPLATE)), "invalid-arguments", request.slice(0, 50));
  }
  assert.equal(seen.calls, []);
});

test("tool.call serves the templates of agents only", async () => {
  const { ask, seen } = calls({}, result("{}"));
  for (const value of [undefined, runOf("fs.stat", {}, "agent"), runOf("template.watcher", {}, "client")])
    assert.is(shown(await ask(TOOL_CALL, '{"tool":"a","args":{}}', value)), "host-call-refused");
  assert.equal(seen.calls, []);
});

test("a manifest may list the store's own host calls, a kernel tool its own name, a template tool.call, and no more", () => {
  const tool = (name: string) => ({ name });
  const template = { kind: "template", name: "template.x" } as const;
  for (const name of KERNEL_TOOLS) {
    assert.ok(mayListHostCall(tool(name), name));
    assert.not.ok(mayListHostCall(tool("fs.stat"), name), name);
    assert.not.ok(mayListHostCall(template, name), name);
  }
  assert.ok(mayListHostCall(template, TOOL_CALL));
  assert.ok(mayListHostCall(template, "log"));
  assert.ok(mayListHostCall(tool("fs.stat"), "fd_mode_get"));
  for (const hostCall of [TOOL_CALL, "fs.stat", "answer_read", "agent.list"])
    assert.not.ok(mayListHostCall(tool("fs.stat"), hostCall), hostCall);
  assert.not.ok(mayListHostCall(template, "template.x"));
});

test("in the real store, the built guests carry arguments to the kernel and its answers back, once a run", async () => {
  const seen: unknown[] = [];
  const tools: KernelTools = Object.fromEntries(
    [...KERNEL_TOOLS].map((name) => [
      name,
      (caller: { principal: string }, args: JsonObject) => {
        seen.push([name, caller.principal, args]);
        return args.pid === 7 ? refused("no-such-agent", "there is none") : { done: name };
      },
    ]),
  );
  const store = openGuestStore(calls(tools).hostCalls);
  for (const name of KERNEL_TOOLS) {
    const args = { text: 'ü"\\\u0000', n: 1 };
    seen.length = 0;
    const run = await store.run(name, bytes(canonicalJson(args)), runOf(name, args));
    assert.equal([run.ending, run.answer, seen], ["exited 0", { done: name }, [[name, "client:stdio", args]]]);
    const other = await store.run(name, bytes('{"n":2}'), runOf(name, args));
    assert.equal([other.ending, other.answer.code, seen.length], ["exited 1", "host-call-refused", 1], name);
  }
  const failed = await store.run("agent.stop", bytes('{"pid":7}'), runOf("agent.stop", { pid: 7 }));
  assert.equal([failed.ending, failed.answer], ["exited 1", { code: "no-such-agent", message: "there is none" }]);
  await store.close();
});

test("in the real store, a watcher calls tools by way of tool.call as its agent", async () => {
  const { hostCalls, seen } = calls({}, result('{"size":1}'));
  const store = openGuestStore(hostCalls);
  const input = {
    message: { op: "watch", tool: "fs.stat", args: { path: "a" } },
    msg_id: 1,
    from: "client:stdio",
    from_pid: 2,
    agent: { pid: 5, agent_id: "a", parent_pid: 0 },
    state: null,
  };
  const context = runOf("template.watcher", input, "agent");
  const { ending, answer } = await store.run("template.watcher", input, context);
  assert.equal([ending, answer.reply.watch.id, "error" in answer.reply], ["exited 0", 1, false]);
  assert.equal(seen.calls, [[context, "fs.stat", { path: "a" }]]);
  const refusedRun = await store.run("template.watcher", input, undefined);
  assert.is(refusedRun.answer.reply.error.code, "host-call-refused");
  await store.close();
});

test.run();
