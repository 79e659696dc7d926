// What the gate decides, through the built program: the answer, the world, and the record.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chainTells, codeOf, snapshot, told } from "./decisions.ts";
import { type Message, type Scratch, Served, scratch } from "./program.ts";

const test = suite<{ place: Scratch }>("gate");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

const PERMIT_ALL = "permit (principal, action, resource);\n";

async function serve(place: Scratch, options: readonly string[] = [], policy?: string): Promise<Served> {
  const args = [place.root, ...options];
  if (policy !== undefined) {
    writeFileSync(join(place.home, "own.cedar"), policy);
    args.push("--policy", join(place.home, "own.cedar"));
  }
  const served = new Served(place, args);
  return served;
}

/** Answers whatever the server asks with this action, from here on. */
function answering(served: Served, action: string, content: unknown = { allow: true }): { asked: Message[] } {
  const log: Message[] = [];
  served.child.stdout.on("data", () => {
    for (const message of served.messages) {
      if (message.method !== "elicitation/create" || log.includes(message)) continue;
      log.push(message);
      served.send({ jsonrpc: "2.0", id: message.id, result: { action, ...(action === "accept" && { content }) } });
    }
  });
  return { asked: log };
}

type Row = readonly [name: string, tool: string, args: object, code: string, record: string];

/** Scores: fs.read_file 0.1, fs.stat 0.05, fs.write_file 0.4 (over a file more), fs.remove √(0.7² + 0.3²) ≈ 0.76. */
const thresholds: readonly (readonly [environment: string, rows: readonly Row[]])[] = [
  [
    "development",
    [
      ["a read", "fs_read_file", { path: "a.txt" }, "ok", "call.outcome ok"],
      ["a write", "fs_write_file", { path: "new.txt", content: "x" }, "ok", "call.outcome ok"],
      [
        "a private key",
        "fs_write_file",
        { path: ".ssh/authorized_keys", content: "x" },
        "approval-required",
        "call.refused approval-required",
      ],
      [
        "another's policy",
        "fs_write_file",
        { path: "p.cedar", content: "x" },
        "approval-required",
        "call.refused approval-required",
      ],
    ],
  ],
  [
    "staging",
    [
      ["a read", "fs_read_file", { path: "a.txt" }, "ok", "call.outcome ok"],
      ["a write", "fs_write_file", { path: "new.txt", content: "x" }, "ok", "call.outcome ok"],
      ["a removal", "fs_remove", { path: "a.txt" }, "approval-required", "call.refused approval-required"],
      [
        "a secret",
        "fs_write_file",
        { path: ".env", content: "x" },
        "approval-required",
        "call.refused approval-required",
      ],
    ],
  ],
  [
    "production",
    [
      ["a read", "fs_read_file", { path: "a.txt" }, "ok", "call.outcome ok"],
      [
        "a write",
        "fs_write_file",
        { path: "new.txt", content: "x" },
        "approval-required",
        "call.refused approval-required",
      ],
      ["a folder", "fs_create_dir", { path: "new" }, "approval-required", "call.refused approval-required"],
      ["a copy", "fs_copy", { src: "a.txt", dst: "b.txt" }, "approval-required", "call.refused approval-required"],
      ["a removal", "fs_remove", { path: "a.txt" }, "approval-required", "call.refused approval-required"],
      ["a secret", "fs_read_file", { path: ".env" }, "approval-required", "call.refused approval-required"],
    ],
  ],
];

for (const [environment, rows] of thresholds) {
  test(`in ${environment} a score above the threshold is refused where nobody can be asked, whatever the policy permits`, async ({
    place,
  }) => {
    writeFileSync(join(place.root, "a.txt"), "a");
    writeFileSync(join(place.root, ".env"), "KEY=canary");
    const served = await serve(place, ["--environment", environment], PERMIT_ALL);
    await served.initialize();
    const records: string[] = [];
    for (const [name, tool, args, code, record] of rows) {
      const before = snapshot(place.root);
      const answer = await served.call(tool, args);
      assert.is(codeOf(answer), code, `${name}: ${JSON.stringify(answer)}`);
      if (code !== "ok") {
        assert.is(snapshot(place.root), before, name);
        assert.match(answer.content[0].text, /above the \w+ threshold|nobody can be asked/, name);
      }
      if (code === "ok" && tool !== "fs_read_file") records.push("call.intent");
      records.push(record);
    }
    assert.is(await served.close(), 0);
    const events = await chainTells(place, records);
    for (const { payload } of events) assert.is(payload.decision.environment, environment);
    for (const { payload } of events.filter((event) => told(event).startsWith("call.refused"))) {
      assert.ok(payload.decision.effect.score > payload.decision.effect.threshold);
      assert.equal([payload.decision.verdict, payload.decision.layer], ["deny", "environment"]);
    }
  });
}

test("a client that can ask is asked above the threshold, and the person's word decides", async ({ place }) => {
  const served = await serve(place, ["--environment", "production"], PERMIT_ALL);
  await served.initialize({ elicitation: {} });
  const { asked } = answering(served, "accept");
  const answer = await served.call("fs_write_file", { path: "new.txt", content: "x" });
  assert.is(codeOf(answer), "ok", JSON.stringify(answer));
  assert.is(readFileSync(join(place.root, "new.txt"), "utf8"), "x");
  assert.is(asked.length, 1);
  assert.match(asked[0].params.message, /fs\.write_file/);
  assert.match(asked[0].params.message, /above the production threshold/);
  assert.is(await served.close(), 0);
  const [deferred, intent, outcome] = await chainTells(place, ["call.deferred", "call.intent", "call.outcome ok"]);
  assert.is(deferred.payload.decision.verdict, "defer");
  assert.equal([intent.payload.decision.layer, outcome.payload.approval], ["approval", "accept"]);
});

test("without a rule nothing is permitted, however small its effect; a rule that forbids wins over all", async ({
  place,
}) => {
  writeFileSync(join(place.root, "a.txt"), "a");
  const policy = `@id("stat") permit (principal, action == Action::"tool.fs.read", resource) when { context.tool == "fs.stat" };
@id("no-notes") forbid (principal, action, resource) when { resource has name && resource.name == "notes" };`;
  const served = await serve(place, ["--sudo"], policy);
  await served.initialize({ elicitation: {} });
  const { asked } = answering(served, "accept");
  const before = snapshot(place.root);
  assert.is(codeOf(await served.call("fs_stat", { path: "a.txt" })), "ok");
  assert.is(codeOf(await served.call("fs_exists", { path: "a.txt" })), "governance-denied");
  assert.is(codeOf(await served.call("fs_write_file", { path: "b.txt", content: "b" })), "governance-denied");
  const forbidden = await served.call("fs_stat", { path: "notes" });
  assert.match(forbidden.content[0].text, /policy no-notes forbids/);
  assert.is(snapshot(place.root), before);
  assert.is(asked.length, 0, "what governance denies is not for a person to permit, nor for sudo");
  assert.is(await served.close(), 0);
  await chainTells(place, ["call.outcome ok", ...Array(3).fill("call.refused governance-denied")]);
});

test("a policy that fails for one request denies that request and no other", async ({ place }) => {
  // Validated policies can still overflow: Cedar's longs are checked (64 bits).
  const policy = `@id("odd") permit (principal, action == Action::"tool.fs.read", resource) when {
  context.effect.score * 9223372036854775807 > 0 || true };\n@id("all") ${PERMIT_ALL}`;
  writeFileSync(join(place.root, "a.txt"), "a");
  const served = await serve(place, [], policy);
  await served.initialize();
  const failed = await served.call("fs_read_file", { path: "a.txt" });
  assert.is(codeOf(failed), "governance-denied");
  assert.match(failed.content[0].text, /could not be evaluated/);
  assert.is(codeOf(await served.call("fs_write_file", { path: "b.txt", content: "b" })), "ok");
  assert.is(await served.close(), 0);
  await chainTells(place, ["call.refused governance-denied", "call.intent", "call.outcome ok"]);
});

test("sudo lifts the threshold, never the policy's question, and stands on the chain", async ({ place }) => {
  writeFileSync(join(place.root, "a.txt"), "a");
  const policy = `${PERMIT_ALL}@id("ask") @decision("defer") forbid (principal, action == Action::"tool.fs.delete", resource);`;
  const served = await serve(place, ["--sudo", "--environment", "production"], policy);
  await served.initialize();
  assert.is(codeOf(await served.call("fs_write_file", { path: "b.txt", content: "b" })), "ok");
  assert.is(codeOf(await served.call("fs_remove", { path: "a.txt" })), "approval-required");
  assert.ok(existsSync(join(place.root, "a.txt")));
  assert.is(await served.close(), 0);
  const events = await chainTells(place, ["call.intent", "call.outcome ok", "call.refused approval-required"]);
  assert.ok(events[0].payload.decision.rules.includes("sudo"));
  assert.equal(events[0].payload.decision.verdict, "warn");
});

test("a principal that names itself is recorded as a claim, bounded and plain, and decides nothing", async ({
  place,
}) => {
  const policy = `@id("agents") permit (principal is Agent, action, resource);
@id("operators") permit (principal is Operator, action, resource);
@id("root") permit (principal == Client::"root", action, resource);`;
  const served = await serve(place, [], policy);
  served.send({
    jsonrpc: "2.0",
    id: "i",
    method: "initialize",
    params: {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: {
        name: `operator:cli\n\u202e\u001b[2J${"x".repeat(1000)}`,
        version: "root",
        kind: "operator",
        id: "cli",
      },
    },
  });
  await served.response("i");
  const claims = { principal: "operator:cli", _meta: { principal: { kind: "operator", id: "cli" } } };
  served.send({
    jsonrpc: "2.0",
    id: "c",
    method: "tools/call",
    params: { name: "fs_write_file", arguments: { path: "b.txt", content: "b" }, ...claims },
  });
  assert.is(codeOf(await served.response("c")), "governance-denied");
  const inArguments = await served.call("fs_write_file", { path: "b.txt", content: "b", principal: "operator:cli" });
  assert.is(codeOf(inArguments), "invalid-arguments");
  assert.not(existsSync(join(place.root, "b.txt")));
  assert.is(await served.close(), 0);
  const events = await chainTells(place, ["call.refused governance-denied", "call.refused invalid-arguments"]);
  for (const { payload } of events) {
    assert.is(payload.principal, "client:stdio");
    assert.match(payload.claimed, /^operator:cli\\u\{a\}\\u\{202e\}/);
    assert.ok(payload.claimed.length < 400);
  }
});

test.run();
