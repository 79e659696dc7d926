import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Chain } from "../../src/chain/chain.ts";
import { openEnvironment } from "../../src/chain/environment.ts";
import { indexedSequences, indexedTo } from "../../src/chain/event-index.ts";
import type { ChainQuery } from "../../src/chain/query.ts";
import { encodeKey } from "../../src/chain/state-key.ts";
import { openTables, type Tables } from "../../src/chain/tables.ts";
import { verifyChain } from "../../src/chain/verify.ts";
import type { ChainEvent } from "../../src/contract/chain-event.ts";
import { fill, mustOpen, stateDirectory } from "./fixture.ts";

const SOURCES = ["host", "kernel", "gate"];
const KINDS = ["call.intent-like", "kv.set", "a", "a.b"];

const draft = fc.record({
  source: fc.constantFrom(...SOURCES),
  kind: fc.constantFrom(...KINDS),
  payload: fc.constant({}),
});
const query = fc.record(
  {
    source: fc.constantFrom(...SOURCES, "nobody"),
    kind: fc.constantFrom(...KINDS, "nothing"),
    sinceSequence: fc.nat(40),
    untilSequence: fc.nat(60),
    count: fc.integer({ min: 1, max: 9 }),
    order: fc.constantFrom("ascending" as const, "descending" as const),
  },
  { requiredKeys: ["count", "order"] },
);

/** All pages of a query, each within its bound. */
function pages(chain: Chain, asked: ChainQuery): number[] {
  const found: number[] = [];
  let next: number | undefined;
  do {
    const bound =
      next === undefined ? {} : { [asked.order === "descending" ? "untilSequence" : "sinceSequence"]: next };
    const page = chain.query({ ...asked, ...bound });
    assert.ok(page.events.length <= (asked.count ?? 0));
    found.push(...page.events.map((one) => one.sequence));
    next = page.next;
  } while (next !== undefined);
  return found;
}

function expected(all: readonly ChainEvent[], asked: ChainQuery): number[] {
  const found = all
    .filter((one) => asked.source === undefined || one.source === asked.source)
    .filter((one) => asked.kind === undefined || one.kind === asked.kind)
    .map((one) => one.sequence)
    .filter((n) => n >= (asked.sinceSequence ?? 0) && n <= (asked.untilSequence ?? Number.POSITIVE_INFINITY));
  return asked.order === "descending" ? found.reverse() : found;
}

function tablesOf(directory: string): Tables {
  const opened = openEnvironment(directory);
  if (!opened.ok) throw new Error(opened.fault.message);
  return openTables(opened.environment);
}

test("a query by source, kind or both answers what a look at every event does, in pages and both orders, whoever wrote", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(draft, { minLength: 1, maxLength: 8 }), { maxLength: 8 }),
      fc.array(fc.array(draft, { minLength: 1, maxLength: 8 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(query, { minLength: 4, maxLength: 12 }),
      async (before, after, indexEvery, queries) => {
        const directory = stateDirectory();
        // The first events are of hosts that index nothing, as those of a version without an index.
        let hosts = [mustOpen(directory), mustOpen(directory)];
        const write = async (batches: typeof before) => {
          for (const [i, batch] of batches.entries()) {
            const host = hosts[i % 2] as Chain;
            await Promise.all(batch.map((one) => host.append(one, "committed")));
          }
        };
        await write(before);
        await (hosts[0] as Chain).close();
        hosts = [mustOpen(directory, { indexEvery }), hosts[1] as Chain];
        await write(after);
        if (indexEvery % 2) await new Promise((resolve) => setTimeout(resolve, 60));
        const [reader] = hosts as [Chain];
        const all = reader.query({ count: 1000 }).events;
        assert.is(all.length, before.flat().length + after.flat().length);
        for (const asked of queries) assert.equal(pages(reader, asked), expected(all, asked), JSON.stringify(asked));
        await Promise.all(hosts.map((host) => host.close()));
        assert.equal(verifyChain(directory).problems, []);
      },
    ),
    { numRuns: 25 },
  );
});

test("the events of a long chain come into the index, once, by whichever hosts index it", async () => {
  const directory = stateDirectory();
  const before = mustOpen(directory, { indexEvery: 1e9 });
  await fill(before, 10_000);
  await before.close();
  const hosts = [mustOpen(directory, { indexEvery: 5 }), mustOpen(directory, { indexEvery: 7 })];
  for (let i = 0; i < 30; i++) for (const host of hosts) await fill(host, 1);
  const tables = tablesOf(directory);
  while (indexedTo(tables) < 10_040) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await fill(hosts[0] as Chain, 1);
  }
  const sequences = [
    ...indexedSequences(tables, { source: undefined, kind: "call.refused", first: 1, last: 1e9, descending: false }),
  ];
  assert.equal(
    sequences,
    Array.from({ length: indexedTo(tables) }, (_, i) => i + 1),
  );
  for (const host of hosts) await host.close();
});

test("what the index says of an event that is another does not make it an answer", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory);
  await chain.append({ source: "host", kind: "a", payload: {} }, "committed");
  const tables = tablesOf(directory);
  tables.meta.putSync(["indexed", 0], Buffer.from("1"));
  tables.index.putSync(encodeKey(["host", "b", 1]), Buffer.alloc(0));
  tables.index.putSync(encodeKey(["host", "b", 9]), Buffer.alloc(0));
  assert.equal(chain.query({ kind: "b" }), { events: [] });
  await chain.close();
});

test("a source or kind that no event can have finds nothing and does not throw", async () => {
  const chain = mustOpen(stateDirectory());
  await chain.append({ source: "host", kind: "a", payload: {} }, "committed");
  for (const wrong of ["", "A", "a b", "a\0", "x".repeat(5000), "\ud800"]) {
    assert.equal(chain.query({ kind: wrong }), { events: [] });
    assert.equal(chain.query({ source: wrong }), { events: [] });
  }
  assert.is(chain.query({ kind: "a", sinceSequence: 0.5 }).events.length, 1);
  await chain.close();
});

test.run();
