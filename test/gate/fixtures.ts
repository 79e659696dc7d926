import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Call, Principal } from "../../src/contract/call.ts";
import type { Capabilities } from "../../src/contract/capabilities.ts";
import type { Decision } from "../../src/contract/decision.ts";
import type { EffectVector } from "../../src/contract/effect.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import { DEFAULT_LIMITS, LIMIT_CEILINGS } from "../../src/contract/limits.ts";
import type { ResourceArgument, ToolManifest } from "../../src/contract/manifest.ts";
import { createPermitOffice, type RootGrant } from "../../src/contract/permit.ts";
import { type CallFacts, type Gate, openGate } from "../../src/gate/gate.ts";
import type { GateOptions } from "../../src/gate/options.ts";

export const ZERO: EffectVector = { risk: 0, fairness: 0, privacy: 0, novelty: 0, security: 0 };
export const ROOT: RootGrant = { guestPath: "/w", hostPath: "/real/w", access: "read-write" };
export const MODULE = "ab".repeat(32);

export function manifest(
  name: string,
  action: string,
  effect: Partial<EffectVector>,
  readOnly: boolean,
  resources: readonly ResourceArgument[],
  properties: JsonObject = {},
): ToolManifest {
  return {
    name,
    title: name,
    description: name,
    category: "test",
    parameters: { type: "object", properties },
    output: { type: "object" },
    action,
    effect: { ...ZERO, ...effect },
    annotations: { readOnlyHint: readOnly, destructiveHint: !readOnly, idempotentHint: true, openWorldHint: false },
    limits: DEFAULT_LIMITS,
    filesystem: resources.length === 0 ? "none" : readOnly ? "read-only" : "read-write",
    resources,
    hostCalls: [],
    module: `${name}.wasm`,
  };
}

export const path = (argument: string, ...actions: string[]): ResourceArgument => ({ argument, kind: "path", actions });

export const READ = manifest("fs.read_file", "tool.fs.read", { risk: 0.1 }, true, [path("path", "tool.fs.read")]);
export const LIST = manifest("fs.glob", "tool.fs.read", { risk: 0.1 }, true, [
  { ...path("base_dir", "tool.fs.read"), default: "." },
]);
export const WRITE = manifest("fs.write_file", "tool.fs.write", { risk: 0.4 }, false, [path("path", "tool.fs.write")], {
  append: { type: "boolean", default: false },
});
export const COPY = manifest(
  "fs.copy",
  "tool.fs.write",
  { risk: 0.3 },
  false,
  [path("src", "tool.fs.read"), path("dst", "tool.fs.write")],
  { overwrite: { type: "boolean", default: true } },
);
export const REMOVE = manifest(
  "fs.remove",
  "tool.fs.delete",
  { risk: 0.7, security: 0.3 },
  false,
  [path("path", "tool.fs.delete")],
  { recursive: { type: "boolean", default: false } },
);
export const PING = manifest("test.ping", "tool.test.ping", { risk: 0.05 }, true, []);

export const named = (argument: string, kind: ResourceArgument["kind"], ...actions: string[]): ResourceArgument => ({
  argument,
  kind,
  actions,
});
export const SPAWN = manifest("agent.spawn", "tool.agent.spawn", { risk: 0.5 }, false, []);
export const STOP = manifest("agent.stop", "tool.agent.stop", { risk: 0.4 }, false, [
  named("pid", "agent", "tool.agent.stop"),
]);
export const INSPECT = manifest("agent.inspect", "tool.agent.read", { risk: 0.1 }, true, [
  named("pid", "agent", "tool.agent.read"),
]);
export const SEND = manifest("ipc.send", "tool.ipc.send", { risk: 0.2 }, false, [
  named("target_pid", "agent", "tool.ipc.send"),
  named("topic", "topic", "tool.ipc.send"),
]);
export const SUBSCRIBE = manifest("ipc.subscribe", "tool.ipc.subscribe", { risk: 0.1 }, false, [
  named("topic", "topic", "tool.ipc.subscribe"),
  named("pid", "agent", "tool.ipc.subscribe"),
]);
export const CRON = manifest("sys.cron.add", "tool.sys.cron", { risk: 0.4 }, false, [
  named("target_pid", "agent", "tool.sys.cron"),
]);
export const ENV = manifest("sys.env.get", "tool.sys.env", { risk: 0.2, privacy: 0.3 }, true, [
  named("name", "name", "tool.sys.env"),
]);
export const MAILBOX: ToolManifest = {
  ...manifest("template.mailbox", "tool.agent.run", { risk: 0.1 }, false, []),
  kind: "template",
};
/** Tools that act on agents, topics and the system, and a template. */
export const KERNEL = [SPAWN, STOP, INSPECT, SEND, SUBSCRIBE, CRON, ENV, MAILBOX];

/** All that an agent can be given. */
export const EVERYTHING: Capabilities = {
  tools: ["*"],
  roots: [{ path: "/w", access: "read-write" }],
  ipc: { agents: "all", topics: ["**"] },
  env: [],
  limits: {},
  budget: {},
};

export const agent = (capabilities: Partial<Capabilities> = {}, id = "bot"): Principal => ({
  kind: "agent",
  id,
  pid: 2,
  capabilities: { ...EVERYTHING, ...capabilities },
});

export const MANIFESTS = [READ, LIST, WRITE, COPY, REMOVE, PING];
export const DEFAULT_POLICY = {
  name: "default.cedar",
  text: readFileSync(new URL("../../policy/default.cedar", import.meta.url), "utf8"),
};
export const ALLOW_ALL = { name: "all.cedar", text: '@id("all") permit (principal, action, resource);' };

export function options(changes: Partial<GateOptions> = {}): GateOptions {
  return {
    mint: createPermitOffice().mint,
    policies: [DEFAULT_POLICY],
    manifests: MANIFESTS,
    environment: "development",
    roots: [ROOT],
    ceilings: LIMIT_CEILINGS,
    envNames: ["HOME", "PATH", "LC_ALL"],
    clock: () => 1_000_000,
    random: randomBytes,
    moduleHash: () => MODULE,
    ...changes,
  };
}

export function gateOf(changes: Partial<GateOptions> = {}): Gate {
  const opened = openGate(options(changes));
  if (!opened.ok) throw new Error(opened.fault.message);
  return opened.gate;
}

export const policy = (text: string) => ({ policies: [{ name: "test.cedar", text }] });

export function call(tool: ToolManifest, args: JsonObject, changes: Partial<Call> = {}): Call {
  return {
    principal: { kind: "client", id: "stdio" },
    tool: tool.name,
    args,
    signal: new AbortController().signal,
    canAsk: true,
    ...changes,
  };
}

export function decide(
  gate: Gate,
  tool: ToolManifest,
  args: JsonObject,
  changes: Partial<Call> = {},
  targets: CallFacts["targets"] = {},
): Decision {
  return gate.decide(call(tool, args, changes), tool, { targets });
}

/** `permit`, `warn`, `defer`, or the code of the refusal. */
export const told = (decision: Decision): string =>
  decision.kind === "deny" ? decision.fault.code : decision.record.verdict;
