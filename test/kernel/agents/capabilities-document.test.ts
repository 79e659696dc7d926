import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isFault } from "../../../src/contract/fault.ts";
import type { Json } from "../../../src/contract/json.ts";
import { DEFAULT_SUPERVISION, readCapabilities } from "../../../src/kernel/agents/capabilities-document.ts";
import { capabilitiesDocument } from "../../../src/kernel/agents/view.ts";

import { capabilities } from "./fixture.ts";

const spawner = capabilities({ limits: { fuel: 500, outputBytes: 9 }, budget: { callsPerMinute: 7 } });

test("what is left out is nothing, and limits and budget are the spawner's", () => {
  for (const document of [undefined, {}]) {
    assert.equal(readCapabilities(document, spawner), {
      capabilities: capabilities({ limits: { fuel: 500, outputBytes: 9 }, budget: { callsPerMinute: 7 } }),
      supervision: DEFAULT_SUPERVISION,
    });
  }
});

test("every member is read into its place", () => {
  const document = {
    tools: ["fs.read_file", "fs.*", "*"],
    roots: [
      { path: "/", access: "read-only" },
      { path: "/a/b c", access: "read-write" },
    ],
    ipc: { agents: "children", topics: ["a.*", "b.**"] },
    env: ["LANG", "_X1"],
    limits: { fuel: 1, memory_bytes: 65536, deadline_ms: 10 },
    budget: { fuel_per_minute: 2, calls_per_minute: 3, messages_per_minute: 4 },
    supervision: { restart: "permanent", max_restarts: 0, within_secs: 1, backoff_ms: 0, on_parent_exit: "continue" },
  };
  assert.equal(readCapabilities(document, spawner), {
    capabilities: {
      tools: ["fs.read_file", "fs.*", "*"],
      roots: document.roots,
      ipc: { agents: "children", topics: ["a.*", "b.**"] },
      env: ["LANG", "_X1"],
      limits: { fuel: 1, memoryBytes: 65536, deadlineMs: 10, outputBytes: 9 },
      budget: { fuelPerMinute: 2, callsPerMinute: 3, messagesPerMinute: 4 },
    },
    supervision: { restart: "permanent", maxRestarts: 0, withinSecs: 1, backoffMs: 0, onParentExit: "continue" },
  });
});

test("the short forms of ipc", () => {
  const ipc = (value: Json) => {
    const read = readCapabilities({ ipc: value }, spawner);
    return isFault(read) ? read.code : read.capabilities.ipc;
  };
  assert.equal(ipc("none"), { agents: "none", topics: [] });
  assert.equal(ipc("self"), { agents: "self", topics: [] });
  assert.equal(ipc("children"), { agents: "children", topics: [] });
  assert.equal(ipc("all"), { agents: "all", topics: ["**"] });
  assert.equal(ipc({ topics: ["a"] }), { agents: "none", topics: ["a"] });
  assert.equal(ipc({ agents: "self" }), { agents: "self", topics: [] });
});

const WRONG: readonly [document: Json, key: string][] = [
  [null, "capabilities"],
  [[], "capabilities"],
  ["all", "capabilities"],
  [{ tool: [] }, "capabilities.tool"],
  [{ constructor: 1 }, "capabilities.constructor"],
  [{ tools: "fs.*" }, "capabilities.tools"],
  [{ tools: [1] }, "capabilities.tools[0]"],
  [{ tools: ["fs.*", "*.read"] }, "capabilities.tools[1]"],
  [{ tools: ["fs*"] }, "capabilities.tools[0]"],
  [{ tools: [".*"] }, "capabilities.tools[0]"],
  [{ tools: ["FS.read"] }, "capabilities.tools[0]"],
  [{ tools: ["a".repeat(129)] }, "capabilities.tools[0]"],
  [{ tools: Array(257).fill("*") }, "capabilities.tools"],
  [{ roots: {} }, "capabilities.roots"],
  [{ roots: ["/a"] }, "capabilities.roots[0]"],
  [{ roots: [{ access: "read-only" }] }, "capabilities.roots[0].path"],
  [{ roots: [{ path: "/a" }] }, "capabilities.roots[0].access"],
  [{ roots: [{ path: "/a", access: "none" }] }, "capabilities.roots[0].access"],
  [{ roots: [{ path: "/a", access: "read-only", more: 1 }] }, "capabilities.roots[0].more"],
  ...["a", "", "/a/", "//a", "/a//b", "/a/../b", "/..", "/.", "/a/.", "/a\0b", "/\ud800", `/${"a".repeat(4096)}`].map(
    (path): [Json, string] => [{ roots: [{ path, access: "read-only" }] }, "capabilities.roots[0].path"],
  ),
  [{ ipc: "everyone" }, "capabilities.ipc"],
  [{ ipc: 1 }, "capabilities.ipc"],
  [{ ipc: { agents: "x" } }, "capabilities.ipc.agents"],
  [{ ipc: { topics: "a" } }, "capabilities.ipc.topics"],
  [{ ipc: { topics: ["a", "a..b"] } }, "capabilities.ipc.topics[1]"],
  [{ ipc: { topics: ["a*"] } }, "capabilities.ipc.topics[0]"],
  [{ ipc: { to: [] } }, "capabilities.ipc.to"],
  [{ env: ["A=B"] }, "capabilities.env[0]"],
  [{ env: ["1A"] }, "capabilities.env[0]"],
  [{ limits: 1 }, "capabilities.limits"],
  [{ limits: null }, "capabilities.limits"],
  [{ limits: { fuel: 0 } }, "capabilities.limits.fuel"],
  [{ limits: { fuel: 1.5 } }, "capabilities.limits.fuel"],
  [{ limits: { fuel: "1" } }, "capabilities.limits.fuel"],
  [{ limits: { fuel: 2 ** 53 } }, "capabilities.limits.fuel"],
  [{ limits: { memory_bytes: -1 } }, "capabilities.limits.memory_bytes"],
  [{ limits: { deadline_ms: null } }, "capabilities.limits.deadline_ms"],
  [{ limits: { output_bytes: 1 } }, "capabilities.limits.output_bytes"],
  [{ budget: [] }, "capabilities.budget"],
  [{ budget: { fuel_per_minute: 0 } }, "capabilities.budget.fuel_per_minute"],
  [{ budget: { calls_per_minute: true } }, "capabilities.budget.calls_per_minute"],
  [{ budget: { messages_per_minute: {} } }, "capabilities.budget.messages_per_minute"],
  [{ budget: { fuelPerMinute: 1 } }, "capabilities.budget.fuelPerMinute"],
  [{ supervision: "permanent" }, "capabilities.supervision"],
  [{ supervision: { restart: "always" } }, "capabilities.supervision.restart"],
  [{ supervision: { max_restarts: 1001 } }, "capabilities.supervision.max_restarts"],
  [{ supervision: { within_secs: 0 } }, "capabilities.supervision.within_secs"],
  [{ supervision: { backoff_ms: 30_001 } }, "capabilities.supervision.backoff_ms"],
  [{ supervision: { on_parent_exit: "kill" } }, "capabilities.supervision.on_parent_exit"],
];

test("each wrong document is refused under the name of what is wrong", () => {
  for (const [document, key] of WRONG) {
    const read = readCapabilities(document, spawner);
    const about = JSON.stringify(document).slice(0, 100);
    if (!isFault(read)) throw new Error(`accepted ${about}`);
    assert.is(read.code, "invalid-arguments", about);
    assert.is(read.data?.key, key, about);
    assert.ok(read.message.startsWith(`the argument ${key} `), read.message);
  }
});

test("whatever JSON it is given, it answers; what it accepts is the same when it is written and read again", () => {
  const wild = fc.jsonValue() as fc.Arbitrary<Json>;
  const near = fc.record(
    {
      tools: fc.oneof(wild, fc.array(fc.constantFrom("*", "fs.*", "fs.stat", "x"))),
      roots: fc.oneof(
        wild,
        fc.array(fc.record({ path: fc.constantFrom("/", "/a", "/a/..", "/a/b"), access: fc.constant("read-only") })),
      ),
      ipc: fc.oneof(wild, fc.constantFrom("none", "all", { topics: ["a.**"] }, { agents: "self", topics: [] })),
      limits: fc.oneof(wild, fc.record({ fuel: fc.integer() }, { requiredKeys: [] })),
      supervision: fc.oneof(wild, fc.record({ restart: fc.constantFrom("permanent", "no") }, { requiredKeys: [] })),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(fc.oneof(near, wild), (document) => {
      const read = readCapabilities(document, spawner);
      if (isFault(read)) return;
      assert.equal(readCapabilities(capabilitiesDocument(read.capabilities, read.supervision), spawner), read);
    }),
    { numRuns: 2000 },
  );
});

test.run();
