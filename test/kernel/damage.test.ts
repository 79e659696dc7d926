// Rows of the kernel that cannot be read: each stops what it is about and nothing else.
import { cpSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Chain } from "../../src/chain/chain.ts";
import { isFault } from "../../src/contract/fault.ts";
import type { StateKey } from "../../src/contract/state.ts";
import type { Post } from "../../src/kernel/agents/options.ts";
import { cronTools } from "../../src/kernel/cron/cron-tools.ts";
import { startScheduler } from "../../src/kernel/cron/scheduler.ts";
import { findDamage } from "../../src/kernel/damage.ts";
import { bury, deadLetters } from "../../src/kernel/ipc/dead-letters.ts";
import { ipcTools } from "../../src/kernel/ipc/ipc-tools.ts";
import { route } from "../../src/kernel/ipc/send.ts";
import { removeSubscriptions } from "../../src/kernel/ipc/subscriptions.ts";
import { writeEntry } from "../../src/kernel/kv/entries.ts";
import { TABLES } from "../../src/kernel/row-shapes.ts";
import { activateVersion } from "../../src/kernel/tools/activate.ts";
import { type Deployment, deployVersion } from "../../src/kernel/tools/deploy.ts";
import { trustKey, untrustKey } from "../../src/kernel/tools/keys.ts";
import { createTree } from "../../src/kernel/tree/tree.ts";
import { stateDirectory } from "../chain/fixture.ts";
import { answers, as, CLIENT, codeOf, type Host, openHost } from "./agents/fixture.ts";

const NEVER = new AbortController().signal;
const POST: Post = { route, bury, unsubscribe: (state, pid) => removeSubscriptions(state, pid, "host") };

/** A host with all that acts on rows, and a module that remembers how much it has handled. */
function openAll(directory: string) {
  const clock = { now: Date.now() };
  const host = openHost(directory, ({ input }) => answers({ state: Number(input.state ?? 0) + 1, log: ["done"] }), {
    post: POST,
    clock: () => clock.now,
  });
  const shared = { ledger: host.chain, signals: host.signals, hostId: host.id };
  const fired: number[] = [];
  const scheduler = startScheduler({
    ...shared,
    roots: [],
    catchUp: "once",
    clock: () => clock.now,
    mayReach: () => undefined,
    timer: () => () => {},
    runCommand: async ({ id }) => {
      fired.push(id);
      return undefined;
    },
  });
  const others = {
    ...cronTools({ ...shared, roots: [], hasTool: () => true, mayReach: () => undefined }),
    ...ipcTools(shared),
  };
  const call: Host["call"] = async (tool, args = {}, caller = CLIENT) =>
    tool in others ? ((await others[tool]?.(caller, args, NEVER)) as never) : host.call(tool, args, caller);
  const close = async () => {
    await scheduler.close();
    await host.close();
  };
  return { host, clock, call, fired, scheduler, close, tree: createTree({ tools: [], services: [] }) };
}

const ok = (answer: unknown, about: string) => {
  assert.not(isFault(answer), `${about}: ${JSON.stringify(answer)}`);
  return answer as never;
};

const FAMILY = { ipc: "all" };
/** Pids as they are given out below. */
const PARENT = 1;
const CHILD = 2;
const OTHER = 3;
/** The last one that was given out: a client's. */
const LAST = 5;

const HASH = "a1".repeat(32);
const DEPLOYMENT: Deployment = {
  name: "acme.greet",
  version: "1.0.0",
  moduleSha256: HASH,
  moduleBytes: 8,
  statementSha256: HASH,
  envelopeSha256: HASH,
  envelope: "an envelope",
  certificates: { text: "certificates", sha256: [HASH] },
  signer: { kind: "certificate", keyid: HASH, via: [HASH] },
  unsigned: false,
};

/** A state in which every table has a row. */
async function fillState(directory: string): Promise<StateKey[]> {
  const { host, call, close } = openAll(directory);
  await host.spawn("parent", { capabilities: FAMILY });
  await host.spawn("child", { capabilities: FAMILY }, as(host.record(PARENT)));
  await host.spawn("other", { capabilities: FAMILY });
  ok(await call("ipc.subscribe", { topic: "news.*" }, as(host.record(CHILD))), "subscribe");
  ok(await call("agent.send", { pid: OTHER, message: {} }), "send");
  await host.until(() => host.record(OTHER)?.usage.messages_handled === 1, "it is handled");
  await call("agent.suspend", { pid: OTHER });
  ok(await call("agent.send", { pid: OTHER, message: { n: 1 } }), "send");
  ok(await call("agent.send", { pid: OTHER, message: { n: 2 } }), "send");
  const gone = await host.spawn("gone");
  await call("agent.suspend", { pid: gone });
  await call("agent.send", { pid: gone, message: {} });
  await call("agent.stop", { pid: gone, graceful: false });
  ok(await call("sys.cron.add", { name: "often", interval_secs: 1, command: "fs.stat" }), "add");
  ok(
    await call(
      "sys.cron.add",
      { name: "own", interval_secs: 3600, command: "x", target_pid: CHILD },
      as(host.record(CHILD)),
    ),
    "add",
  );
  await host.chain.commit((state) => {
    writeEntry(state, { namespace: "default", key: "k", value: 1 });
    return null;
  }, "committed");
  await call("ipc.subscribe", { topic: "a.b" });
  for (const [keyid, name] of [
    [HASH, "acme"],
    [HASH.replaceAll("a", "b"), "gone"],
  ] as const) {
    const key = { keyid, name, public_key: "AAAA", scopes: ["acme.*"], may_issue: 0 };
    ok(await host.chain.commit((state) => trustKey(state, key, false), "committed"), "trust");
  }
  ok(await host.chain.commit((state) => untrustKey(state, HASH.replaceAll("a", "b"), "lost"), "committed"), "untrust");
  ok(await host.chain.commit((state) => deployVersion(state, DEPLOYMENT), "committed"), "deploy");
  ok(await host.chain.commit((state) => activateVersion(state, "acme.greet", "1.0.0"), "committed"), "activate");
  const keys = host.chain.read((state) => TABLES.flatMap((table) => state.range([table]).map(({ key }) => key)));
  await close();
  return keys;
}

const damage = (chain: Chain, key: StateKey, bytes: string) =>
  chain.commit((state) => {
    state.put(key, Buffer.from(bytes));
    state.event({ source: "test", kind: "test.damage", payload: {} });
    return null;
  }, "committed");

/** Rows that only say by their keys what they say: what is in them is never read. */
const BY_KEY: ReadonlySet<string> = new Set(["child", "subscription", "subscription-of"]);
/** Rows that must hold JSON, whatever JSON. */
const ANY_JSON: ReadonlySet<string> = new Set([...BY_KEY, "agent-state"]);

/** Where rows of deployed tools would be; whatever is in them is damaged here. */
const OF_DEPLOYED_TOOLS: readonly StateKey[] = [
  ["tool", "x.y"],
  ["tool-version", "x.y", 1],
  ["tool-envelope", "x.y", 1],
  ["tool-certificates", "x.y", 1],
  ["trusted-key", "k"],
  ["revoked-key", "k"],
];

test("whichever row of the kernel is damaged, agents, messages and jobs that are sound go on, and the row is named", async () => {
  const template = stateDirectory();
  const keys = [...(await fillState(template)), ...OF_DEPLOYED_TOOLS];
  const tables = new Set(keys.map(([table]) => table));
  assert.equal(
    TABLES.filter((table) => !tables.has(table)),
    // A native agent's; what is in it is looked at before it is used.
    ["native-process"],
  );
  for (const bytes of ['{"half":', '{"of":"another kind"}']) {
    for (const key of keys) {
      const about = `${JSON.stringify(key)} ${bytes}`;
      const directory = stateDirectory();
      cpSync(template, directory, { recursive: true });
      const { host, clock, call, fired, scheduler, close, tree } = openAll(directory);
      await damage(host.chain, key, bytes);
      const [table, first] = key;
      const named = host.chain.read(findDamage).length;
      const readable = BY_KEY.has(table) || (ANY_JSON.has(table) && bytes.includes("another"));
      assert.is(named, readable ? 0 : 1, about);

      const listed = ok(await call("agent.list"), about) as { agents: { pid: number; state: string }[] };
      const hasName = table !== "agent-id" || String(first).startsWith("client");
      assert.is(listed.agents.length, hasName ? 3 : 2, about);
      const damagedPid = table === "agent" && Number(first) <= OTHER ? first : undefined;
      assert.equal(
        listed.agents.filter(({ state }) => state === "damaged").map(({ pid }) => pid),
        damagedPid === undefined ? [] : [damagedPid],
        about,
      );
      const fresh = ok(await call("agent.spawn", { agent_id: "fresh" }), about) as { pid: number };
      assert.ok(fresh.pid > LAST, `${about}: pid ${fresh.pid} was given before`);
      ok(await call("agent.send", { pid: fresh.pid, message: {} }), about);
      await host.until(() => host.record(fresh.pid)?.usage.messages_handled === 1, `${about}: a sound agent runs`);
      ok(await call("ipc.subscribe", { topic: "news.*", pid: fresh.pid }), about);
      ok(await call("ipc.send", { topic: "news.today", text: "x" }), about);
      await host.until(
        () => host.record(fresh.pid)?.usage.messages_handled === 2,
        `${about}: topics reach who is sound`,
      );
      assert.is((ok(await call("sys.cron.list"), about) as { count: number }).count, 2, about);
      ok(await call("sys.cron.add", { name: "fresh", interval_secs: 1, command: "fs.stat" }), about);
      const before = fired.length;
      clock.now += 1000;
      await scheduler.look();
      assert.ok(fired.length > before, `${about}: a sound job fires`);
      ok(
        host.chain.read((state) => tree.committed(state)),
        about,
      );
      ok(await call("agent.stop", { pid: fresh.pid }), about);
      await close();
    }
  }
});

test("a family survives the damage of one of it: who is damaged is ended by force, and the others go on", async () => {
  const template = stateDirectory();
  await fillState(template);
  for (const pid of [PARENT, CHILD, OTHER]) {
    const directory = stateDirectory();
    cpSync(template, directory, { recursive: true });
    const { host, call, close } = openAll(directory);
    await damage(host.chain, ["agent", pid], "{}");
    const parent = pid === PARENT ? undefined : as(host.record(PARENT));
    if (parent !== undefined) {
      assert.is(codeOf(await call("agent.stop", { pid, graceful: false }, parent)), "agent-damaged", "not by an agent");
    }
    assert.is(codeOf(await call("agent.stop", { pid })), "agent-damaged", "not gracefully");
    const stopped = ok(await call("agent.stop", { pid, graceful: false }), `stop ${pid}`) as { exit_code: number };
    assert.is(stopped.exit_code, 137);
    assert.is(codeOf(await call("agent.stop", { pid, graceful: false })), "agent-not-found");
    // The child of a parent that is gone stops with it; one name is the client's.
    const names = () => host.chain.read((state) => state.range(["agent-id"]).length);
    await host.until(() => names() === (pid === PARENT ? 2 : 3), "the names are free");
    assert.equal(host.chain.read(findDamage), []);
    if (pid === CHILD) {
      await host.until(() => host.record(PARENT)?.usage.messages_handled === 1, "its parent is told");
      assert.equal(
        host.chain.read((state) => state.range(["subscription"]).map(({ key }) => key[2])).includes(CHILD),
        false,
      );
    }
    if (pid === OTHER) {
      const letters = host.chain.read((state) => deadLetters(state)).filter(({ to_pid }) => to_pid === OTHER);
      assert.equal(
        letters.map(({ message, reason }) => [message.message.n, reason]),
        [
          [2, "receiver-exited"],
          [1, "receiver-exited"],
        ],
      );
    }
    await close();
  }
});

test("a parent that ends leaves a child that is damaged as it is, for whoever settles it", async () => {
  const directory = stateDirectory();
  await fillState(directory);
  const { host, call, close } = openAll(directory);
  await damage(host.chain, ["agent", CHILD], "{}");
  ok(await call("agent.stop", { pid: PARENT }), "stop");
  const { agents } = ok(await call("agent.list"), "list") as {
    agents: { pid: number; state: string; parent_pid: number }[];
  };
  assert.equal(
    agents.find(({ pid }) => pid === CHILD),
    { pid: CHILD, agent_id: "child", state: "damaged", template: "", parent_pid: 0, inbox: 0 },
  );
  await close();
});

test.run();
