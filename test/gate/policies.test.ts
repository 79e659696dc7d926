import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CEDAR_VERSION, cedar } from "../../src/gate/cedar.ts";
import { openGate, prepareGate } from "../../src/gate/gate.ts";
import { checkPolicies } from "../../src/gate/policies.ts";
import { formatProblem } from "../../src/gate/problem.ts";
import {
  ALLOW_ALL,
  DEFAULT_POLICY,
  decide,
  gateOf,
  MANIFESTS,
  options,
  policy,
  READ,
  ROOT,
  told,
  ZERO,
} from "./fixtures.ts";

const test = suite("gate/policies");
const lines = (text: string) => checkPolicies([{ name: "p.cedar", text }], MANIFESTS).map(formatProblem);

test("the pinned Cedar is the one that is installed", () => assert.is(cedar().getCedarVersion(), CEDAR_VERSION));
test("the default policy has no problem", () => assert.equal(checkPolicies([DEFAULT_POLICY], MANIFESTS), []));

const REFUSED: readonly [string, string, RegExp][] = [
  ["a parse error", "// ü\npermit (principal, action, resource", /^p\.cedar:2:36: .*unexpected end of input/],
  [
    "an unknown action",
    'permit (principal,\n  action == Action::"tool.fs.raed", resource);',
    /^p\.cedar:2:13: .*tool\.fs\.raed.*did you mean/,
  ],
  [
    "an unknown attribute",
    'permit (principal, action, resource) when { context.tol == "x" };',
    /^p\.cedar:1:45: attribute `tol`.*did you mean `tool`/,
  ],
  ["an unknown dimension", "permit (principal, action, resource) when { context.effect.luck < 3 };", /luck/],
  [
    "an unknown type",
    "permit (principal is Clint, action, resource);",
    /^p\.cedar:1:22: unrecognized entity type `Clint`/,
  ],
  [
    "an optional attribute without a guard",
    "permit (principal, action, resource) when { context.recursive };",
    /unable to guarantee safety.*recursive/,
  ],
  [
    "a comparison of types that never match",
    'permit (principal, action, resource) when { context.effect.risk == "high" };',
    /^p\.cedar:1:\d+: /,
  ],
  [
    "a number that is no Long",
    "permit (principal, action, resource) when { context.effect.risk < 0.5 };",
    /^p\.cedar:1:\d+: /,
  ],
  ["a policy that can never apply", "forbid (principal, action, resource) when { false };", /impossible/],
  ["a group as if it were an action", 'permit (principal, action == Action::"tool.fs", resource);', /^p\.cedar:1:1: /],
  [
    "a hidden bidirectional control",
    'permit (principal, action, resource) when { context.tool == "a\u202eb" };',
    /^p\.cedar:1:\d+: .*BIDI/,
  ],
  ["a template", "permit (principal == ?principal, action, resource);", /template/],
  ["an empty source", "", /holds no policy/],
  ["a source of comments", "// permit (principal, action, resource);\n", /holds no policy/],
  [
    "an unknown decision",
    '@decision("ask") forbid (principal, action, resource);',
    /^p\.cedar:1:1: unknown decision "ask"/,
  ],
  [
    "a deferring permit",
    '\n@decision("defer") permit (principal, action, resource);',
    /^p\.cedar:2:1: .*stands on a permit/,
  ],
  [
    "an annotation with a typo",
    '@decison("defer") forbid (principal, action, resource);',
    /unknown annotation @decison: known are @decision/,
  ],
  ["the same annotation twice", '@id("a") @id("b") permit (principal, action, resource);', /duplicate annotation/],
  [
    "the same id twice",
    '@id("a") permit (principal, action, resource);\n@id("a") forbid (principal, action, resource);',
    /^p\.cedar:2:1: the id a is used twice/,
  ],
  ["an id that forges a line", '@id("a\\nb") permit (principal, action, resource);', /@id is not/],
  [
    "brackets beyond the bound",
    `permit (principal, action, resource) when { ${"(".repeat(5000)}true${")".repeat(5000)} };`,
    /nest deeper than/,
  ],
  ["a text beyond the bound", `// ${"x".repeat(300_000)}`, /longer than/],
  [
    "a chain that exhausts Cedar's stack",
    `permit (principal, action, resource) when { ${"if true then true else ".repeat(8000)}true };`,
    /^p\.cedar:1:1: cedar cannot evaluate/,
  ],
  [
    "a path that can never match",
    '\nforbid (principal, action, resource in Path::"/w/secret/");',
    /^p\.cedar:2:1: Path::"\/w\/secret\/" never matches: write it absolute, as "\/w\/secret"$/,
  ],
  ["a relative path", 'forbid (principal, action, resource) when { resource == Path::"a/../b" };', /as "\/b"$/],
];
for (const [name, text, expected] of REFUSED) {
  test(`${name} stops the start and says where`, () => {
    const found = lines(text);
    assert.ok(found.length > 0, "no problem was found");
    assert.match(found[0] as string, expected);
    assert.not.match(found.join(""), /[\n\u202e]/);
    const opened = openGate(options(policy(text)));
    assert.is(opened.ok, false);
    if (!opened.ok) assert.is(opened.fault.code, "policy-invalid");
  });
}

test("Cedar works again after a policy broke its stack", () => {
  lines(`permit (principal, action, resource) when { ${"if true then true else ".repeat(8000)}true };`);
  const gate = gateOf();
  assert.is(told(decide(gate, READ, { path: "a" })), "permit");
});
test("a gate goes on deciding after another's policies broke Cedar", () => {
  const gate = gateOf();
  lines(`permit (principal, action, resource) when { ${"if true then true else ".repeat(8000)}true };`);
  assert.is(told(decide(gate, READ, { path: "b/c" })), "permit");
});
test("every problem is reported, each where it is", () => {
  const found = lines(
    'permit (principal, action == Action::"x", resource);\n\npermit (principal is Y, action, resource);',
  );
  assert.is(found.length, 2);
  assert.match(found[0] as string, /^p\.cedar:1:/);
  assert.match(found[1] as string, /^p\.cedar:3:/);
});
test("columns count characters, not bytes", () => {
  assert.match(lines("/*😀ü*/ permit (principal, action, resource);")[0] ?? "", /^p\.cedar:1:3: /);
  assert.match(lines('@description("😀ü") permit (principal is Y, action, resource);')[0] ?? "", /^p\.cedar:1:41: /);
});
test("twelve policies keep their order in names that they did not choose", () => {
  const text = Array.from(
    { length: 12 },
    (_, i) => `permit (principal, action, resource) when { context.effect.score < ${i + 1} };`,
  ).join("\n");
  const gate = gateOf({ ...policy(text), manifests: [{ ...READ, effect: { ...ZERO, risk: 0.0105 } }] });
  const decision = gate.decide(
    {
      principal: { kind: "client", id: "s" },
      tool: READ.name,
      args: { path: "a" },
      signal: new AbortController().signal,
      canAsk: false,
    },
    READ,
    { targets: {} },
  );
  assert.equal(decision.record.rules, ["environment:development", "test.cedar#12"]);
});
test("no policies at all stop the start", () => assert.is(openGate(options({ policies: [] })).ok, false));
test("sources hold together, and one bad one stops the start", () => {
  const bad = { name: "bad.cedar", text: "permit" };
  const opened = openGate(options({ policies: [ALLOW_ALL, bad] }));
  assert.ok(!opened.ok && opened.fault.message.startsWith("bad.cedar:1:"));
});

test("a digest that passed before opens without a check, and any change is checked again", () => {
  const known = new Set<string>();
  assert.ok(prepareGate(options(), known).ok);
  assert.is(known.size, 1);
  assert.ok(prepareGate(options(), known).ok);
  assert.is(known.size, 1);
  const changed = policy(`${DEFAULT_POLICY.text} permit (principal, action == Action::"nope", resource);`);
  assert.not.ok(prepareGate(options(changed), known).ok);
  assert.not.ok(prepareGate(options({ manifests: [READ] }), known).ok, "other tools, other schema");
  assert.is(known.size, 1);
});
test("a digest that vouches for bad policies permits nothing", () => {
  const opened = prepareGate(options(policy("permit (principal, action, resource) when { context.nope };")), {
    has: () => true,
    add: () => {},
  });
  assert.ok(opened.ok);
  if (opened.ok) assert.is(told(decide(opened.gate, READ, { path: "a" })), "governance-denied");
});
test("warming up changes no decision", async () => {
  const opened = prepareGate(options(), { has: () => true, add: () => {} });
  assert.ok(opened.ok);
  if (!opened.ok) return;
  await opened.gate.warm();
  assert.is(told(decide(opened.gate, READ, { path: "a" })), "permit");
});

const BAD_OPTIONS: readonly [string, object, RegExp][] = [
  ["an unknown environment", { environment: "prod" }, /unknown environment "prod"/],
  ["a threshold for an unknown class", { thresholds: { prod: 1 } }, /unknown environment "prod"/],
  ["a threshold that is NaN", { thresholds: { development: Number.NaN } }, /threshold of development/],
  ["a negative threshold", { thresholds: { staging: -1 } }, /threshold of staging/],
  ["an infinite threshold", { thresholds: { staging: Number.POSITIVE_INFINITY } }, /threshold of staging/],
  ["a threshold above every score", { thresholds: { staging: 2.3 } }, /threshold of staging/],
  ["a threshold that is text", { thresholds: { staging: "1" } }, /threshold of staging/],
  ["a relative root", { roots: [{ ...ROOT, guestPath: "w" }] }, /root "w"/],
  ["a root that is not in normal form", { roots: [{ ...ROOT, guestPath: "/w/../x" }] }, /root/],
  ["a ceiling of zero", { ceilings: { fuel: 0, memoryBytes: 1, deadlineMs: 1, outputBytes: 1 } }, /ceiling fuel/],
  ["a limit of a tool that is NaN", { toolLimits: { "a.b": { fuel: Number.NaN } } }, /limit fuel of "a\.b"/],
  ["a tool twice", { manifests: [READ, READ] }, /given twice/],
  ["an effect with an extra key", { manifests: [{ ...READ, effect: { ...ZERO, luck: 1 } }] }, /unknown dimension luck/],
  ["an effect that is NaN", { manifests: [{ ...READ, effect: { ...ZERO, risk: Number.NaN } }] }, /effect risk/],
  ["an action that is no dotted name", { manifests: [{ ...READ, action: "Read" }] }, /gate action/],
  ["an unknown filesystem need", { manifests: [{ ...READ, filesystem: "all" }] }, /filesystem need/],
  [
    "a path that nothing decides",
    { manifests: [{ ...READ, resources: [{ argument: "path", kind: "path", actions: [] }] }] },
    /decided by no action/,
  ],
];
for (const [name, changes, expected] of BAD_OPTIONS) {
  test(`${name} stops the start`, () => {
    const opened = openGate(options(changes));
    assert.ok(!opened.ok);
    if (opened.ok) return;
    assert.is(opened.fault.code, "configuration-invalid");
    assert.match(opened.fault.message, expected);
  });
}

test.run();
