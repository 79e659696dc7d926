// Tools that the gate learns while it is open: what they claim opens nothing that policy and capabilities do not.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { PLUGIN_ACTION, type ToolManifest } from "../../src/contract/manifest.ts";
import {
  ALLOW_ALL,
  agent,
  decide,
  type gateOf as GateOf,
  gateOf,
  manifest,
  path,
  policy,
  READ,
  told,
} from "./fixtures.ts";

const V1 = "1a".repeat(32);
const V2 = "2b".repeat(32);
const plugin = (changes: Partial<ToolManifest> = {}): ToolManifest => ({
  ...manifest("acme.greet", PLUGIN_ACTION, { risk: 0.1 }, true, []),
  version: "1.0.0",
  folders: [],
  ...changes,
});
const inFolder = (access: "read-only" | "read-write", resources = [path("path", "tool.fs.read")]): ToolManifest =>
  plugin({ filesystem: access, folders: [{ path: "docs", access }], resources });
const learnt = (tool: ToolManifest, changes: Parameters<typeof GateOf>[0] = {}, module = V1) => {
  const gate = gateOf(changes);
  assert.is(gate.learn(tool, module), undefined);
  return gate;
};

test("a tool is decided on from when it is learnt until it is forgotten, and what ships is neither replaced nor forgotten", () => {
  const gate = gateOf();
  const tool = plugin();
  assert.is(told(decide(gate, tool, {})), "permission-denied");
  assert.is(gate.learn(tool, V1), undefined);
  const permitted = decide(gate, tool, {});
  assert.is(told(permitted), "permit");
  if (permitted.kind === "permit") assert.equal([permitted.permit.module, permitted.permit.authority.roots], [V1, []]);
  gate.forget(tool.name);
  assert.is(told(decide(gate, tool, {})), "permission-denied");
  assert.ok(gate.learn({ ...READ, version: "1.0.0" }, V1) !== undefined);
  gate.forget(READ.name);
  assert.is(told(decide(gate, READ, { path: "a.txt" })), "permit");
});

test("an action that no policy can know is refused, as are figures that are none", () => {
  const gate = gateOf();
  for (const odd of [
    plugin({ action: "tool.acme.greet" }),
    plugin({ resources: [path("path", "tool.acme.read")] }),
    plugin({ resources: [{ argument: "x", kind: "topic", actions: ["tool.fs.read"] }] }),
    plugin({ effect: { ...plugin().effect, risk: Number.NaN } }),
    plugin({ limits: { ...plugin().limits, fuel: -1 } }),
  ]) {
    assert.ok(gate.learn(odd, V1) !== undefined, JSON.stringify(odd));
    assert.is(told(decide(gate, odd, {})), "permission-denied");
  }
});

test("a manifest that is not the one that was learnt last is not decided on", () => {
  const first = plugin();
  const gate = learnt(first);
  assert.is(gate.learn(plugin({ version: "1.1.0" }), V2), undefined);
  assert.is(told(decide(gate, first, {})), "permission-denied");
});

test("policy decides on the tool and on its folder, whatever a call says", () => {
  const tool = inFolder("read-only");
  const never = 'forbid (principal, action, resource) when { context.tool like "acme.*" };';
  for (const [text, expected] of [
    ["permit (principal, action, resource);", "permit"],
    [`permit (principal, action == Action::"tool.fs.read", resource);`, "governance-denied"],
    [`permit (principal, action == Action::"${PLUGIN_ACTION}", resource);`, "governance-denied"],
    [
      `permit (principal, action, resource); forbid (principal, action, resource in Path::"/w/docs");`,
      "governance-denied",
    ],
    [`permit (principal, action, resource); ${never}`, "governance-denied"],
  ] as const) {
    assert.is(told(decide(learnt(tool, policy(text)), tool, {})), expected, text);
  }
});

test("the permit holds the folder and no other root, never more than the caller's", () => {
  const tool = inFolder("read-only");
  const gate = learnt(tool, { policies: [ALLOW_ALL] });
  const permitted = decide(gate, tool, { path: "a.txt" });
  assert.is(permitted.kind, "permit");
  if (permitted.kind === "permit") {
    assert.equal(
      permitted.permit.authority.roots.map(({ guestPath, hostPath, access }) => [guestPath, hostPath, access]),
      [["/w/docs", "/real/w/docs", "read-only"]],
    );
  }
  for (const outside of ["../b.txt", "/w/b.txt", "/w/docs2/a", "/etc/hosts"]) {
    assert.is(told(decide(gate, tool, { path: outside })), "permission-denied", outside);
  }
  const writes = inFolder("read-write");
  const writing = { ...writes, annotations: { ...writes.annotations, readOnlyHint: false } };
  const both = learnt(writing, { policies: [ALLOW_ALL] });
  assert.is(told(decide(both, writing, {})), "permit");
  const elsewhere = agent({ roots: [{ path: "/w/other", access: "read-write" }] });
  assert.is(
    told(decide(gate, tool, {}, { principal: elsewhere })),
    "permission-denied",
    "an agent that does not hold the folder",
  );
  const above = agent({ roots: [{ path: "/w", access: "read-only" }] });
  assert.is(told(decide(gate, tool, {}, { principal: above })), "permit");
  assert.is(
    told(decide(both, writing, {}, { principal: above })),
    "permission-denied",
    "a folder that it may only read",
  );
});

test("an approval of one version is none of the next", () => {
  const first = plugin({
    annotations: { ...plugin().annotations, readOnlyHint: false },
    effect: { ...plugin().effect, risk: 1 },
  });
  const gate = learnt(first, { policies: [ALLOW_ALL] });
  const asked = decide(gate, first, {});
  assert.is(asked.kind, "defer");
  if (asked.kind !== "defer") return;
  const approval = { token: asked.deferral.token, answer: "accept" } as const;
  const next = { ...first, version: "1.1.0" };
  gate.learn(next, V2);
  assert.is(told(decide(gate, next, {}, { approval })), "approval-invalid");
  gate.learn(first, V1);
  assert.is(told(decide(gate, first, {}, { approval })), "permit");
});

test.run();
