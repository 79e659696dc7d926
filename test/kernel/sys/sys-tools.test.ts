import { test } from "uvu";
import * as assert from "uvu/assert";
import { leafHash, verifyInclusion } from "../../../src/chain/merkle.ts";
import { NO_CAPABILITIES } from "../../../src/contract/capabilities.ts";
import type { Fault } from "../../../src/contract/fault.ts";
import type { JsonObject } from "../../../src/contract/json.ts";
import type { Caller } from "../../../src/kernel/caller.ts";
import { type ChainView, chainTools } from "../../../src/kernel/sys/chain-tools.ts";
import { sysTools } from "../../../src/kernel/sys/sys-tools.ts";
import { mustOpen, stateDirectory } from "../../chain/fixture.ts";

const CLIENT: Caller = { principal: "client:stdio", pid: 0 };
const environment = { LISTED: "value", SECRET: "hidden", EMPTY: "" };
const chain = mustOpen(stateDirectory());
const tools = sysTools({ chain, envNames: ["LISTED", "UNSET", "EMPTY", "toString"], environment });
const call = async (name: string, args: JsonObject = {}, caller = CLIENT, from = tools) =>
  (await from[name]?.(caller, args, new AbortController().signal)) as JsonObject & Fault;
const query = async (args: JsonObject) => {
  const answer = await call("sys.chain.query", args);
  return {
    ...(answer as unknown as { count: number; next_seq: number }),
    events: (answer.events as JsonObject[]).map(({ sequence }) => sequence),
  };
};

test.before(async () => {
  for (let n = 1; n <= 50; n++) {
    await chain.append({ source: n % 2 ? "gate" : "host", kind: n % 5 ? "a" : "b", payload: { n } }, "committed");
  }
});
test.after(() => chain.close());

test("without since_seq the last events that match are answered, oldest first", async () => {
  assert.equal(await query({}), { events: Array.from({ length: 20 }, (_, i) => i + 31), count: 20 });
  assert.equal(await query({ count: 3, kind: "b" }), { events: [40, 45, 50], count: 3 });
  assert.equal(await query({ count: 2, kind: "b", source: "host" }), { events: [40, 50], count: 2 });
  assert.equal(await query({ kind: "nothing" }), { events: [], count: 0 });
});

test("with since_seq they are the first from there on, and next_seq goes on without a gap", async () => {
  const { next_seq, ...first } = await query({ since_seq: 11, count: 2, kind: "b" });
  assert.equal(first, { events: [15, 20], count: 2 });
  assert.equal((await query({ since_seq: next_seq, count: 2, kind: "b" })).events, [25, 30]);
  assert.equal(await query({ since_seq: 45, kind: "b" }), { events: [45, 50], count: 2 });
  assert.equal(await query({ since_seq: 0, count: 1 }), { events: [1], count: 1, next_seq: 2 });
  assert.equal(await query({ since_seq: 51 }), { events: [], count: 0 });
});

test("an event has its hash and that of the one before", async () => {
  const answer = await call("sys.chain.query", { count: 2 });
  const [before, last] = answer.events as JsonObject[];
  assert.is(last?.prev_hash, before?.hash);
  assert.is(last?.hash, chain.status().last_hash);
  assert.equal(Object.keys(last ?? {}), ["sequence", "source", "kind", "timestamp", "payload", "hash", "prev_hash"]);
});

test("with proof each event comes with its path to the root that the answer names, also while others record", async () => {
  const answer = await call("sys.chain.query", { count: 7, kind: "a", proof: true });
  const { tree_size, root_hash, events } = answer as unknown as {
    tree_size: number;
    root_hash: string;
    events: { sequence: number; hash: string; proof: string[] }[];
  };
  assert.equal([tree_size, root_hash], [50, chain.status().root_hash]);
  assert.is(events.length, 7);
  const bytes = (hex: string) => Buffer.from(hex, "hex");
  const holds = ({ sequence, hash, proof }: (typeof events)[number], at = sequence - 1) =>
    verifyInclusion(leafHash(bytes(hash)), at, tree_size, proof.map(bytes), bytes(root_hash));
  assert.ok(events.every((event) => holds(event)));
  assert.not(events.some((event) => holds(event, event.sequence)));
  assert.is((await call("sys.chain.query", { count: 1 })).root_hash, undefined);
});

test("an answer is bounded in bytes, says so, and can be gone on from", async () => {
  const large = mustOpen(stateDirectory());
  const text = "x".repeat(60_000);
  for (let n = 1; n <= 40; n++) await large.append({ source: "host", kind: "a", payload: { text } }, "committed");
  const other = chainTools(large);
  const seen: unknown[] = [];
  let since: number | undefined = 1;
  while (since !== undefined) {
    const answer: JsonObject = await call("sys.chain.query", { since_seq: since, count: 1000 }, CLIENT, other);
    assert.ok(JSON.stringify(answer).length < 1_100_000);
    seen.push(...(answer.events as JsonObject[]).map(({ sequence }) => sequence));
    since = answer.next_seq as number | undefined;
    assert.is(answer.truncated === true, since !== undefined);
  }
  assert.equal(
    seen,
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  const newest = await call("sys.chain.query", { count: 1000 }, CLIENT, other);
  assert.is(newest.truncated, true);
  assert.is((newest.events as JsonObject[]).at(-1)?.sequence, 40);
  await large.close();
});

test("a chain that answers short pages is asked on, and not for ever", async () => {
  const [event] = chain.query({ count: 1 }).events;
  let asked = 0;
  const slow: ChainView = {
    status: () => chain.status(),
    inclusionProof: chain.inclusionProof,
    query: ({ untilSequence = 1000 }) => {
      asked++;
      return { events: asked === 2 && event ? [event] : [], next: untilSequence - 10 };
    },
  };
  const answer = await call("sys.chain.query", { count: 5, kind: "a" }, CLIENT, chainTools(slow));
  assert.equal([answer.count, answer.truncated, asked], [1, true, 4]);
});

test("status is the chain's, with the fields of the catalog and no others", async () => {
  const answer = await call("sys.chain.status");
  assert.equal(answer, chain.status());
  assert.is(answer.event_count, 50);
});

test("a variable is answered only where it is listed, and, for an agent, held", async () => {
  const agent = (env: string[]): Caller => ({
    principal: "agent:a",
    pid: 1,
    capabilities: { ...NO_CAPABILITIES, env },
  });
  assert.equal(await call("sys.env.get", { name: "LISTED" }), { name: "LISTED", value: "value" });
  assert.equal(await call("sys.env.get", { name: "EMPTY" }), { name: "EMPTY", value: "" });
  assert.is((await call("sys.env.get", { name: "UNSET" })).code, "env-unset");
  assert.is((await call("sys.env.get", { name: "toString" })).code, "env-unset");
  const denied = await call("sys.env.get", { name: "SECRET" });
  assert.is(denied.code, "permission-denied");
  assert.not.match(JSON.stringify(denied), /hidden/);
  const absent = await call("sys.env.get", { name: "NOWHERE" });
  assert.is(absent.message.replace("NOWHERE", "SECRET"), denied.message);
  assert.is((await call("sys.env.get", { name: "LISTED" }, agent(["OTHER"]))).code, "permission-denied");
  assert.is((await call("sys.env.get", { name: "LISTED" }, agent(["LISTED"]))).value, "value");
  assert.is((await call("sys.env.get", { name: "SECRET" }, agent(["SECRET"]))).code, "permission-denied");
});

test.run();
