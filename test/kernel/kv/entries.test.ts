import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Chain } from "../../../src/chain/chain.ts";
import { type EntryWrite, MOST_KEYS, readEntry, writeEntry } from "../../../src/kernel/kv/entries.ts";
import { writeRow } from "../../../src/kernel/rows.ts";
import { mustOpen, stateDirectory } from "../../chain/fixture.ts";

const set = async (chain: Chain, write: EntryWrite) => {
  const done = await chain.commit((state) => writeEntry(state, write), "committed");
  return "code" in done ? done.code : done.value;
};
const get = (chain: Chain, namespace: string, key: string) => chain.read((state) => readEntry(state, namespace, key));

const write = fc.record({
  namespace: fc.constantFrom("default", "b"),
  key: fc.constantFrom("k", "a/b", "\0", "é"),
  value: fc.jsonValue() as fc.Arbitrary<EntryWrite["value"]>,
  ifVersion: fc.option(fc.nat(3), { nil: undefined }),
});

test("key-values behave as a map with versions, and one that is refused changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 20 }), async (writes) => {
      const chain = mustOpen(stateDirectory());
      const model = new Map<string, { value: unknown; version: number }>();
      for (const { ifVersion, ...one } of writes) {
        const name = JSON.stringify([one.namespace, one.key]);
        const before = model.get(name)?.version ?? 0;
        const done = await set(chain, { ...one, ...(ifVersion !== undefined && { ifVersion }) });
        if (ifVersion !== undefined && ifVersion !== before) assert.is(done, "version-conflict");
        else {
          assert.is(done, before + 1);
          model.set(name, { value: one.value, version: before + 1 });
        }
        const found = get(chain, one.namespace, one.key) as { value: unknown; version: number } | undefined;
        const expected = model.get(name);
        assert.is(found?.version, expected?.version);
        assert.is(JSON.stringify(found?.value), JSON.stringify(expected?.value));
      }
      await chain.close();
    }),
    { numRuns: 25 },
  );
});

test("keys, namespaces and values are bounded, and what is too much leaves no trace", async () => {
  const chain = mustOpen(stateDirectory());
  const one = { namespace: "default", key: "k", value: 1 };
  const cases: [Partial<EntryWrite>, string | number][] = [
    [{ key: "" }, "invalid-key"],
    [{ key: "é".repeat(257) }, "invalid-key"],
    [{ key: "\0".repeat(512) }, 1],
    [{ key: "\ud800" }, "invalid-key"],
    [{ namespace: "" }, "invalid-key"],
    [{ namespace: "a/b" }, "invalid-key"],
    [{ namespace: "x".repeat(65) }, "invalid-key"],
    [{ value: "x".repeat(65_534) }, 1],
    [{ value: "x".repeat(65_535) }, "value-too-large"],
    [{ value: "\ud800" }, "invalid-arguments"],
  ];
  for (const [more, expected] of cases)
    assert.is(await set(chain, { ...one, ...more }), expected, JSON.stringify(more).slice(0, 60));
  assert.is(chain.status().event_count, 2);
  await chain.commit((state) => {
    writeRow(state, "counter", ["kv.keys"], MOST_KEYS);
    state.event({ source: "kernel", kind: "kv.set", payload: {} });
    return null;
  }, "committed");
  assert.is(await set(chain, { ...one, key: "new" }), "kv-full");
  assert.is(await set(chain, one), 2);
  await chain.close();
});

test("of two hosts that write the same version one wins", async () => {
  const directory = stateDirectory();
  const hosts = [mustOpen(directory), mustOpen(directory)];
  for (let version = 0; version < 20; version++) {
    const write = { namespace: "default", key: "k", value: version, ifVersion: version };
    const done = await Promise.all(hosts.map((host) => set(host, write)));
    assert.equal(done.sort(), [version + 1, "version-conflict"]);
  }
  for (const host of hosts) await host.close();
});

test.run();
