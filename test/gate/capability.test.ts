import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Call } from "../../src/contract/call.ts";
import {
  type Capabilities,
  exceeds,
  holdsTool,
  IPC_REACHES,
  isWithinPath,
  type RootCapability,
} from "../../src/contract/capabilities.ts";
import type { Decision } from "../../src/contract/decision.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import { DEFAULT_LIMITS } from "../../src/contract/limits.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import type { RootGrant } from "../../src/contract/permit.ts";
import { covers } from "../../src/contract/topic.ts";
import type { AgentRelation, CallFacts } from "../../src/gate/gate.ts";
import { withPlacedPaths } from "../../src/gate/paths.ts";
import {
  ALLOW_ALL,
  agent,
  COPY,
  CRON,
  decide,
  ENV,
  EVERYTHING,
  gateOf,
  INSPECT,
  KERNEL,
  LIST,
  MAILBOX,
  MANIFESTS,
  PING,
  policy,
  READ,
  REMOVE,
  SEND,
  STOP,
  SUBSCRIBE,
  told,
  WRITE,
} from "./fixtures.ts";

const test = suite("gate/capability");
const root = (guestPath: string, access: RootGrant["access"] = "read-write"): RootGrant => ({
  guestPath,
  hostPath: `/real${guestPath}`,
  access,
});
const manifests = [...MANIFESTS, ...KERNEL];
const ROOTS = [root("/w"), root("/data", "read-only"), root("/w/inner", "read-only")];
const open = gateOf({ policies: [ALLOW_ALL], manifests, roots: ROOTS });
const MISSING = { path: { kind: "missing" }, dst: { kind: "missing" } } as const;

const as = (capabilities: Partial<Capabilities>): Partial<Call> => ({ principal: agent(capabilities) });
const ro = (path: string): RootCapability => ({ path, access: "read-only" });
const rw = (path: string): RootCapability => ({ path, access: "read-write" });
const why = (decision: Decision): string => (decision.kind === "deny" ? decision.fault.message : told(decision));
const isPermitted = (decision: Decision): boolean => decision.kind === "permit";

const TOOLS: readonly [string, readonly string[], ToolManifest, boolean][] = [
  ["a tool that is named", ["fs.read_file"], READ, true],
  ["another tool", ["fs.read_file"], LIST, false],
  ["a tool by its prefix", ["fs.*"], READ, true],
  ["a tool by a prefix that only begins alike", ["fs.read.*", "f.*", "fs"], READ, false],
  ["a tool by everything", ["*"], READ, true],
  ["no tool", [], READ, false],
];
for (const [name, tools, tool, held] of TOOLS) {
  test(`an agent that holds ${tools.join(", ") || "nothing"} is ${held ? "given" : "refused"} ${name}`, () => {
    const decision = decide(open, tool, { path: "a" }, as({ tools }));
    assert.is(told(decision), held ? "permit" : "permission-denied");
    if (!held) {
      assert.is(decision.record.layer, "capability");
      assert.ok(why(decision).includes(`does not hold the tool ${tool.name}: it holds ${tools.join(", ") || "none"}`));
    }
  });
}
test("an agent that was given no capabilities holds nothing; a client and an operator hold all", () => {
  const told = (kind: "agent" | "client" | "operator") =>
    isPermitted(decide(open, READ, { path: "a" }, { principal: { kind, id: "x" } }));
  assert.equal([told("agent"), told("client"), told("operator")], [false, true, true]);
});
test("a client with capabilities, such as a job's owner, is held to them", () => {
  const principal = { kind: "client", id: "x", capabilities: { ...EVERYTHING, tools: ["fs.glob"] } } as const;
  assert.is(told(decide(open, READ, { path: "a" }, { principal })), "permission-denied");
});

test("a template is run for an agent whose message it handles, whatever tools that holds, and never called", () => {
  const handling = { handling: true } as const;
  assert.is(told(decide(open, MAILBOX, {}, { ...as({ tools: [] }), ...handling })), "permit");
  assert.match(why(decide(open, MAILBOX, {}, as({ tools: ["*"] }))), /is a template and cannot be called/);
  assert.is(told(decide(open, MAILBOX, {}, {})), "permission-denied");
  assert.is(told(decide(open, MAILBOX, {}, handling)), "permission-denied", "a client handles nothing");
  assert.is(
    told(decide(open, READ, { path: "a" }, { ...as({}), ...handling })),
    "permission-denied",
    "a tool handles nothing",
  );
});

const PATHS: readonly [string, readonly RootCapability[], ToolManifest, JsonObject, boolean][] = [
  ["reads in its directory", [ro("/w/sub")], READ, { path: "/w/sub/a" }, true],
  ["reads the directory itself", [ro("/w/sub")], LIST, { base_dir: "/w/sub" }, true],
  ["reads beside it", [ro("/w/sub")], READ, { path: "/w/a" }, false],
  ["reads what is only called alike", [ro("/w/sub")], READ, { path: "/w/sub-old/a" }, false],
  ["climbs out", [ro("/w/sub")], READ, { path: "../a" }, false],
  ["names a file relative to its own first root", [ro("/data"), ro("/w/sub")], READ, { path: "a" }, true],
  ["writes where it may only read", [ro("/w/sub")], WRITE, { path: "/w/sub/a" }, false],
  ["deletes where it may only read", [ro("/w/sub")], REMOVE, { path: "/w/sub/a" }, false],
  ["writes where it may", [rw("/w/sub")], WRITE, { path: "/w/sub/a" }, true],
  [
    "copies from what it reads to what it writes",
    [ro("/w/in"), rw("/w/out")],
    COPY,
    { src: "/w/in/a", dst: "/w/out/a" },
    true,
  ],
  ["copies the other way", [ro("/w/in"), rw("/w/out")], COPY, { src: "/w/out/a", dst: "/w/in/a" }, false],
  ["writes in a part that it also has for reading", [ro("/w/sub"), rw("/w")], WRITE, { path: "/w/sub/a" }, true],
  ["writes through a capability for more than the host may", [rw("/data")], WRITE, { path: "/data/a" }, false],
  ["writes in an inner root of the host that is for reading", [rw("/w")], WRITE, { path: "/w/inner/a" }, false],
  ["reads in a root of the host below what it holds", [ro("/")], READ, { path: "/data/a" }, true],
  ["reads outside of every root of the host", [rw("/")], READ, { path: "/etc/passwd" }, false],
  ["has only a directory that is not on this host", [rw("/elsewhere")], READ, { path: "/elsewhere/a" }, false],
  [
    "has only a directory that is not in normal form",
    [rw("/w/../w"), rw("w"), rw("/w/")],
    READ,
    { path: "/w/a" },
    false,
  ],
  ["has a directory in the host's own spelling", [rw("/real/w")], READ, { path: "/w/a" }, false],
  ["has no directories", [], READ, { path: "a" }, false],
];
for (const [name, roots, tool, args, permitted] of PATHS) {
  test(`an agent that ${name} is ${permitted ? "permitted" : "refused"}`, () => {
    const decision = decide(open, tool, args, { ...as({ roots }), canAsk: false }, MISSING);
    assert.is(isPermitted(decision), permitted, why(decision));
    if (decision.kind === "deny") assert.is(decision.record.layer, "capability", why(decision));
  });
}
test("a refusal lists the agent's own directories and not the host's", () => {
  const refused = decide(open, READ, { path: "/w/a" }, as({ roots: [ro("/w/sub")] }));
  assert.match(why(refused), /outside the roots: use a path inside \/w\/sub$/);
  assert.match(
    why(decide(open, WRITE, { path: "a" }, as({ roots: [ro("/w/sub"), rw("/w/out")] }))),
    /is read-only for agent bot: it may write in \/w\/out$/,
  );
});

test("a permit is narrowed to the agent's directories and limits, and a relative path is placed in its first", () => {
  const decision = decide(
    open,
    WRITE,
    { path: "a" },
    as({ roots: [rw("/w/sub/d"), ro("/w")], limits: { fuel: 500, deadlineMs: 1e9 } }),
    MISSING,
  );
  assert.ok(decision.kind === "permit", why(decision));
  if (decision.kind !== "permit") return;
  const { authority } = decision.permit;
  assert.equal(authority.roots, [
    { guestPath: "/w/sub/d", hostPath: "/real/w/sub/d", access: "read-write", inside: "/real/w" },
    { ...root("/w"), access: "read-only" },
    root("/w/inner", "read-only"),
  ]);
  assert.equal(authority.limits, { ...DEFAULT_LIMITS, fuel: 500 });
  assert.is(decision.record.resources[0], "/w/sub/d/a");
  assert.equal(withPlacedPaths(WRITE, { path: "a" }, authority.roots), { path: "/w/sub/d/a" });
});
test("a tool that reads has read-only roots, and one without files none, whatever the agent holds", () => {
  const reading = decide(open, READ, { path: "a" }, as({}));
  assert.ok(reading.kind === "permit" && reading.permit.authority.roots.every(({ access }) => access === "read-only"));
  const pinging = decide(open, PING, {}, as({}));
  assert.ok(pinging.kind === "permit" && pinging.permit.authority.roots.length === 0);
});
test("a narrow root hides nothing from policies or from the score: they see the path in the host's root", () => {
  const text = 'permit (principal, action, resource); forbid (principal, action, resource in Path::"/w/private");';
  const gate = gateOf({ ...policy(text), manifests, roots: ROOTS });
  const inner = as({ roots: [rw("/w/private/sub")] });
  assert.is(told(decide(gate, READ, { path: "a" }, inner)), "governance-denied");
  const attribute =
    'permit (principal, action, resource is Path) when { resource.root == "/w" && resource.relative like ".git/*" };';
  assert.is(
    told(decide(gateOf({ ...policy(attribute), manifests }), READ, { path: "x" }, as({ roots: [rw("/w/.git")] }))),
    "permit",
  );
  const hooks = decide(open, WRITE, { path: "pre-commit" }, as({ roots: [rw("/w/.git/hooks")] }), MISSING);
  assert.match(hooks.record.reasons.join(), /\.git\/hooks\/pre-commit is run by git/);
});

const RELATIONS: readonly AgentRelation[] = ["self", "child", "parent", "other", "missing"];
const REACHED: Readonly<Record<(typeof IPC_REACHES)[number], readonly AgentRelation[]>> = {
  none: [],
  self: ["self"],
  children: ["self", "child"],
  all: RELATIONS,
};
const agentIs = (argument: string, relation: AgentRelation): CallFacts["targets"] => ({
  [argument]: { kind: "agent", id: relation === "self" ? "bot" : "other", relation },
});
const SENDING: readonly [ToolManifest, string, JsonObject][] = [
  [SEND, "target_pid", {}],
  [SUBSCRIBE, "pid", { topic: "t" }],
  [CRON, "target_pid", {}],
];
for (const [tool, argument, args] of SENDING) {
  for (const reach of IPC_REACHES) {
    test(`${tool.name}: an agent whose messages reach ${reach} reaches ${REACHED[reach].join(", ") || "nobody"}`, () => {
      for (const relation of RELATIONS) {
        const decision = decide(
          open,
          tool,
          { ...args, [argument]: 7 },
          as({ ipc: { agents: reach, topics: ["**"] } }),
          agentIs(argument, relation),
        );
        const reached = REACHED[reach].includes(relation);
        assert.is(isPermitted(decision), reached, `${relation}: ${why(decision)}`);
        if (!reached) assert.match(why(decision), /^pid 7 is beyond the scope of agent bot: it may send to /);
      }
    });
  }
}
for (const relation of RELATIONS) {
  const below = relation === "self" || relation === "child";
  test(`an agent that may send to all ${below ? "stops" : "cannot stop"} ${relation}, and may look at it`, () => {
    assert.is(isPermitted(decide(open, STOP, { pid: 7 }, as({}), agentIs("pid", relation))), below);
    assert.is(isPermitted(decide(open, INSPECT, { pid: 7 }, as({}), agentIs("pid", relation))), true);
    assert.is(isPermitted(decide(open, STOP, { pid: 7 }, {}, agentIs("pid", relation))), true, "a client");
  });
}
for (const [name, pid] of [
  ["text", "7"],
  ["a fraction", 1.5],
  ["null", null],
  ["a list", [7]],
] as const) {
  test(`a pid that is ${name} is refused`, () => {
    assert.match(
      why(decide(open, STOP, { pid: pid as never }, {}, agentIs("pid", "child"))),
      /argument pid is not a pid/,
    );
  });
}
test("a pid of which nobody says whose it is is refused, also to a client: a rule about an agent could not be kept", () => {
  assert.match(why(decide(open, STOP, { pid: 7 })), /nobody can say whose pid 7 is/);
  assert.match(why(decide(open, STOP, { pid: 7 }, {}, { pid: { kind: "file" } })), /nobody can say whose/);
});

const TOPICS: readonly [readonly string[], string, boolean][] = [
  [[], "build", false],
  [["build"], "build", true],
  [["build"], "build.done", false],
  [["build.*"], "build.done", true],
  [["build.*"], "build", false],
  [["build.*"], "build.*", true],
  [["build.*"], "build.**", false],
  [["build.**"], "build.*", true],
  [["build.done"], "build.*", false],
  [["a", "build.**"], "build.x.y", true],
  [["**"], "anything.at.all", true],
];
for (const [topics, topic, held] of TOPICS) {
  test(`an agent with the topics ${topics.join(", ") || "none"} may ${held ? "" : "not "}use ${topic}`, () => {
    for (const tool of [SEND, SUBSCRIBE]) {
      const decision = decide(open, tool, { topic }, as({ ipc: { agents: "none", topics } }));
      assert.is(isPermitted(decision), held, why(decision));
    }
  });
}
test("an agent reads the environment variables that it was given and no other, nobody one that is not listed; a name elsewhere is none", () => {
  const given = as({ env: ["HOME"] });
  const gate = gateOf({ policies: [ALLOW_ALL], manifests });
  assert.is(told(decide(gate, ENV, { name: "HOME" }, given)), "permit");
  assert.match(
    why(decide(gate, ENV, { name: "PATH" }, given)),
    /does not hold the environment variable PATH: it holds HOME$/,
  );
  const greedy = as({ env: ["HOME", "SECRET"] });
  for (const caller of [{}, greedy]) {
    const decision = decide(gate, ENV, { name: "SECRET" }, caller);
    assert.match(why(decision), /SECRET is not one that .* may read: the operator lists those/);
    assert.equal([decision.record.verdict, decision.record.layer], ["deny", "capability"]);
  }
  assert.is(
    told(decide(gateOf({ policies: [ALLOW_ALL], manifests, envNames: undefined }), ENV, { name: "HOME" }, {})),
    "permission-denied",
  );
  assert.is(told(decide(gate, ENV, { name: "HOME" }, {})), "permit");
  assert.is(told(decide(gate, ENV, { name: "" }, given)), "permission-denied");
  assert.is(told(decide(gate, ENV, { name: "\ud800" }, {})), "permission-denied");
});

const anyPath = fc
  .array(fc.constantFrom("w", "data", "inner", "sub", "a", "sub-old", ".."), { maxLength: 4 })
  .map((parts) => `/${parts.join("/")}`);
const normalPath = fc
  .array(fc.constantFrom("w", "data", "inner", "sub", "a"), { maxLength: 3 })
  .map((parts) => `/${parts.join("/")}`);
const anyTopic = fc
  .array(fc.constantFrom("a", "b", "*", "**"), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("."));
const anyCapabilities: fc.Arbitrary<Capabilities> = fc.record({
  tools: fc.array(fc.constantFrom("*", "fs.*", "fs.read_file", "ipc.*", "agent.stop", "sys.env.get"), { maxLength: 3 }),
  roots: fc.array(
    fc.record({ path: normalPath, access: fc.constantFrom("read-only" as const, "read-write" as const) }),
    { maxLength: 3 },
  ),
  ipc: fc.record({ agents: fc.constantFrom(...IPC_REACHES), topics: fc.array(anyTopic, { maxLength: 2 }) }),
  env: fc.subarray(["HOME", "PATH"]),
  limits: fc.record({ fuel: fc.integer({ min: 1, max: 2_000_000 }) }, { requiredKeys: [] }),
  budget: fc.constant({}),
});
const anyCall = fc.record({
  tool: fc.constantFrom(...manifests),
  args: fc.record(
    {
      path: anyPath,
      src: anyPath,
      dst: anyPath,
      base_dir: fc.oneof(anyPath, fc.constant("sub")),
      topic: anyTopic,
      pid: fc.constant(7),
      target_pid: fc.constant(7),
      name: fc.constantFrom("HOME", "PATH", "OTHER"),
    },
    { requiredKeys: ["path", "src", "dst"] },
  ),
  relation: fc.constantFrom(...RELATIONS),
  handling: fc.boolean(),
});
type AnyCall = typeof anyCall extends fc.Arbitrary<infer T> ? T : never;

function decided(capabilities: Capabilities, { tool, args, relation, handling }: AnyCall): Decision {
  const targets = { ...MISSING, ...agentIs("pid", relation), ...agentIs("target_pid", relation) };
  const changes = { principal: agent(capabilities), canAsk: false, ...(handling && { handling: true as const }) };
  return decide(open, tool, args as JsonObject, changes, targets);
}

test("property: whatever is permitted is inside of the capabilities, and so is the permit", () => {
  let permitted = 0;
  fc.assert(
    fc.property(anyCapabilities, anyCall, (capabilities, asked) => {
      const decision = decided(capabilities, asked);
      if (decision.kind !== "permit") return;
      permitted++;
      const { tool, args, relation, handling } = asked;
      assert.is(tool.kind === "template", handling);
      assert.ok(handling || holdsTool(capabilities.tools, tool.name));
      const { roots, limits } = decision.permit.authority;
      const covering = (path: string, access: string) =>
        capabilities.roots.some(
          (own) => isWithinPath(own.path, path) && (access === "read-only" || own.access === "read-write"),
        ) &&
        ROOTS.some(
          (own) => isWithinPath(own.guestPath, path) && (access === "read-only" || own.access === "read-write"),
        );
      for (const { guestPath, access } of roots) assert.ok(covering(guestPath, access), `${access} ${guestPath}`);
      assert.ok(limits.fuel <= (capabilities.limits.fuel ?? DEFAULT_LIMITS.fuel));
      const placed = withPlacedPaths(tool, args as JsonObject, roots) as Record<string, string>;
      const { agents, topics } = capabilities.ipc;
      for (const { argument, kind, actions } of tool.resources) {
        const value = placed[argument];
        if (value === undefined) continue;
        if (kind === "path") {
          assert.ok(
            covering(value, actions.some((action) => !action.endsWith(".read")) ? "read-write" : "read-only"),
            value,
          );
        } else if (kind === "topic") assert.ok(topics.some((own) => covers(own, value)));
        else if (kind === "name") assert.ok(capabilities.env.includes(value));
        else if (tool === STOP) assert.ok(["self", "child"].includes(relation));
        else if (tool !== INSPECT) assert.ok(REACHED[agents].includes(relation));
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(permitted > 200, `only ${permitted} were permitted, which shows little`);
});
const FIELDS: (keyof Capabilities)[] = ["tools", "roots", "ipc", "env", "limits"];
test("property: where capabilities do not exceed others, whatever they permit the others permit", () => {
  let compared = 0;
  fc.assert(
    fc.property(anyCapabilities, anyCapabilities, fc.subarray(FIELDS), anyCall, (own, outer, same, asked) => {
      // Mostly the outer one's: two that are drawn apart hardly ever are one within the other.
      const inner = { ...own, ...Object.fromEntries(same.map((field) => [field, outer[field]])) };
      const held = exceeds(inner, outer) === undefined;
      if (!held || !isPermitted(decided(inner, asked))) return;
      // A relative path begins at another root there.
      if (asked.args.base_dir === "sub" || asked.tool === LIST) return;
      compared++;
      const decision = decided(outer, asked);
      assert.ok(isPermitted(decision), why(decision));
    }),
    { numRuns: 6000 },
  );
  assert.ok(compared > 20, `only ${compared} were compared, which shows little`);
});

test.run();
