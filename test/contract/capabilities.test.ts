import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Capabilities, exceeds, holdsTool, IPC_REACHES, isWithinPath } from "../../src/contract/capabilities.ts";
import { matchesTopic } from "../../src/contract/topic.ts";

const NONE: Capabilities = {
  tools: [],
  roots: [],
  ipc: { agents: "none", topics: [] },
  env: [],
  limits: {},
  budget: {},
};
const outer: Capabilities = {
  tools: ["fs.*", "agent.spawn"],
  roots: [
    { path: "/a", access: "read-only" },
    { path: "/a/w", access: "read-write" },
  ],
  ipc: { agents: "children", topics: ["news.**"] },
  env: ["LANG"],
  limits: { fuel: 100 },
  budget: { callsPerMinute: 10 },
};
const inside: Capabilities = { ...NONE, limits: { fuel: 100 }, budget: { callsPerMinute: 10 } };

test("a subset is none beyond: nothing, the same, and each narrower thing", () => {
  const narrower: Capabilities[] = [
    inside,
    outer,
    { ...inside, tools: ["fs.read_file", "fs.*", "fs.x.*", "agent.spawn"] },
    { ...inside, roots: [{ path: "/a", access: "read-only" }] },
    { ...inside, roots: [{ path: "/a/b", access: "read-only" }] },
    { ...inside, roots: [{ path: "/a/w/x", access: "read-write" }] },
    { ...inside, ipc: { agents: "self", topics: ["news.de", "news.*", "news.**"] } },
    { ...inside, env: ["LANG"] },
    { ...inside, limits: { fuel: 1, memoryBytes: 5 } },
    { ...inside, budget: { callsPerMinute: 1, fuelPerMinute: 5 } },
  ];
  for (const one of narrower) assert.is(exceeds(one, outer), undefined, JSON.stringify(one));
});

test("what is beyond is named", () => {
  const wider: [Partial<Capabilities>, RegExp][] = [
    [{ tools: ["*"] }, /tools \*/],
    [{ tools: ["fs.stat", "fsx.read"] }, /tools fsx\.read/],
    [{ tools: ["fs"] }, /tools fs$/],
    [{ tools: ["agent.*"] }, /tools agent\.\*/],
    [{ tools: ["agent.spawn.*"] }, /tools agent\.spawn\.\*/],
    [{ roots: [{ path: "/", access: "read-only" }] }, /read-only \/$/],
    [{ roots: [{ path: "/ab", access: "read-only" }] }, /read-only \/ab/],
    [{ roots: [{ path: "/a", access: "read-write" }] }, /read-write \/a/],
    [{ roots: [{ path: "/a/wx", access: "read-write" }] }, /read-write \/a\/wx/],
    [{ ipc: { agents: "all", topics: [] } }, /messages to all/],
    [{ ipc: { agents: "none", topics: ["news.a", "**"] } }, /topics \*\*/],
    [{ ipc: { agents: "none", topics: ["*.a"] } }, /topics \*\.a/],
    [{ env: ["LANG", "PATH"] }, /variable PATH/],
    [{ limits: {} }, /limit of no bound where fuel is 100/],
    [{ limits: { fuel: 101 } }, /limit of 101 where fuel is 100/],
    [{ budget: {} }, /budget of no bound/],
    [{ budget: { callsPerMinute: 11 } }, /budget of 11/],
  ];
  for (const [more, said] of wider) assert.match(exceeds({ ...inside, ...more }, outer) ?? "nothing", said);
});

const anyCapabilities: fc.Arbitrary<Capabilities> = fc.record({
  tools: fc.array(fc.constantFrom("*", "a.*", "a.b", "a.b.*", "a.b.c", "b", "ab.c"), { maxLength: 3 }),
  roots: fc.array(
    fc.record({
      path: fc.constantFrom("/", "/a", "/ab", "/a/b"),
      access: fc.constantFrom("read-only" as const, "read-write" as const),
    }),
    { maxLength: 2 },
  ),
  ipc: fc.record({
    agents: fc.constantFrom(...IPC_REACHES),
    topics: fc.array(fc.constantFrom("**", "*", "a", "a.*", "a.**"), { maxLength: 2 }),
  }),
  env: fc.array(fc.constantFrom("A", "B"), { maxLength: 2 }),
  limits: fc.record({ fuel: fc.integer({ min: 1, max: 3 }) }, { requiredKeys: [] }),
  budget: fc.record({ callsPerMinute: fc.integer({ min: 1, max: 3 }) }, { requiredKeys: [] }),
});

/** Every single thing that capabilities allow, of a small world. */
function allows({ tools, roots, ipc, env, limits, budget }: Capabilities): Set<string> {
  const within = (root: string, path: string) => `${path}/`.startsWith(root === "/" ? "/" : `${root}/`);
  const paths = ["/", "/a", "/ab", "/a/b", "/a/b/c", "/z"];
  const names = ["a", "a.b", "a.b.c", "a.z", "b", "ab.c", "z"];
  return new Set([
    ...names.filter((name) => holdsTool(tools, name)).map((name) => `tool ${name}`),
    ...roots.flatMap(({ path: root, access }) =>
      paths
        .filter((path) => within(root, path))
        .flatMap((path) => [`read ${path}`, ...(access === "read-write" ? [`write ${path}`] : [])]),
    ),
    ...IPC_REACHES.slice(0, IPC_REACHES.indexOf(ipc.agents) + 1).map((reach) => `reach ${reach}`),
    ...["a", "b", "a.b", "a.b.c"]
      .filter((topic) => ipc.topics.some((own) => matchesTopic(own, topic)))
      .map((topic) => `topic ${topic}`),
    ...env.map((name) => `env ${name}`),
    ...[1, 2, 3, 4].filter((fuel) => fuel <= (limits.fuel ?? 9)).map((fuel) => `fuel ${fuel}`),
    ...[1, 2, 3, 4].filter((calls) => calls <= (budget.callsPerMinute ?? 9)).map((calls) => `calls ${calls}`),
  ]);
}

test("where nothing is beyond, everything that the inner ones allow the outer ones allow too", () => {
  let within = 0;
  fc.assert(
    fc.property(anyCapabilities, anyCapabilities, (a, b) => {
      assert.is(exceeds(a, a), undefined);
      if (exceeds(a, b) !== undefined) return;
      within++;
      const outerAllows = allows(b);
      for (const one of allows(a)) assert.ok(outerAllows.has(one), `${one}: ${JSON.stringify([a, b])}`);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(within > 50, "hardly any pair was a subset: the property said nothing");
});

test("a prefix holds what begins with all of it, dot included", () => {
  assert.ok(holdsTool(["fs.*"], "fs.read_file"));
  for (const name of ["fs", "fsx.read", "xfs.read"]) assert.not.ok(holdsTool(["fs.*"], name), name);
});
test("a directory holds itself and what is below it, and / everything", () => {
  assert.ok(isWithinPath("/w", "/w") && isWithinPath("/w", "/w/a") && isWithinPath("/", "/w"));
  assert.not.ok(isWithinPath("/w", "/wx") || isWithinPath("/w/a", "/w"));
});

test.run();
