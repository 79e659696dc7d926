import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openEnvironment } from "../../src/chain/environment.ts";
import { borrowKey, decodeKey, encodeKey, endOf } from "../../src/chain/state-key.ts";
import { openTables } from "../../src/chain/tables.ts";
import { Transaction } from "../../src/chain/transaction.ts";
import { verifyChain } from "../../src/chain/verify.ts";
import { type Fault, fault } from "../../src/contract/fault.ts";
import type { Change, StateKey, StateReader } from "../../src/contract/state.ts";
import { mustOpen, stateDirectory } from "./fixture.ts";

const NOTE = { source: "host", kind: "test.change", payload: {} };
const NO = fault("host", "internal", "no");
const text = (value: Uint8Array | undefined) => (value === undefined ? undefined : Buffer.from(value).toString());
const bytes = (value: string) => Buffer.from(value);
const inOrder = (a: StateKey, b: StateKey) => encodeKey(a).compare(encodeKey(b));

const part = fc.oneof(
  fc.constantFrom("", "a", "a\0", "a\0b", "ab", "\u{10000}", "\uffff"),
  fc.string({ maxLength: 6, unit: "grapheme" }),
  fc.maxSafeNat(),
  fc.constantFrom(0, 1, 255, 256, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const anyKey = fc
  .tuple(fc.constantFrom("t", "u"), fc.array(part, { maxLength: 3 }))
  .map(([table, rest]) => [table, ...rest] as StateKey);

test("a key comes back from its bytes, and it is in the range of another just where it begins with its parts", () => {
  fc.assert(
    fc.property(anyKey, anyKey, (a, b) => {
      assert.equal(decodeKey(encodeKey(a)), a);
      const [first, key] = [encodeKey(a), encodeKey(b)];
      assert.is(
        key.compare(first) >= 0 && key.compare(endOf(first)) < 0,
        a.every((value, i) => Object.is(b[i], value)),
      );
    }),
    { numRuns: 2000 },
  );
});

test("a borrowed key has the same bytes", () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      const bytes = encodeKey(key);
      assert.ok(borrowKey(key).equals(bytes));
      borrowKey(["another", 1]);
      assert.ok(borrowKey(key).equals(bytes));
    }),
    { numRuns: 500 },
  );
  const long = "é\0".repeat(300);
  assert.ok(borrowKey(["t", long]).equals(encodeKey(["t", long])));
  assert.equal(decodeKey(encodeKey(["t", long, 7])), ["t", long, 7]);
});

test("numbers are ordered by value and come before strings", () => {
  const keys: StateKey[] = [
    ["t", 0],
    ["t", 9],
    ["t", 10],
    ["t", 2 ** 40],
    ["t", ""],
    ["t", "10"],
    ["t", "9"],
  ];
  assert.equal([...keys].reverse().sort(inOrder), keys);
});

test("what cannot be a key throws, and does not become another key", () => {
  for (const wrong of [-1, 1.5, Number.NaN, 2 ** 53]) assert.throws(() => encodeKey(["t", wrong]), /state key/);
  assert.throws(() => encodeKey(["t", "x".repeat(2000)]), /2 00|2004|state key has/);
});

/** Rows of a plain map, as the state should answer them. */
function modelRange(
  model: ReadonlyMap<string, [StateKey, string]>,
  prefix: StateKey,
  options: { limit?: number; reverse?: boolean; after?: StateKey },
) {
  let rows = [...model.values()].filter(([key]) => prefix.every((value, i) => key[i] === value));
  rows.sort(([a], [b]) => inOrder(a, b));
  if (options.reverse) rows.reverse();
  const { after } = options;
  if (after) rows = rows.filter(([key]) => (options.reverse ? inOrder(key, after) < 0 : inOrder(key, after) > 0));
  return rows.slice(0, options.limit ?? rows.length).map(([key, value]) => [key, value]);
}

const operation = fc.oneof(
  fc.record({ op: fc.constant("put" as const), key: anyKey, value: fc.string({ maxLength: 3 }) }),
  fc.record({ op: fc.constant("remove" as const), key: anyKey }),
);
const query = fc.record({
  prefix: anyKey,
  limit: fc.option(fc.nat(3), { nil: undefined }),
  reverse: fc.boolean(),
  after: fc.option(anyKey, { nil: undefined }),
});

test("a change sees stored rows and those that earlier changes wrote or removed as one, in both directions", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { maxLength: 12 }),
      fc.array(operation, { maxLength: 12 }),
      fc.array(query, { maxLength: 6 }),
      async (stored, pending, queries) => {
        const chain = mustOpen(stateDirectory());
        const model = new Map<string, [StateKey, string]>();
        const apply =
          (operations: typeof stored): Change<null> =>
          (state) => {
            for (const one of operations) {
              const name = encodeKey(one.key).toString("hex");
              if (one.op === "put") {
                state.put(one.key, bytes(one.value));
                model.set(name, [one.key, one.value]);
              } else {
                state.remove(one.key);
                model.delete(name);
              }
            }
            state.event(NOTE);
            return null;
          };
        const check = (state: StateReader) => {
          for (const { prefix, ...options } of queries) {
            const given = {
              reverse: options.reverse,
              ...(options.limit !== undefined && { limit: options.limit }),
              ...(options.after && { after: options.after }),
            };
            const rows = state.range(prefix, given).map(({ key, value }) => [key, text(value)]);
            assert.equal(rows, modelRange(model, prefix, given));
          }
          for (const [key, value] of model.values()) assert.is(text(state.get(key)), value);
        };
        const first = await chain.commit(apply(stored), "committed");
        assert.not("code" in first);
        const both = [
          chain.commit(apply(pending), "committed"),
          chain.commit((state) => {
            check(state);
            return null;
          }, "committed"),
        ];
        for (const done of await Promise.all(both)) assert.not("code" in done, JSON.stringify(done));
        chain.read(check);
        await chain.close();
      },
    ),
    { numRuns: 60 },
  );
});

test("a fault, a throw and a write without an event leave no trace, and the changes around them come true", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory);
  const write =
    (name: string, end: (state: Parameters<Change<string>>[0]) => string | Fault): Change<string> =>
    (state) => {
      state.put(["t", "row"], bytes(`${text(state.get(["t", "row"])) ?? ""}${name}`));
      return end(state);
    };
  const done = await Promise.all([
    chain.commit(
      write("a", (state) => `a${state.event(NOTE)}`),
      "committed",
    ),
    chain.commit(
      write("b", (state) => {
        state.event(NOTE);
        return NO;
      }),
      "committed",
    ),
    chain.commit(
      write("c", () => "c"),
      "committed",
    ),
    chain.commit(
      write("d", () => {
        throw new Error("bug");
      }),
      "committed",
    ),
    chain.commit(
      write("e", (state) => `e${state.event(NOTE)}`),
      "flushed",
    ),
  ]);
  const codes = done.map((one) => ("code" in one ? one.code : one.value));
  assert.equal(codes, ["a1", "internal", "internal", "internal", "e2"]);
  assert.is(
    chain.read((state) => text(state.get(["t", "row"]))),
    "ae",
  );
  assert.is(chain.status().event_count, 2);
  await chain.close();
  const again = mustOpen(directory);
  assert.is(
    again.read((state) => text(state.get(["t", "row"]))),
    "ae",
  );
  await again.close();
  assert.equal((await verifyChain(directory)).problems, []);
});

test("a change that only reads answers and adds no event", async () => {
  const chain = mustOpen(stateDirectory());
  const done = await chain.commit(() => 7, "flushed");
  assert.equal("code" in done ? done : done.value, 7);
  assert.is(chain.status().event_count, 0);
  await chain.close();
});

test("two hosts that count in one row lose no count", async () => {
  const directory = stateDirectory();
  const hosts = [mustOpen(directory), mustOpen(directory)];
  const count: Change<number> = (state) => {
    const next = Number(text(state.get(["t", "n"])) ?? 0) + 1;
    state.put(["t", "n"], bytes(String(next)));
    state.event(NOTE);
    return next;
  };
  const seen: number[] = [];
  await Promise.all(
    hosts.map(async (host) => {
      for (let i = 0; i < 50; i++) {
        for (const done of await Promise.all([host.commit(count, "committed"), host.commit(count, "committed")])) {
          if ("code" in done) throw new Error(done.message);
          seen.push(done.value);
        }
      }
    }),
  );
  assert.equal(
    seen.sort((a, b) => a - b),
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
  for (const host of hosts) await host.close();
});

test("a change that records what cannot be recorded is refused whole", () => {
  const opened = openEnvironment(stateDirectory());
  if (!opened.ok) throw new Error(opened.fault.message);
  const transaction = new Transaction(openTables(opened.environment).state, 0, 0, new Set());
  const refused = transaction.run((state) => {
    state.put(["t"], bytes("x"));
    state.event({ source: "Not a name", kind: "x", payload: {} });
    return null;
  });
  assert.ok("code" in refused && refused.code === "internal");
  assert.equal([...transaction.rows()], []);
});

test.run();
