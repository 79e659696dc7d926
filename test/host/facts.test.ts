import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Principal } from "../../src/contract/call.ts";
import type { AgentFact } from "../../src/gate/gate.ts";
import { type AgentFacts, probeTargets } from "../../src/host/facts.ts";
import type { Stages } from "../../src/host/stages.ts";
import { agent, COPY, call, gateOf, KERNEL, MANIFESTS, READ, SEND, SUBSCRIBE, WRITE } from "../gate/fixtures.ts";
import { makeScratch } from "./scratch.ts";

const scratch = makeScratch();
const root = { guestPath: scratch.cwd, hostPath: scratch.cwd, access: "read-write" } as const;
mkdirSync(join(scratch.cwd, "sub"));
writeFileSync(join(scratch.cwd, "sub/file"), "x");
writeFileSync(join(scratch.cwd, "top"), "x");
symlinkSync("..", join(scratch.cwd, "sub/up"));

const gate = gateOf({ manifests: [...MANIFESTS, ...KERNEL], roots: [root] });
const asked: [number, number][] = [];
const WHO: AgentFact = { kind: "agent", id: "worker", relation: "child" };
const lookup: AgentFacts = (pid, callerPid) => {
  asked.push([pid, callerPid]);
  return WHO;
};
const stages: Pick<Stages, "gate" | "roots" | "protectedPaths" | "agentFacts"> = {
  gate,
  roots: [root],
  protectedPaths: [],
  agentFacts: lookup,
};
const narrow = agent({ roots: [{ path: join(scratch.cwd, "sub"), access: "read-write" }] });
const client: Principal = { kind: "client", id: "stdio" };
const kindAt = (path: string, principal: Principal) =>
  probeTargets(stages, WRITE, { ...call(WRITE, { path }), principal }).targets.path?.kind;

test("the target of a write is looked up where the gate will place it: in the caller's own roots", () => {
  assert.is(kindAt("top", client), "file");
  assert.is(kindAt("file", client), "missing");
  assert.is(kindAt("file", narrow), "file");
  assert.is(kindAt("new", narrow), "missing");
  assert.is(kindAt(join(scratch.cwd, "top"), narrow), undefined, "outside of its roots nobody looks");
  assert.is(kindAt("../top", narrow), undefined);
});
test("only what is written to is looked up", () => {
  assert.equal(probeTargets(stages, READ, call(READ, { path: "top" })).targets, {});
  assert.equal(Object.keys(probeTargets(stages, COPY, call(COPY, { src: "top", dst: "new" })).targets), ["dst"]);
});
test("whose a pid is, is asked with the caller's own pid, and 0 where it has none", () => {
  asked.length = 0;
  assert.equal(probeTargets(stages, SEND, { ...call(SEND, { target_pid: 7 }), principal: narrow }).targets, {
    target_pid: WHO,
  });
  probeTargets(stages, SUBSCRIBE, call(SUBSCRIBE, { topic: "t", pid: 8 }));
  assert.equal(asked, [
    [7, 2],
    [8, 0],
  ]);
});
test("nobody is asked about what is no pid, is not there, or is a topic", () => {
  asked.length = 0;
  for (const args of [{ target_pid: "7" }, { target_pid: 1.5 }, { topic: "t" }, {}]) {
    assert.equal(probeTargets(stages, SEND, call(SEND, args)).targets, {});
  }
  const { agentFacts: _, ...without } = stages;
  assert.equal(probeTargets(without, SEND, call(SEND, { target_pid: 7 })).targets, {});
  assert.equal(asked, []);
});
test.after(() => scratch.remove());
test.run();
