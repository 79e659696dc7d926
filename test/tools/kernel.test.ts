import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../src/contract/json.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import { KERNEL_TOOLS } from "../../src/host/kernel/host-calls.ts";
import type { HostCall } from "../../src/store/host-calls.ts";
import { manifestOf, openGuestStore, problemOf } from "./guest-store.ts";

const test = suite("guests of the kernel's tools");
const here = (path: string) => new URL(`../../${path}`, import.meta.url);
const {
  $id: _id,
  $schema: _schema,
  ...manifestSchema
} = JSON.parse(readFileSync(here("schema/manifest.schema.json"), "utf8"));
const checkManifest = new Ajv2020({ strict: true }).compile(manifestSchema);
const seal = JSON.parse(readFileSync(here("manifests/seal.json"), "utf8"));
const shipped = readdirSync(here("manifests"))
  .filter((file) => file !== "seal.json")
  .map((file) => file.slice(0, -5));
const templates = shipped.filter((name) => name.startsWith("template."));

/** What the catalog fixes: the action, the base effect, the required arguments and all arguments. */
const CATALOG: Record<string, [action: string, effect: object, required: string[], optional: string[]]> = {
  "agent.spawn": ["tool.agent.spawn", { risk: 0.5 }, ["agent_id"], ["template", "capabilities", "backend"]],
  "agent.stop": ["tool.agent.stop", { risk: 0.4 }, ["pid"], ["graceful"]],
  "agent.list": ["tool.agent.read", { risk: 0.05 }, [], []],
  "agent.inspect": ["tool.agent.read", { risk: 0.1 }, ["pid"], []],
  "agent.send": ["tool.agent.ipc", { risk: 0.2 }, ["pid", "message"], []],
  "agent.suspend": ["tool.agent.suspend", { risk: 0.3 }, ["pid"], []],
  "agent.resume": ["tool.agent.resume", { risk: 0.2 }, ["pid"], []],
  "ipc.send": ["tool.ipc.send", { risk: 0.2 }, [], ["target_pid", "topic", "payload", "text"]],
  "ipc.subscribe": ["tool.ipc.subscribe", { risk: 0.1 }, ["topic"], ["pid"]],
  "sys.service.list": ["tool.sys.read", { risk: 0.05 }, [], []],
  "sys.service.health": ["tool.sys.read", { risk: 0.05 }, [], ["name"]],
  "sys.chain.status": ["tool.sys.read", { risk: 0.05 }, [], []],
  "sys.chain.query": ["tool.sys.read", { risk: 0.1 }, [], ["count", "source", "kind", "since_seq", "proof"]],
  "sys.tree.read": ["tool.sys.read", { risk: 0.05 }, [], []],
  "sys.tree.inspect": ["tool.sys.read", { risk: 0.1 }, ["path"], ["offset", "limit"]],
  "sys.env.get": ["tool.sys.env", { risk: 0.2, privacy: 0.3 }, ["name"], []],
  "sys.cron.add": ["tool.sys.cron", { risk: 0.4 }, ["name", "command"], ["interval_secs", "schedule", "target_pid"]],
  "sys.cron.list": ["tool.sys.read", { risk: 0.05 }, [], []],
  "sys.cron.remove": ["tool.sys.cron", { risk: 0.3 }, ["id"], []],
  "kv.get": ["tool.agent.kv.read", { risk: 0.05 }, ["key"], ["namespace"]],
  "kv.set": ["tool.agent.kv.write", { risk: 0.2 }, ["key", "value"], ["namespace", "if_version"]],
  "health.check": ["tool.sys.health", { risk: 0.05 }, [], ["service"]],
  "env.detect": ["tool.sys.env", { risk: 0.05 }, [], []],
  "metrics.snapshot": ["tool.sys.metrics", { risk: 0.05 }, [], ["prefix"]],
};

const NOW = "2026-01-01T00:00:00.000Z";
const HASH = "0".repeat(64);
const AGENT = { pid: 3, agent_id: "a", state: "running", template: "mailbox", parent_pid: 0 };
const JOB = { id: 1, name: "n", command: "c", owner: "client:stdio", runs: 0, failures: 0, skipped: 0, running: false };
const USAGE = { messages_sent: 1, messages_handled: 2, tool_calls: 0, fuel: 9, cpu_time_ms: 0.5 };
/** An answer of each tool as the kernel gives it. */
const ANSWERS: Record<string, JsonObject> = {
  "kv.get": { key: "k", namespace: "default", value: { a: [1] }, version: 1 },
  "kv.set": { ok: true, key: "k", namespace: "default", version: 2 },
  "health.check": {
    services: [{ name: "store", type: "execution", status: "degraded", healthy: false }],
    count: 1,
    overall: "degraded",
  },
  "env.detect": {
    ...{ os: "linux", arch: "x64", cpu_count: 2, memory_bytes: 1, runtime: "node 20", features: ["simd"] },
    version: "1",
  },
  "metrics.snapshot": { metrics: [{ name: "store.runs", kind: "counter", value: 1.5, unit: "runs" }], count: 1 },
  "agent.spawn": { pid: 3, agent_id: "a", state: "starting" },
  "agent.stop": { stopped: true, agent_id: "a", exit_code: 0 },
  "agent.list": { agents: [{ ...AGENT, inbox: 4 }], count: 1 },
  "agent.inspect": {
    ...AGENT,
    backend: "wasm",
    capabilities: { tools: [] },
    resource_usage: USAGE,
    restarts: 0,
    last_error: null,
    exit: { code: -1, reason: "killed" },
    log: ["info a line"],
    host: "00",
  },
  "agent.send": { sent: true, pid: 3, msg_id: 12 },
  "agent.suspend": { suspended: true },
  "agent.resume": { resumed: true },
  "ipc.send": { sent: true, msg_id: 12, receivers: 0 },
  "ipc.subscribe": { subscribed: true, topic: "a.**", pid: 4 },
  "sys.service.list": { services: [{ name: "gate", type: "stage", status: "running" }], count: 1 },
  "sys.service.health": { health: [{ name: "gate", status: "healthy", latency_ms: 0.2, detail: "" }], count: 1 },
  "sys.chain.status": {
    chain_id: "x",
    sequence: 5,
    event_count: 5,
    checkpoint_count: 1,
    last_hash: HASH,
    root_hash: null,
    verified_to: 4,
  },
  "sys.chain.query": {
    events: [
      {
        sequence: 1,
        source: "host",
        kind: "host.start",
        timestamp: NOW,
        payload: {},
        hash: HASH,
        prev_hash: HASH,
      },
    ],
    count: 1,
    next_seq: 2,
    truncated: true,
  },
  "sys.tree.read": { node_count: 7, mutation_count: 0, root_hash: HASH },
  "sys.tree.inspect": {
    path: "/",
    kind: "root",
    metadata: {},
    hash: HASH,
    children: [{ name: "agents", kind: "folder", hash: HASH }],
    child_count: 7,
    truncated: true,
  },
  "sys.env.get": { name: "LANG", value: "C" },
  "sys.cron.add": { ...JOB, interval_secs: 60, created: NOW, next: NOW, warning: "it runs each second" },
  "sys.cron.list": { jobs: [{ ...JOB, schedule: "0 9 * * *", target_pid: 3, last_error: "it failed" }], count: 1 },
  "sys.cron.remove": { removed: true, job_id: 1 },
};

/** Answers with what it was asked, and keeps it. */
const asked: string[] = [];
const calls: Record<string, HostCall> = {};
let reply: HostCall["handler"] = (request) => request;
for (const name of KERNEL_TOOLS) {
  calls[name] = {
    handler: (request, context) => {
      asked.push(name);
      return reply(request, context);
    },
    callsPerRun: 1,
  };
}
const store = openGuestStore(calls);
test.before.each(() => {
  asked.length = 0;
  reply = (request) => request;
});
test.after(() => store.close());

/** Tools that are scripts and nothing of the kernel's. */
const scripts = readdirSync(here("src/tools/script")).map((file) => file.replace(/\.ts$/, ""));

test("the kernel's tools and four templates ship, and the kernel knows the same", () => {
  assert.equal([...KERNEL_TOOLS].sort(), Object.keys(CATALOG).sort());
  assert.equal(
    shipped.filter((name) => !name.startsWith("fs.") && !scripts.includes(name)).sort(),
    [...Object.keys(CATALOG), ...["echo", "mailbox", "router", "watcher"].map((name) => `template.${name}`)].sort(),
  );
});

/** Every property of a schema, however deep, that a caller fills in. */
function properties(schema: JsonObject, path = ""): [path: string, property: JsonObject][] {
  const own = Object.entries((schema.properties ?? {}) as Record<string, JsonObject>);
  const inner = [
    ...((schema.anyOf ?? []) as JsonObject[]),
    ...(schema.items === undefined ? [] : [schema.items as JsonObject]),
  ];
  return [
    ...own.flatMap(([key, property]): [string, JsonObject][] => [
      [`${path}.${key}`, property],
      ...properties(property, `${path}.${key}`),
    ]),
    ...inner.flatMap((one) => properties(one, path)),
  ];
}

for (const name of [...Object.keys(CATALOG), ...templates]) {
  test(`${name}: the manifest meets its schema, says what every property is, and has no keyword that clients refuse`, () => {
    const manifest = manifestOf(name);
    assert.ok(checkManifest(manifest), JSON.stringify(checkManifest.errors));
    assert.ok(Buffer.byteLength(manifest.description) <= 2048);
    assert.is(manifest.filesystem, "none");
    for (const schema of [manifest.parameters, manifest.output]) {
      for (const [path, property] of properties(schema)) assert.ok(property.title && property.description, path);
      for (const keyword of ["oneOf", "anyOf", "allOf", "not", "if"]) assert.not.ok(keyword in schema, keyword);
    }
    for (const [path, property] of properties(manifest.parameters)) {
      if (property.type === "integer") assert.ok("minimum" in property && "maximum" in property, path);
      if (property.type === "string") assert.ok("enum" in property || "maxLength" in property, path);
      if (property.type === "array") assert.ok("maxItems" in property, path);
    }
    for (const { argument, actions } of manifest.resources ?? []) {
      assert.ok(argument in (manifest.parameters.properties as JsonObject), argument);
      assert.equal(actions, [manifest.action]);
    }
  });

  test(`${name}: the module is the sealed one, small, and imports what the manifest lists`, () => {
    const bytes = readFileSync(here(`dist/tools/${name}.wasm`));
    assert.is(seal.modules[`${name}.wasm`], createHash("sha256").update(bytes).digest("hex"));
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).filter(
      ({ module }) => module === "tollgate",
    );
    const listed = manifestOf(name).hostCalls ?? [];
    assert.equal(imports.map((one) => one.name).sort(), listed.length > 0 ? [...listed, "answer_read"].sort() : []);
    assert.ok(bytes.length < (templates.includes(name) ? 12_000 : 1_100), `${bytes.length} bytes`);
  });
}

for (const [name, [action, effect, required, optional]] of Object.entries(CATALOG)) {
  test(`${name}: names, action and effect are the catalog's, and an answer of the kernel meets the output schema`, () => {
    const manifest: ToolManifest = manifestOf(name);
    assert.equal([manifest.action, manifest.effect], [action, effect]);
    assert.equal(manifest.parameters.required ?? [], required);
    assert.equal(Object.keys(manifest.parameters.properties as object).sort(), [...required, ...optional].sort());
    assert.is(manifest.annotations.readOnlyHint, /\.read$|^tool\.sys\.(env|health|metrics)$/.test(action));
    const answer = ANSWERS[name] as JsonObject;
    assert.is(problemOf(name, "output", answer), undefined);
    assert.ok(problemOf(name, "output", { ...answer, more: 1 }), "more than the schema names");
    for (const key of (manifest.output.required ?? []) as string[]) {
      const { [key]: _, ...rest } = answer;
      assert.ok(problemOf(name, "output", rest), `without ${key}`);
    }
  });

  test(`${name}: the guest hands stdin over once and byte for byte, and writes the answer as it is`, async () => {
    const text = JSON.stringify({ ä: "\u0000 \u2028", n: [1.5, null, { a: "\\" }] });
    const { ending, text: answer } = await store.run(name, Buffer.from(text));
    assert.equal([ending, answer, asked], ["exited 0", text, [name]]);
  });
}

test("any bytes on stdin reach the host call as they are, also none", async () => {
  let got: Uint8Array = new Uint8Array(1);
  reply = (request) => {
    got = request;
    return Buffer.from("{}");
  };
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300_000, size: "max" }), async (bytes) => {
      assert.is((await store.run("agent.list", bytes)).text, "{}");
      assert.is(Buffer.compare(got, bytes), 0);
    }),
    { numRuns: 25 },
  );
  await store.run("agent.list", new Uint8Array(0));
  assert.is(got.length, 0);
});

test("an error document of the host ends the run with exit code 1 and is written as it is", async () => {
  reply = () => ({
    code: "no-such-agent",
    layer: "kernel",
    message: "there is no agent 7: list them",
    data: { pid: 7 },
  });
  const { ending, answer } = await store.run("agent.stop", { pid: 7 });
  assert.is(ending, "exited 1");
  assert.equal(answer, { code: "no-such-agent", message: "there is no agent 7: list them", data: { pid: 7 } });
});

test("answers of 1 MiB in their frame pass within the limits of the manifest; larger requests and answers are errors, no traps", async () => {
  const most = 1_048_576;
  const framed = most + 65_536;
  reply = () => new Uint8Array(framed).fill(0x20);
  const full = await store.run("sys.chain.query", { count: 1000 });
  assert.equal([full.ending, full.text.length], ["exited 0", framed]);
  reply = () => Buffer.from("{}");
  assert.is((await store.run("agent.send", new Uint8Array(most))).ending, "exited 0");
  const over = await store.run("agent.send", new Uint8Array(most + 1));
  assert.equal([over.ending, over.answer.code], ["exited 1", "request-too-large"]);
  const memory = await store.run("agent.send", new Uint8Array(4_194_304));
  assert.equal([memory.ending, memory.answer.code], ["exited 1", "too-large"]);
});

test.run();
