import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Call } from "../../src/contract/call.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import type { AgentFact, CallFacts, Gate } from "../../src/gate/gate.ts";
import { checkPolicies } from "../../src/gate/policies.ts";
import {
  agent,
  DEFAULT_POLICY,
  decide,
  ENV,
  gateOf,
  INSPECT,
  KERNEL,
  MAILBOX,
  MANIFESTS,
  policy,
  SEND,
  SPAWN,
  STOP,
  SUBSCRIBE,
  told,
} from "./fixtures.ts";

const test = suite("gate/named-resources");
const manifests = [...MANIFESTS, ...KERNEL];
const governed = (text: string): Gate => gateOf({ ...policy(text), manifests });
const worker: AgentFact = { kind: "agent", id: "worker", relation: "child", template: "template.mailbox" };
const is = (fact: Partial<AgentFact> = {}): CallFacts["targets"] => ({
  pid: { ...worker, ...fact },
  target_pid: { ...worker, ...fact },
});
const bot: Partial<Call> = { principal: agent() };

const BY_DEFAULT: readonly [string, ToolManifest, JsonObject, Partial<Call>, string][] = [
  ["spawning", SPAWN, {}, {}, "permit"],
  ["an agent's spawning", SPAWN, {}, bot, "permit"],
  ["stopping", STOP, { pid: 3 }, {}, "permit"],
  ["an operator's stopping", STOP, { pid: 3 }, { principal: { kind: "operator", id: "cli" } }, "permit"],
  ["inspecting", INSPECT, { pid: 3 }, bot, "permit"],
  ["sending to an agent", SEND, { target_pid: 3 }, bot, "permit"],
  ["sending to a topic", SEND, { topic: "build.done" }, {}, "permit"],
  ["subscribing", SUBSCRIBE, { topic: "build.*" }, bot, "permit"],
  ["reading the environment", ENV, { name: "HOME" }, {}, "permit"],
  ["running a template", MAILBOX, {}, { ...bot, handling: true }, "permit"],
];
const development = gateOf({ manifests });
const staging = gateOf({ manifests, environment: "staging" });
for (const [name, tool, args, changes, answer] of BY_DEFAULT) {
  test(`by default ${name} is permitted in development, and in staging nothing is`, () => {
    assert.is(told(decide(development, tool, args, changes, is())), answer);
    assert.is(told(decide(staging, tool, args, changes, is())), "governance-denied");
  });
}
test("the default policy has no problem where the host has none of these tools", () => {
  assert.equal(checkPolicies([DEFAULT_POLICY], MANIFESTS), []);
});

const stop = (text: string, fact: Partial<AgentFact>, changes: Partial<Call> = bot) =>
  told(decide(governed(text), STOP, { pid: 3 }, changes, is(fact)));
const AGENTS: readonly [string, string, Partial<AgentFact>, string][] = [
  ["by its id", 'permit (principal, action, resource == Agent::"worker");', {}, "permit"],
  [
    "and not by another's",
    'permit (principal, action, resource == Agent::"worker");',
    { id: "w" },
    "governance-denied",
  ],
  [
    "where the caller spawned it",
    "permit (principal, action, resource is Agent) when { resource in principal };",
    {},
    "permit",
  ],
  [
    "as itself",
    "permit (principal, action, resource is Agent) when { resource in principal };",
    { relation: "self", id: "bot" },
    "permit",
  ],
  [
    "by its relation",
    'permit (principal, action, resource is Agent) when { resource has relation && resource.relation == "child" };',
    {},
    "permit",
  ],
  [
    "by its template",
    'permit (principal, action, resource is Agent) when { resource has template && resource.template == "template.mailbox" };',
    {},
    "permit",
  ],
  [
    "and not by another template",
    'permit (principal, action, resource is Agent) when { resource has template && resource.template == "template.echo" };',
    {},
    "governance-denied",
  ],
  ["and it is no path", "permit (principal, action, resource is Path);", {}, "governance-denied"],
];
for (const [name, text, fact, answer] of AGENTS) {
  test(`a policy speaks of an agent ${name}`, () => assert.is(stop(text, fact), answer));
}
test("an agent that was not spawned by the caller is not in it, and a client has spawned none", () => {
  const text = "permit (principal, action, resource is Agent) when { resource in principal };";
  const gate = governed(text);
  const send = (relation: AgentFact["relation"], changes: Partial<Call>) =>
    told(decide(gate, SEND, { target_pid: 3 }, changes, is({ relation })));
  assert.equal(
    [send("child", bot), send("other", bot), send("parent", bot)],
    ["permit", "governance-denied", "governance-denied"],
  );
  assert.is(send("child", {}), "governance-denied");
});
test("a pid that is nobody's is nobody that a policy can name by an agent id", () => {
  const gate = governed('permit (principal, action, resource) unless { resource == Agent::"worker" };');
  assert.is(told(decide(gate, SEND, { target_pid: 3 }, {}, is())), "governance-denied");
  const missing = decide(gate, SEND, { target_pid: 3 }, {}, is({ relation: "missing" }));
  assert.is(told(missing), "permit");
  assert.equal(missing.record.resources, ["agent pid:3 (pid 3)"]);
});

const subscribe = (text: string, topic: string) => told(decide(governed(text), SUBSCRIBE, { topic }, {}));
const BUILD = 'permit (principal, action, resource in Topic::"build");';
const TOPICS: readonly [string, string, string, string][] = [
  ["a topic is in what it begins with", BUILD, "build.done", "permit"],
  ["a topic is in itself", BUILD, "build", "permit"],
  ["a topic is not in what is only called alike", BUILD, "builder.done", "governance-denied"],
  ["a pattern is in what all of its topics begin with", BUILD, "build.**", "permit"],
  ["a pattern is not in what only some of its topics begin with", BUILD, "*.done", "governance-denied"],
  ["a pattern is in nothing where it matches all", BUILD, "**", "governance-denied"],
  [
    "a topic has a name",
    'permit (principal, action, resource is Topic) when { resource.name like "build.*" };',
    "build.done",
    "permit",
  ],
  [
    "a pattern says that it is one",
    "permit (principal, action, resource is Topic) unless { resource.pattern };",
    "build.*",
    "governance-denied",
  ],
  [
    "a topic is no pattern",
    "permit (principal, action, resource is Topic) unless { resource.pattern };",
    "build.x",
    "permit",
  ],
];
for (const [name, text, topic, answer] of TOPICS) test(name, () => assert.is(subscribe(text, topic), answer));

test("a policy speaks of a name", () => {
  const gate = governed('permit (principal, action == Action::"tool.sys.env", resource == Name::"HOME");');
  assert.is(told(decide(gate, ENV, { name: "HOME" })), "permit");
  assert.is(told(decide(gate, ENV, { name: "PATH" })), "governance-denied");
  const like = governed('permit (principal, action, resource is Name) when { resource.name like "LC_*" };');
  assert.is(told(decide(like, ENV, { name: "LC_ALL" })), "permit");
  assert.is(told(decide(like, ENV, { name: "HOME" })), "governance-denied");
});
test("everything that a call names must be permitted", () => {
  const gate = governed(
    'permit (principal, action, resource is Topic); permit (principal, action, resource == Agent::"worker");',
  );
  const both = { topic: "build", pid: 3 };
  assert.is(told(decide(gate, SUBSCRIBE, both, {}, is())), "permit");
  assert.is(told(decide(gate, SUBSCRIBE, both, {}, is({ id: "other" }))), "governance-denied");
});
test("what was answered for one agent, topic or name is not the answer for another", () => {
  const gate =
    governed(`permit (principal, action, resource is Agent) when { resource has relation && resource.relation == "child" };
    permit (principal, action, resource is Topic) when { resource.name == "a" };`);
  for (let round = 0; round < 2; round++) {
    for (const relation of ["child", "other", "parent", "self"] as const) {
      const decision = decide(gate, SEND, { target_pid: 3 }, {}, is({ relation }));
      assert.is(told(decision), relation === "child" ? "permit" : "governance-denied");
    }
    for (const topic of ["a", "b", "a.b"]) {
      assert.is(told(decide(gate, SEND, { topic })), topic === "a" ? "permit" : "governance-denied");
    }
  }
});
test("records and questions say what is named, on one plain line", () => {
  const text =
    '@id("ask") @decision("defer") forbid (principal, action, resource); permit (principal, action, resource);';
  const decision = decide(governed(text), SUBSCRIBE, { topic: "build.*", pid: 3 }, {}, is());
  assert.equal(decision.record.resources, ["topic build.*", "agent worker (pid 3)"]);
  assert.ok(decision.kind === "defer");
  if (decision.kind === "defer")
    assert.match(decision.deferral.question, /on "topic build\.\*" and "agent worker \(pid 3\)" for client stdio\?/);
});

test.run();
