import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Decision, Environment } from "../../src/contract/decision.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import { DEFAULT_LIMITS } from "../../src/contract/limits.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import { createPermitOffice, type RootGrant } from "../../src/contract/permit.ts";
import type { CallFacts } from "../../src/gate/gate.ts";
import { below, placeInRoots } from "../../src/gate/paths.ts";
import {
  ALLOW_ALL,
  COPY,
  call,
  decide,
  gateOf,
  LIST,
  MANIFESTS,
  MODULE,
  PING,
  policy,
  READ,
  REMOVE,
  ROOT,
  told,
  WRITE,
  ZERO,
} from "./fixtures.ts";

const test = suite("gate/decide");
const NEW = { path: { kind: "missing" } } as const;
const FILE = { path: { kind: "file" } } as const;

const standard = gateOf();
const BY_DEFAULT: readonly [string, ToolManifest, JsonObject, CallFacts["targets"], string, string][] = [
  ["a read inside is permitted", READ, { path: "a.txt" }, {}, "permit", "environment"],
  ["a read of an absolute path inside is permitted", READ, { path: "/w/d/a.txt" }, {}, "permit", "environment"],
  ["a read outside is refused", READ, { path: "/etc/passwd" }, {}, "permission-denied", "capability"],
  ["a look-alike of a root is refused", READ, { path: "/w-evil/a" }, {}, "permission-denied", "capability"],
  ["a climb out is refused", READ, { path: "a/../../etc" }, {}, "permission-denied", "capability"],
  ["a path that is no text is refused", READ, { path: 7 }, {}, "permission-denied", "capability"],
  ["a default stands for an absent path", LIST, { pattern: "*" }, {}, "permit", "environment"],
  ["a new file is permitted", WRITE, { path: "a.txt", content: "x" }, NEW, "permit", "environment"],
  ["an overwrite is permitted", WRITE, { path: "a.txt", content: "x" }, FILE, "permit", "environment"],
  ["a copy out is refused", COPY, { src: "a", dst: "/tmp/a" }, {}, "permission-denied", "capability"],
  ["a copy in is refused", COPY, { src: "/tmp/a", dst: "a" }, {}, "permission-denied", "capability"],
  ["a removal asks a person", REMOVE, { path: "a.txt" }, {}, "defer", "governance"],
  ["writing the configuration asks a person", WRITE, { path: "tollgate.json" }, NEW, "defer", "environment"],
  ["an overwrite of .env comes with a warning or a question", WRITE, { path: ".env" }, NEW, "warn", "environment"],
  ["what no policy speaks of is refused", PING, {}, {}, "governance-denied", "governance"],
];
for (const [name, tool, args, targets, answer, layer] of BY_DEFAULT) {
  test(`by default ${name}`, () => {
    const decision = decide(standard, tool, args, {}, targets);
    assert.is(told(decision), answer);
    assert.is(decision.record.layer, layer);
    assert.ok(decision.record.reasons.length > 0, "no reason is given");
    assert.is(decision.record.policyDigest, standard.policyDigest);
    if (decision.kind === "deny") assert.match(decision.fault.message, /^[a-z].*[^.]$/);
  });
}

test("by default staging and production permit nothing", () => {
  for (const environment of ["staging", "production"] as const) {
    const gate = gateOf({ environment });
    for (const [tool, args] of [
      [READ, { path: "a" }],
      [WRITE, { path: "a" }],
      [REMOVE, { path: "a" }],
    ] as const) {
      assert.is(told(decide(gate, tool, args)), "governance-denied");
    }
  }
});

const CASES: readonly [Environment, number, boolean, string][] = [
  ["development", 0.9, true, "warn"],
  ["development", 0.900001, true, "defer"],
  ["development", 0.900001, false, "approval-required"],
  ["development", 0.6, true, "permit"],
  ["staging", 0.6, true, "warn"],
  ["staging", 0.600001, true, "defer"],
  ["production", 0.15, true, "warn"],
  ["production", 0.150001, true, "defer"],
  ["production", 0.1, true, "permit"],
];
for (const [environment, risk, canAsk, answer] of CASES) {
  test(`a score of ${risk} in ${environment} is ${answer}`, () => {
    const tool = { ...READ, effect: { ...ZERO, risk } };
    const gate = gateOf({ environment, policies: [ALLOW_ALL], manifests: [tool] });
    assert.is(told(decide(gate, tool, { path: "a" }, { canAsk })), answer);
  });
}
test("a threshold of the operator's own takes the place of the usual one", () => {
  const gate = gateOf({ thresholds: { development: 0.05 } });
  const decision = decide(gate, READ, { path: "a" }, { canAsk: false });
  assert.is(told(decision), "approval-required");
  assert.is(decision.record.effect?.threshold, 0.05);
});
test("sudo lifts the environment layer, says so, and lifts nothing else", () => {
  const gate = gateOf({ sudo: true });
  const lifted = decide(gate, WRITE, { path: "tollgate.json" }, { canAsk: false }, NEW);
  assert.is(told(lifted), "warn");
  assert.ok(lifted.record.rules.includes("sudo"));
  assert.match(lifted.record.reasons.join(), /sudo lifts the threshold/);
  assert.is(told(decide(gate, PING, {})), "governance-denied");
  assert.is(told(decide(gate, REMOVE, { path: "a" })), "defer");
  assert.is(told(decide(gate, READ, { path: "/etc" })), "permission-denied");
  assert.is.not(gate.policyDigest, standard.policyDigest);
});

const read = (text: string, path = "src/a.txt") => decide(gateOf(policy(text)), READ, { path });
const GOVERNED: readonly [string, string, string, string][] = [
  [
    "a permit on a directory holds below it",
    'permit (principal, action, resource in Path::"/w/src");',
    "src/d/a.txt",
    "permit",
  ],
  [
    "a permit on a directory holds on itself",
    'permit (principal, action, resource in Path::"/w/src");',
    "src",
    "permit",
  ],
  [
    "a permit on a directory holds not beside it",
    'permit (principal, action, resource in Path::"/w/src");',
    "src-old/a",
    "governance-denied",
  ],
  [
    "a permit on one path holds on it alone",
    'permit (principal, action, resource == Path::"/w/a");',
    "a/b",
    "governance-denied",
  ],
  [
    "a forbid beats a permit",
    'permit (principal, action, resource); forbid (principal, action, resource in Path::"/w/src");',
    "src/a",
    "governance-denied",
  ],
  [
    "attributes of a path are there",
    'permit (principal, action, resource is Path) when { resource.name == "a.txt" && resource.extension == "txt" && resource.root == "/w" && resource.relative == "src/a.txt" };',
    "src/a.txt",
    "permit",
  ],
  [
    "a dot-file has no extension",
    'permit (principal, action, resource is Path) when { resource.extension == "" };',
    ".env",
    "permit",
  ],
  ["a group of actions holds", 'permit (principal, action in Action::"tool.fs", resource);', "a", "permit"],
  ["another principal is another", "permit (principal is Agent, action, resource);", "a", "governance-denied"],
  ["a principal is known by its id", 'permit (principal == Client::"stdio", action, resource);', "a", "permit"],
  ["the tool is known", 'permit (principal, action, resource) when { context.tool == "fs.read_file" };', "a", "permit"],
  [
    "the effect is known, in thousandths rounded up",
    "permit (principal, action, resource) when { context.effect.risk == 100 && context.effect.score == 510 };",
    ".env",
    "permit",
  ],
  [
    "a policy that errors denies, though another permits",
    "permit (principal, action, resource); permit (principal, action, resource) when { context.effect.score * 9223372036854775807 > 1 };",
    "a",
    "governance-denied",
  ],
  [
    "a forbid that errors denies",
    "permit (principal, action, resource); forbid (principal, action, resource) when { context.effect.risk + 9223372036854775807 > 0 };",
    "a",
    "governance-denied",
  ],
  [
    "a deferring forbid asks",
    '@decision("defer") forbid (principal, action, resource); permit (principal, action, resource);',
    "a",
    "defer",
  ],
  [
    "a deferring forbid asks nobody where nothing permits",
    '@decision("defer") forbid (principal, action, resource); permit (principal is Agent, action, resource);',
    "a",
    "governance-denied",
  ],
  [
    "a plain forbid beside a deferring one refuses",
    '@decision("defer") forbid (principal, action, resource); forbid (principal, action, resource); permit (principal, action, resource);',
    "a",
    "governance-denied",
  ],
  [
    "an error beside a deferring forbid refuses",
    '@decision("defer") forbid (principal, action, resource); permit (principal, action, resource) unless { context.effect.risk * 9223372036854775807 > 1 };',
    "a",
    "governance-denied",
  ],
];
for (const [name, text, path, answer] of GOVERNED) test(name, () => assert.is(told(read(text, path)), answer));

test("rules are named by @id, and an error names the policy", () => {
  assert.equal(read('@id("no-src") forbid (principal, action, resource);').record.rules, ["no-src"]);
  const failed = read(
    '@id("sum") permit (principal, action, resource) when { context.effect.risk * 9223372036854775807 > 1 };',
  );
  assert.match(
    failed.record.reasons[0] ?? "",
    /^policy sum could not be evaluated for tool\.fs\.read on \/w\/src\/a\.txt: .*overflow/,
  );
  assert.match(read("forbid (principal, action, resource);").record.rules.join(), /^test\.cedar#1$/);
  assert.match(
    read("permit (principal is Agent, action, resource);").record.reasons[0] ?? "",
    /^no policy permits tool\.fs\.read on \/w\/src\/a\.txt/,
  );
});
test("every action on every resource must be permitted", () => {
  const text =
    'permit (principal, action == Action::"tool.fs.read", resource); permit (principal, action == Action::"tool.fs.write", resource in Path::"/w/out");';
  const gate = gateOf(policy(text));
  const targets = { dst: { kind: "missing" } } as const;
  assert.is(told(decide(gate, COPY, { src: "a", dst: "out/a" }, {}, targets)), "permit");
  assert.is(told(decide(gate, COPY, { src: "out/a", dst: "a" }, {}, targets)), "governance-denied");
});
test("facts and flags reach the policies", () => {
  const text = `permit (principal, action, resource);
    forbid (principal, action, resource) when { context has overwrites && context.overwrites };
    forbid (principal, action, resource) when { context has append && context.append };
    forbid (principal, action, resource) when { context has contentBytes && context.contentBytes > 4 };`;
  const gate = gateOf(policy(text));
  assert.is(told(decide(gate, WRITE, { path: "a", content: "1234" }, {}, NEW)), "permit");
  assert.is(told(decide(gate, WRITE, { path: "a", content: "12345" }, {}, NEW)), "governance-denied");
  assert.is(told(decide(gate, WRITE, { path: "a", content: "éé1" }, {}, NEW)), "governance-denied");
  assert.is(told(decide(gate, WRITE, { path: "a", content: "1" }, {}, FILE)), "governance-denied");
  assert.is(told(decide(gate, WRITE, { path: "a", content: "1" })), "governance-denied");
  assert.is(told(decide(gate, WRITE, { path: "a", content: "1", append: true }, {}, NEW)), "governance-denied");
});
test("a tool that names no path is decided on itself", () => {
  const gate = gateOf(policy('permit (principal, action == Action::"tool.test.ping", resource == Tool::"test.ping");'));
  assert.is(told(decide(gate, PING, {})), "permit");
  assert.is(told(decide(gate, READ, { path: "a" })), "governance-denied");
});

test("what the operator says of one tool's limits raises and lowers them, within the ceilings, and touches no other tool", () => {
  const limitsOf = (decision: Decision) => (decision.kind === "permit" ? decision.permit.authority.limits : decision);
  const gate = gateOf({
    ceilings: { ...DEFAULT_LIMITS, fuel: 5_000_000 },
    toolLimits: { [READ.name]: { fuel: 2_000_000, deadlineMs: 7, outputBytes: DEFAULT_LIMITS.outputBytes + 1 } },
  });
  assert.equal(limitsOf(decide(gate, READ, { path: "a" })), { ...DEFAULT_LIMITS, fuel: 2_000_000, deadlineMs: 7 });
  assert.equal(limitsOf(decide(gate, LIST, { pattern: "*" })), DEFAULT_LIMITS);
});

test("a permit carries the pinned module, narrowed roots and lowered limits, and no more", () => {
  const gate = gateOf({ ceilings: { ...DEFAULT_LIMITS, fuel: 500 } });
  const reading = decide(gate, READ, { path: "a" });
  assert.ok(reading.kind === "permit");
  if (reading.kind !== "permit") return;
  assert.is(reading.permit.module, MODULE);
  assert.equal(reading.permit.authority, {
    roots: [{ ...ROOT, access: "read-only" }],
    hostCalls: [],
    streams: ["stdin", "stdout", "stderr"],
    clock: false,
    random: false,
    args: [],
    env: {},
    limits: { ...DEFAULT_LIMITS, fuel: 500 },
  });
  const access = (decision: ReturnType<typeof decide>) =>
    decision.kind === "permit" ? decision.permit.authority.roots[0]?.access : decision.kind;
  assert.is(access(decide(gate, WRITE, { path: "a" }, {}, NEW)), "read-write");
  const narrow = gateOf({ roots: [{ ...ROOT, access: "read-only" }] });
  assert.is(access(decide(narrow, WRITE, { path: "a" }, {}, NEW)), "read-only");
  const pinging = decide(gateOf({ policies: [ALLOW_ALL] }), PING, {});
  assert.ok(pinging.kind === "permit" && pinging.permit.authority.roots.length === 0);
});
test("each decision mints a permit of its own", () => {
  const office = createPermitOffice();
  const gate = gateOf({ mint: office.mint });
  const [one, two] = [decide(gate, READ, { path: "a" }), decide(gate, READ, { path: "a" })];
  assert.ok(one.kind === "permit" && two.kind === "permit" && one.permit !== two.permit);
  if (one.kind === "permit" && two.kind === "permit") {
    assert.ok(office.redeem(one.permit) && office.redeem(two.permit));
    assert.not.ok(office.redeem(one.permit));
  }
});

test("no roots grant nothing, and the refusal lists the roots there are", () => {
  const none = decide(gateOf({ roots: [] }), READ, { path: "/" });
  assert.is(told(none), "permission-denied");
  const roots: RootGrant[] = [ROOT, { ...ROOT, guestPath: "/data\u202e" }];
  const listed = decide(gateOf({ roots }), READ, { path: "/x\u001b[2J" });
  assert.ok(listed.kind === "deny");
  if (listed.kind !== "deny") return;
  assert.match(listed.fault.message, /outside the roots: use a path inside \/w, \/data\\u\{202e\}$/);
  assert.match(listed.fault.message, /\/x\\u\{1b\}\[2J/);
});
test("a tool that this gate does not know is refused, also under a known one's manifest", () => {
  const stranger = { ...READ, name: "fs.other" };
  assert.is(told(decide(standard, stranger, { path: "a" })), "permission-denied");
  assert.is(
    told(standard.decide({ ...call(READ, { path: "a" }), tool: "fs.remove" }, READ, { targets: {} })),
    "permission-denied",
  );
});
test("the gate goes by its own copy of a manifest, not by the one that is handed in", () => {
  const forged = { ...REMOVE, action: "tool.fs.read", resources: [], effect: ZERO };
  assert.is(told(decide(standard, forged, { path: "/etc" })), "permission-denied");
});
test("a module that is not pinned is refused", () => {
  assert.is(told(decide(gateOf({ moduleHash: () => "" }), READ, { path: "a" })), "permission-denied");
});
test("a principal of an unknown kind is refused", () => {
  const principal = { kind: "root" as "client", id: "x" };
  assert.is(told(decide(gateOf({ policies: [ALLOW_ALL] }), READ, { path: "a" }, { principal })), "governance-denied");
});
test("what a client claims of itself decides nothing", () => {
  const gate = gateOf(policy('permit (principal == Client::"admin", action, resource);'));
  const principal = { kind: "client", id: "stdio", claimed: { name: "admin", version: "1" } } as const;
  assert.is(told(decide(gate, READ, { path: "a" }, { principal })), "governance-denied");
});
test("only tools that change something are asked about, and only where they write", () => {
  assert.equal(standard.needsFacts(READ), []);
  assert.equal(standard.needsFacts(WRITE), ["path"]);
  assert.equal(standard.needsFacts(COPY), ["dst"]);
  assert.equal(standard.needsFacts({ ...WRITE, name: "fs.unknown" }), []);
  assert.equal(standard.mostOf(READ)?.limits, READ.limits);
  assert.is(standard.mostOf({ ...READ, name: "fs.unknown" }), undefined);
});
test("at most eight resources are recorded, none longer than 512 characters", () => {
  const many = {
    ...READ,
    resources: Array.from({ length: 12 }, (_, i) => ({
      argument: `p${i}`,
      kind: "path" as const,
      actions: ["tool.fs.read"],
    })),
  };
  const gate = gateOf({ manifests: [many], policies: [ALLOW_ALL] });
  const args = Object.fromEntries(many.resources.map(({ argument }) => [argument, `${argument}/${"x".repeat(600)}`]));
  const { resources } = decide(gate, many, args).record;
  assert.is(resources.length, 8);
  assert.ok(resources.every((resource) => [...resource].length <= 512));
});

const policiesToCompare = [
  'permit (principal, action, resource in Path::"/w/a"); forbid (principal, action, resource == Path::"/w/a/b");',
  'permit (principal, action, resource); forbid (principal, action, resource) when { resource in [Path::"/w/a/b", Path::"/w/c"] };',
  'permit (principal, action, resource is Path in Path::"/w/a"); @decision("defer") forbid (principal, action, resource in Path::"/w/a/c");',
  'permit (principal, action, resource is Path) when { resource.relative like "a*" || resource.root == "/w/c" };',
];
test("property: what the gate remembers is what it would say anew", () => {
  const roots = [ROOT, { ...ROOT, guestPath: "/w/c", hostPath: "/w/c" }];
  const remembering = policiesToCompare.map((text) => gateOf({ ...policy(text), roots }));
  const part = fc.constantFrom("a", "b", "c", "ab");
  const paths = fc.array(
    fc.array(part, { maxLength: 4 }).map((parts) => `/w/${parts.join("/")}`),
    { minLength: 30, maxLength: 60 },
  );
  fc.assert(
    fc.property(fc.nat(policiesToCompare.length - 1), paths, (which, all) => {
      const text = policiesToCompare[which] as string;
      for (const path of all) {
        const relative = path.replace(/\/+$/, "");
        const at = (directory: string) => relative === directory || relative.startsWith(`${directory}/`);
        const expected = [
          at("/w/a") && relative !== "/w/a/b" ? "permit" : "governance-denied",
          at("/w/a/b") || at("/w/c") ? "governance-denied" : "permit",
          at("/w/a/c") ? "defer" : at("/w/a") ? "permit" : "governance-denied",
          at("/w/c") || (relative.startsWith("/w/a") && !at("/w/c")) ? "permit" : "governance-denied",
        ][which];
        assert.is(
          told(decide(remembering[which] as (typeof remembering)[number], READ, { path })),
          expected,
          `${text} ${path}`,
        );
      }
    }),
    { numRuns: 40 },
  );
});

const component = fc.oneof(
  fc.constantFrom("..", ".", "", "w", "w-evil", "real", "etc", "a"),
  fc.string({ unit: "binary" }),
);
const anyPath = fc
  .tuple(fc.constantFrom("", "/", "//", "/w", "/w/"), fc.array(component))
  .map(([head, parts]) => head + parts.join("/"));
test("property: no path outside the roots is ever permitted, or asked about", () => {
  const gate = gateOf({ policies: [ALLOW_ALL] });
  let inside = 0;
  fc.assert(
    fc.property(fc.constantFrom(READ, LIST, WRITE, REMOVE, COPY), anyPath, anyPath, (tool, one, two) => {
      const args = { path: one, base_dir: one, src: one, dst: two };
      const decision = decide(gate, tool, args);
      if (decision.kind === "deny") return;
      inside++;
      for (const { argument } of tool.resources) {
        const place = placeInRoots([ROOT], args[argument as keyof typeof args]);
        assert.ok(place !== undefined && below("/w", place.path) !== undefined);
      }
    }),
    { numRuns: 400 },
  );
  assert.ok(inside > 10, `only ${inside} calls were not refused`);
});
test("property: a decision never throws, whatever the arguments are", () => {
  const gate = gateOf({ policies: [ALLOW_ALL] });
  fc.assert(
    fc.property(
      fc.constantFrom(...MANIFESTS),
      fc.dictionary(
        fc.constantFrom("path", "src", "dst", "content", "recursive", "__proto__", "encoding"),
        fc.jsonValue(),
      ),
      (tool, args) => {
        assert.ok(decide(gate, tool, args as JsonObject).record.policyDigest.length === 64);
      },
    ),
    { numRuns: 400 },
  );
});

test.run();
