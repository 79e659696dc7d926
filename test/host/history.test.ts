import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Chain } from "../../src/chain/chain.ts";
import type { Call, Principal } from "../../src/contract/call.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import type { Ledger } from "../../src/contract/ledger.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import type { StateReader } from "../../src/contract/state.ts";
import { FAMILIAR } from "../../src/gate/novelty.ts";
import { createFuelShares } from "../../src/host/fuel-shares.ts";
import { DIRECTORIES, type HistoryKeeper, openHistory, PRINCIPALS } from "../../src/host/history.ts";
import { mustOpen, stateDirectory } from "../chain/fixture.ts";
import { agent, COPY, call, LIST, PING, READ, ROOT, SUBSCRIBE } from "../gate/fixtures.ts";

const NOW = () => 1_000_000;
const ROOTS = [ROOT];
const client: Principal = { kind: "client", id: "stdio" };

const asking = (tool: ToolManifest, args: JsonObject, principal: Principal): Call => ({
  ...call(tool, args),
  principal,
});

/** Records calls in the change of an outcome, and answers how many rows that wrote. */
async function record(chain: Chain, keeper: HistoryKeeper, tool: ToolManifest, args: JsonObject, principal = client) {
  const committed = await chain.commit((state) => {
    let rows = 0;
    const counting = {
      ...state,
      time: state.time,
      get: state.get.bind(state),
      range: state.range.bind(state),
      event: state.event.bind(state),
      remove: state.remove.bind(state),
      put: (...row: Parameters<typeof state.put>) => {
        rows++;
        state.put(...row);
      },
    };
    keeper.recordOutcome(counting, asking(tool, args, principal), tool, ROOTS);
    state.event({ source: "gate", kind: "call.outcome", payload: {} });
    return rows;
  }, "committed");
  if ("code" in committed) throw new Error(committed.message);
  return committed.value;
}
const readerOf =
  (chain: Chain): Ledger["read"] =>
  (reading) =>
    chain.read(reading);

test("each use and each touch counts, up to where it makes no difference, and then writes nothing", async () => {
  const chain = mustOpen(stateDirectory());
  const keeper = openHistory(NOW);
  const history = keeper.historyFor(readerOf(chain));
  const told = () => [
    history.actionSeen("client:stdio", "tool.fs.read"),
    history.directorySeen("client:stdio", "tool.fs.read", "/w/d"),
  ];
  assert.equal(told(), [0, 0]);
  for (let i = 1; i <= FAMILIAR; i++) {
    await record(chain, keeper, READ, { path: "d/a" });
    assert.equal(told(), [i, i]);
  }
  assert.is(await record(chain, keeper, READ, { path: "/w/d/b" }), 0);
  assert.equal(told(), [FAMILIAR, FAMILIAR]);
  assert.is(history.directorySeen("client:stdio", "tool.fs.write", "/w/d"), 0);
  assert.is(history.directorySeen("client:stdio", "tool.fs.read", "/w"), 0);
  assert.is(history.actionSeen("agent:stdio", "tool.fs.read"), 0);
  await chain.close();
});
test("what is counted is what the gate asks about: defaults, the own root of an agent, what is no path", async () => {
  const chain = mustOpen(stateDirectory());
  const keeper = openHistory(NOW);
  const history = keeper.historyFor(readerOf(chain));
  const bot = agent({ roots: [{ path: "/w/sub/deep", access: "read-write" }] });
  await record(chain, keeper, LIST, {}, bot);
  assert.is(history.directorySeen("agent:bot", "tool.fs.read", "/w/sub"), 1, "the directory that its root is in");
  await record(chain, keeper, COPY, { src: "a", dst: "/w/sub/deep/x/b" }, bot);
  assert.is(history.directorySeen("agent:bot", "tool.fs.read", "/w/sub/deep"), 1);
  assert.is(history.directorySeen("agent:bot", "tool.fs.write", "/w/sub/deep/x"), 1);
  await record(chain, keeper, PING, {});
  await record(chain, keeper, SUBSCRIBE, { topic: "t" });
  assert.is(history.actionSeen("client:stdio", "tool.test.ping"), 1);
  assert.is(history.actionSeen("client:stdio", "tool.ipc.subscribe"), 1);
  await chain.close();
});
test("counts outlive the host and are shared; what is familiar costs no look at the state", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory);
  for (let i = 0; i < FAMILIAR; i++) await record(chain, openHistory(NOW), READ, { path: "a" });
  await chain.close();
  const again = mustOpen(directory);
  let looks = 0;
  const history = openHistory(NOW).historyFor((reading) => {
    looks++;
    return again.read(reading);
  });
  assert.is(looks, 0, "nothing is read before it is asked for");
  for (let i = 0; i < 3; i++) assert.is(history.actionSeen("client:stdio", "tool.fs.read"), FAMILIAR);
  assert.is(looks, 1);
  await again.close();
});
test("a change that does not come true counts nothing", async () => {
  const chain = mustOpen(stateDirectory());
  const keeper = openHistory(NOW);
  const change = asking(READ, { path: "a" }, client);
  await chain.commit((state) => {
    keeper.recordOutcome(state, change, READ, ROOTS);
    return { code: "no", layer: "host" as const, message: "no" };
  }, "committed");
  const history = keeper.historyFor(readerOf(chain));
  assert.is(history.actionSeen("client:stdio", "tool.fs.read"), 0);
  await chain.close();
});
test("rows are bounded: directories displace each other, and the principal that came first makes room", async () => {
  const chain = mustOpen(stateDirectory());
  const keeper = openHistory(NOW);
  const rows = (prefix: readonly [string, ...string[]]) =>
    chain.read((state: StateReader) => state.range(prefix).length);
  await chain.commit((state) => {
    for (let i = 0; i < 4 * DIRECTORIES; i++) {
      keeper.recordOutcome(state, asking(READ, { path: `d${i}/a` }, client), READ, ROOTS);
    }
    state.event({ source: "gate", kind: "call.outcome", payload: {} });
    return 0;
  }, "committed");
  assert.ok(rows(["history", "client:stdio"]) <= DIRECTORIES + 2);
  assert.ok(rows(["history", "client:stdio"]) > DIRECTORIES / 2);
  await chain.commit((state) => {
    for (let i = 0; i < PRINCIPALS; i++) {
      keeper.recordOutcome(state, asking(READ, { path: "a" }, agent({}, `a${i}`)), READ, ROOTS);
    }
    state.event({ source: "gate", kind: "call.outcome", payload: {} });
    return 0;
  }, "committed");
  assert.is(rows(["history", "client:stdio"]), 0);
  assert.is(rows(["history-order"]), PRINCIPALS);
  assert.is(rows(["history"]), 3 * PRINCIPALS);
  await chain.close();
});
test("a row that is damaged is no history", async () => {
  const chain = mustOpen(stateDirectory());
  await chain.commit((state) => {
    state.put(["history", "client:stdio", "action", "tool.fs.read"], Buffer.from("{"));
    state.put(["history-next"], Buffer.from("-7"));
    state.event({ source: "gate", kind: "call.outcome", payload: {} });
    return 0;
  }, "committed");
  const keeper = openHistory(NOW);
  assert.is(keeper.historyFor(readerOf(chain)).actionSeen("client:stdio", "tool.fs.read"), 0);
  await record(chain, keeper, READ, { path: "a" });
  assert.is(keeper.historyFor(readerOf(chain)).actionSeen("client:stdio", "tool.fs.read"), 1);
  await chain.close();
});

test("fuel is summed over a minute, and forgotten after", () => {
  let now = 0;
  const shares = createFuelShares(() => now);
  shares.used("a", 10);
  now = 30_000;
  shares.used("a", 5);
  shares.used("b", 20);
  assert.equal(shares.shareOf("a"), { own: 15, total: 35, principals: 2 });
  now = 61_000;
  assert.equal(shares.shareOf("a"), { own: 5, total: 25, principals: 2 });
  now = 120_000;
  assert.equal(shares.shareOf("a"), { own: 0, total: 0, principals: 0 });
});
test("a clock that is set back forgets the minute, and what is no fuel counts nothing", () => {
  let now = 1e9;
  const shares = createFuelShares(() => now);
  shares.used("a", 10);
  for (const odd of [0, -1, Number.NaN]) shares.used("b", odd);
  assert.equal(shares.shareOf("a"), { own: 10, total: 10, principals: 1 });
  now = 0;
  assert.equal(shares.shareOf("a"), { own: 0, total: 0, principals: 0 });
});
test("property: the sums are those of a list of all that was used, within five seconds of the minute", () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 20_000 }),
    who: fc.constantFrom("a", "b", "c"),
    fuel: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let now = 0;
      const shares = createFuelShares(() => now);
      const all: { at: number; who: string; fuel: number }[] = [];
      for (const { wait, who, fuel } of steps) {
        now += wait;
        shares.used(who, fuel);
        all.push({ at: now, who, fuel });
        const sum = (since: number, of?: string) =>
          all
            .filter((one) => one.at > now - since && (of === undefined || one.who === of))
            .reduce((s, one) => s + one.fuel, 0);
        for (const of of ["a", "b", "c"]) {
          const { own, total, principals } = shares.shareOf(of);
          assert.ok(own >= sum(55_000, of) && own <= sum(60_000, of), `${own} of ${of}`);
          assert.ok(total >= sum(55_000) && total <= sum(60_000));
          assert.is(principals, ["a", "b", "c"].filter((one) => shares.shareOf(one).own > 0).length);
        }
      }
    }),
  );
});

test.run();
