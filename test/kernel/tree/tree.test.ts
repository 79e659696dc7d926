import { createHash } from "node:crypto";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Chain } from "../../../src/chain/chain.ts";
import { canonicalJson } from "../../../src/contract/canonical-json.ts";
import type { Fault } from "../../../src/contract/fault.ts";
import type { JsonObject } from "../../../src/contract/json.ts";
import { writeEntry } from "../../../src/kernel/kv/entries.ts";
import { writeRow } from "../../../src/kernel/rows.ts";
import { mutated } from "../../../src/kernel/tree/mutations.ts";
import { segmentOf, segmentsOf } from "../../../src/kernel/tree/names.ts";
import { joinNode, placeNode, type TreeNode } from "../../../src/kernel/tree/node.ts";
import { createTree } from "../../../src/kernel/tree/tree.ts";
import { treeTools } from "../../../src/kernel/tree/tree-tools.ts";
import { mustOpen, stateDirectory } from "../../chain/fixture.ts";
import { agentRecord } from "../agent-record.ts";

const OPTIONS = {
  tools: [{ name: "fs.stat", metadata: { sha256: "00" } }],
  services: [{ name: "chain", type: "storage" }],
};

function openTree(chain: Chain) {
  const tree = createTree(OPTIONS);
  const tools = treeTools({ ledger: chain, tree });
  const call = async (name: string, args: JsonObject = {}) =>
    (await tools[name]?.({ principal: "client:stdio", pid: 0 }, args, new AbortController().signal)) as JsonObject &
      Fault;
  return {
    tree,
    read: () => call("sys.tree.read"),
    inspect: (path: string, more = {}) => call("sys.tree.inspect", { path, ...more }),
  };
}

const set = (chain: Chain, key: string, value: string, namespace = "default") =>
  chain.commit((state) => writeEntry(state, { namespace, key, value }), "committed");

test("a name is one segment, different names give different ones, and none leads elsewhere", () => {
  const name = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("", ".", "..", "%2E", "a/b", "a\\b", "a%2Fb", "é", "\0"),
  );
  fc.assert(
    fc.property(name, name, (a, b) => {
      assert.match(segmentOf(a), /^[A-Za-z0-9_~:@*.%-]+$/);
      assert.not.match(segmentOf(a), /^\.+$/);
      assert.is(segmentOf(a) === segmentOf(b), a === b);
    }),
    { numRuns: 2000 },
  );
  assert.equal(segmentsOf("/a/b/"), ["a", "b"]);
  assert.equal(segmentsOf("/"), []);
  for (const wrong of ["", "a", "//", "/a//b", "a/b"]) assert.is(segmentsOf(wrong), undefined, wrong);
});

test("the hash of a node is what its definition says, byte for byte", () => {
  const u32 = (n: number) => Buffer.from([n >>> 24, n >>> 16, n >>> 8, n].map((byte) => byte & 255));
  const field = (text: string) => Buffer.concat([u32(Buffer.byteLength(text)), Buffer.from(text)]);
  const domain = Buffer.concat([Buffer.from("tollgate.tree.node.v1"), Buffer.alloc(11)]);
  const expected = (node: TreeNode): string =>
    createHash("sha256")
      .update(Buffer.concat([domain, field(node.path), field(node.kind), field(canonicalJson(node.metadata))]))
      .update(u32(node.children.size))
      .update(
        Buffer.concat(
          [...node.children].flatMap(([name, child]) => [field(name), Buffer.from(expected(child), "hex")]),
        ),
      )
      .digest("hex");
  const node = placeNode("/", {
    name: "d",
    kind: "directory",
    metadata: { é: 1 },
    children: ["b", "a/é", "B"].map((name) => ({ name, kind: "value", metadata: {} })),
  });
  assert.equal([...node.children.keys()], ["B", "a%2F%C3%A9", "b"]);
  assert.is(node.hash, expected(node));
  assert.is(node.size, 4);
});

test("the root binds path, kind, metadata and place of every node", () => {
  const draft = (change: object = {}) => ({ name: "n", kind: "k", metadata: { a: 1 }, ...change });
  const root = (...children: ReturnType<typeof draft>[]) =>
    joinNode("/", "root", {}, [
      placeNode("/", { name: "d", kind: "k", metadata: {}, children }),
      placeNode("/", draft()),
    ]).hash;
  const hashes = [
    root(draft()),
    root(draft({ name: "m" })),
    root(draft({ kind: "kk" })),
    root(draft({ metadata: { a: 2 } })),
    root(draft({ metadata: {} })),
    root(),
    root(draft(), draft({ name: "m" })),
    root(draft({ children: [draft()] })),
  ];
  assert.is(new Set(hashes).size, hashes.length);
  assert.is(root(draft(), draft({ name: "m" })), root(draft({ name: "m" }), draft()));
});

test("the tree shows all that the state holds, and its root follows every change of it", async () => {
  const chain = mustOpen(stateDirectory());
  const { read, inspect } = openTree(chain);
  const roots = [(await read()).root_hash];
  assert.equal({ ...(await read()), root_hash: "" }, { node_count: 9, mutation_count: 0, root_hash: "" });
  const change = async (
    table: "agent" | "agent-id" | "subscription" | "job",
    key: (string | number)[],
    row: unknown,
  ) => {
    await chain.commit((state) => {
      writeRow(state, table, key, row as never);
      if (table === "agent") writeRow(state, "agent-id", ["watch"], 1);
      mutated(state, table === "job" ? "cron" : table === "subscription" ? "topics" : "agents");
      state.event({ source: "kernel", kind: "agent.spawned", payload: {} });
      return null;
    }, "committed");
    roots.push((await read()).root_hash);
  };
  const agent = agentRecord(1, { agent_id: "watch", template: "t", created: 5 });
  await change("agent", [1], agent);
  await change("agent", [1], { ...agent, state: "suspended" });
  await change("subscription", ["a.*", 1], true);
  await change("subscription", ["a.*", 2], true);
  const counts = { runs: 0, failures: 0, skipped: 0 };
  const job = { id: 4, name: "j", owner: "o", owner_pid: 0, command: "secret", roots: [], created: 1, ...counts };
  await change("job", [4], { ...job, interval_secs: 5 });
  await set(chain, "a/b", "secret");
  roots.push((await read()).root_hash);
  await set(chain, "a/b", "secrets");
  roots.push((await read()).root_hash);
  assert.is(new Set(roots).size, roots.length);
  assert.equal((await inspect("/agents/watch")).metadata, {
    pid: 1,
    state: "suspended",
    template: "t",
    backend: "wasm",
    parent_pid: 0,
    created: 5,
  });
  assert.equal((await inspect("/topics/a.*")).metadata, { subscribers: [1, 2] });
  const { kind, metadata } = await inspect("/cron/4");
  assert.equal([kind, (metadata as JsonObject).name], ["job", "j"]);
  const value = await inspect("/kv/default/a%2Fb");
  assert.equal([value.kind, (value.metadata as JsonObject).version], ["value", 2]);
  assert.is((await inspect("/tools/fs.stat")).kind, "tool");
  assert.is((await inspect("/services/chain")).kind, "service");
  const root = await inspect("/");
  assert.is(root.hash, roots.at(-1));
  assert.equal(
    (root.children as JsonObject[]).map(({ name }) => name),
    ["agents", "cron", "kv", "services", "tools", "topics"],
  );
  assert.not.match(JSON.stringify([await inspect("/cron/4"), value]), /secret/);
  await chain.close();
});

test("an unknown path is an error that names the nearest node there is", async () => {
  const chain = mustOpen(stateDirectory());
  await set(chain, "k", "v");
  const { inspect } = openTree(chain);
  const cases = [
    ["/kv/default/none", "/kv/default"],
    ["/kv/none/deep/er", "/kv"],
    ["/nothing", "/"],
    ["kv", "/"],
    ["", "/"],
    ["//", "/"],
    ["/kv/../tools", "/kv"],
    ["/kv/default/%6B", "/kv/default"],
    ["/__proto__", "/"],
  ] as const;
  for (const [path, nearest] of cases) {
    const answer = await inspect(path);
    assert.is(answer.code, "path-not-found", path);
    assert.is(answer.data?.nearest, nearest, path);
  }
  await chain.close();
});

test("children are answered in pages, and their number as a whole", async () => {
  const chain = mustOpen(stateDirectory());
  for (let i = 100; i < 350; i++) await set(chain, `k${i}`, "v");
  const { inspect } = openTree(chain);
  const names: unknown[] = [];
  for (let offset = 0; ; offset += 100) {
    const page = await inspect("/kv/default", { offset });
    assert.is(page.child_count, 250);
    names.push(...(page.children as JsonObject[]).map(({ name }) => name));
    if (page.truncated !== true) break;
  }
  assert.equal(
    names,
    Array.from({ length: 250 }, (_, i) => `k${i + 100}`),
  );
  assert.is(((await inspect("/kv/default", { limit: 1e9 })).children as JsonObject[]).length, 250);
  await chain.close();
});

test("a tree that has kept what it read answers as one that reads for the first time, whoever writes", async () => {
  const directory = stateDirectory();
  const hosts = [mustOpen(directory), mustOpen(directory)];
  const trees = hosts.map(openTree);
  await fc.assert(
    fc.asyncProperty(fc.nat(1), fc.constantFrom("a", "b", "c"), fc.string({ maxLength: 2 }), async (i, key, value) => {
      await set(hosts[i] as Chain, key, value);
      for (const [j, tree] of trees.entries()) {
        const fresh = openTree(hosts[j] as Chain);
        assert.equal(await tree.read(), await fresh.read());
      }
    }),
    { numRuns: 40 },
  );
  for (const host of hosts) await host.close();
});

test("each checkpoint covers the root of the tree as it was before it, and a change that came to nothing leaves nothing in it", async () => {
  const directory = stateDirectory();
  const { recordRoot } = createTree(OPTIONS);
  const chain = mustOpen(directory, { beforeCheckpoint: recordRoot });
  const { read, tree } = openTree(chain);
  await set(chain, "k", "v");
  await chain.commit((state) => {
    writeEntry(state, { namespace: "default", key: "never", value: 1 });
    tree.within(state);
    return { code: "internal", layer: "host", message: "no" } as never;
  }, "committed");
  await chain.checkpoint();
  const [event] = chain.query({ kind: "tree.root" }).events;
  const { root_hash, node_count } = await read();
  assert.equal(event?.payload, { root_hash, node_count });
  assert.is(node_count, 11);
  assert.is(chain.status().verified_to, event?.sequence);
  await set(chain, "other", "v");
  assert.is((await read()).node_count, 12);
  await chain.close();
});

test.run();
