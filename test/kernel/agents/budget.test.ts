import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { SlidingMinute } from "../../../src/kernel/agents/budget.ts";
import { stateDirectory } from "../../chain/fixture.ts";
import { answers, codeOf, type Host, openHost, templatesNamed, traps } from "./fixture.ts";

test("in no minute is more used than the budget by who waits as long as told, whatever the clock does before", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ pause: fc.integer({ min: 0, max: 40_000 }), amount: fc.integer({ min: 1, max: 10 }) }), {
        maxLength: 30,
      }),
      (uses) => {
        const minute = new SlidingMinute();
        const spent: [at: number, amount: number][] = [];
        let now = 1_000_000;
        for (const { pause, amount } of uses) {
          now += pause;
          for (let wait = minute.waitFor(now, amount, 10); wait > 0; wait = minute.waitFor(now, amount, 10))
            now += wait;
          minute.spend(now, amount);
          spent.push([now, amount]);
          const used = spent.filter(([at]) => at > now - 60_000).reduce((sum, [, one]) => sum + one, 0);
          assert.ok(used <= 10, `${used} within a minute`);
        }
      },
    ),
  );
});

test("what is used is free again after a minute and a second at most, also when the clock jumps back", () => {
  const minute = new SlidingMinute();
  const now = 10 * 3_600_000;
  minute.spend(now, 10);
  assert.is(minute.used(now + 59_999), 10);
  assert.is(minute.used(now + 61_000), 0);
  minute.spend(now, 10);
  const back = now - 3_600_000;
  assert.is(minute.used(back), 10);
  assert.ok(minute.waitFor(back, 1, 10) <= 61_000);
  assert.is(minute.used(back + 61_000), 0);
});

/** A host whose clock goes on by what it is asked to wait. */
function openWaiting(
  more: Parameters<typeof openHost>[2] = {},
  module: Parameters<typeof openHost>[1] = () => answers({}),
  directory = stateDirectory(),
) {
  let now = Date.UTC(2026, 0, 1);
  const waits: { ms: number; action: () => void }[] = [];
  const host: Host = openHost(directory, module, {
    clock: () => now,
    pollMs: 3_600_000,
    later: (ms, action) => {
      const wait = { ms, action };
      if (ms < 3_600_000) waits.push(wait);
      return () => waits.splice(0, waits.length, ...waits.filter((one) => one !== wait));
    },
    ...more,
  });
  const goOn = () => {
    const next = waits.shift();
    if (next === undefined) throw new Error("nothing waits");
    now += next.ms;
    next.action();
  };
  return { host, waits, goOn };
}

test("beyond its messages a minute an agent's messages wait, and are handled when the minute is over", async () => {
  const { host, waits, goOn } = openWaiting();
  const pid = await host.spawn("a", { capabilities: { budget: { messages_per_minute: 2 } } });
  for (let i = 0; i < 5; i++) await host.send(pid, {});
  const handled = () => host.record(pid)?.usage.messages_handled;
  await host.until(() => waits.length === 1);
  assert.is(handled(), 2);
  assert.ok((waits[0]?.ms ?? 0) >= 60_000);
  goOn();
  await host.until(() => waits.length === 1);
  assert.is(handled(), 4);
  goOn();
  await host.settled();
  assert.is(handled(), 5);
  await host.close();
});

test("a minute outlives the host: who takes the agent up goes on with what it had used", async () => {
  const directory = stateDirectory();
  const first = openWaiting({}, undefined, directory);
  const budget = { messages_per_minute: 2, calls_per_minute: 3, fuel_per_minute: 1000 };
  const pid = await first.host.spawn("a", { capabilities: { budget, limits: { fuel: 15 } } });
  await first.host.send(pid, {});
  await first.host.send(pid, {});
  await first.host.settled();
  assert.equal({ ...first.host.record(pid)?.minute, at: 0 }, { at: 0, fuel: 20, calls: 0, messages: 2 });
  await first.host.close();
  const second = openWaiting({}, undefined, directory);
  await second.host.until(() => second.host.record(pid)?.host === second.host.id);
  await second.host.send(pid, {});
  await second.host.until(() => second.waits.length === 1, "the third message waits");
  assert.is(second.host.record(pid)?.usage.messages_handled, 2);
  second.goOn();
  await second.host.settled();
  assert.is(second.host.record(pid)?.usage.messages_handled, 3);
  const free = await second.host.spawn("b");
  await second.host.send(free, {});
  await second.host.settled();
  assert.is(second.host.record(free)?.minute, undefined, "nothing is kept where there is no budget");
  await second.host.close();
});

test("a run that failed is charged its whole limit, also where that is its template's", async () => {
  const { host } = openWaiting({ templates: { ...templatesNamed(() => ["mailbox"]), fuel: () => 500 } }, () => traps());
  const pid = await host.spawn("a", { capabilities: { supervision: { max_restarts: 0 } } });
  const limited = await host.spawn("b", { capabilities: { limits: { fuel: 70 }, supervision: { max_restarts: 0 } } });
  for (const one of [pid, limited]) await host.send(one, {});
  await host.until(() => [pid, limited].every((one) => host.record(one)?.state === "exited"), "both exit");
  assert.equal(
    [pid, limited].map((one) => host.record(one)?.usage.fuel),
    [500, 70],
  );
  await host.close();
});

test("a run gets its whole fuel limit or waits; a limit over the budget is lowered to it", async () => {
  const limits: (number | undefined)[] = [];
  const { host, waits, goOn } = openWaiting({}, ({ agent }) => {
    limits.push(agent.capabilities.limits.fuel);
    return answers({});
  });
  // A run of the fixture uses 10.
  const pid = await host.spawn("a", { capabilities: { limits: { fuel: 15 }, budget: { fuel_per_minute: 30 } } });
  for (let i = 0; i < 3; i++) await host.send(pid, {});
  await host.until(() => waits.length === 1);
  assert.equal(limits, [15, 15]);
  goOn();
  await host.settled();
  const greedy = await host.spawn("b", { capabilities: { limits: { fuel: 50 }, budget: { fuel_per_minute: 20 } } });
  await host.send(greedy, {});
  await host.settled();
  assert.equal(limits, [15, 15, 15, 20]);
  await host.close();
});

test("beyond its calls a minute an agent's call is refused; what calls use is counted and their fuel is of the minute", async () => {
  const codes: (string | undefined)[] = [];
  const { host, waits } = openWaiting({}, ({ agent }) => {
    for (let i = 0; i < 3; i++) {
      const refusal = host.agents.admitCall(agent.pid);
      codes.push(codeOf(refusal));
      if (refusal === undefined) host.agents.charge(agent.pid, { calls: 1, fuel: 45, cpuMs: 2 });
    }
    return answers({});
  });
  const pid = await host.spawn("a", { capabilities: { budget: { calls_per_minute: 2, fuel_per_minute: 100 } } });
  await host.send(pid, {});
  await host.settled();
  assert.equal(codes, [undefined, undefined, "budget-exhausted"]);
  assert.equal(host.record(pid)?.usage, {
    messages_sent: 0,
    messages_handled: 1,
    tool_calls: 2,
    fuel: 100,
    cpu_time_ms: 5,
  });
  await host.send(pid, {});
  await host.until(() => waits.length === 1);
  assert.is(host.record(pid)?.usage.messages_handled, 1, "the fuel of the calls was the minute's");
  await host.call("agent.stop", { pid });
  assert.is(codeOf(host.agents.admitCall(pid)), "agent-exited");
  await host.close();
});

test("an agent that answers each message with more to itself is bounded by its budget and its inbox, and keeps nobody waiting", async () => {
  const { host, waits, goOn } = openWaiting({}, ({ agent, input }) =>
    agent.agent_id === "loops"
      ? answers({ send: Array.from({ length: 8 }, () => ({ to_pid: agent.pid, message: {} })) })
      : answers({ state: Number(input.state ?? 0) + 1 }),
  );
  const loops = await host.spawn("loops", { capabilities: { ipc: "self", budget: { messages_per_minute: 200 } } });
  const other = await host.spawn("other");
  await host.send(loops, {});
  for (let n = 0; n < 5; n++) await host.send(other, {});
  await host.until(() => host.record(other)?.usage.messages_handled === 5, "the other agent is handled");
  await host.until(() => waits.length === 1, "the looping one waits");
  assert.is(host.record(loops)?.usage.messages_handled, 200);
  const inbox = () => host.chain.read((state) => state.range(["inbox", loops]).length);
  assert.is(inbox(), 1024, "its inbox is full and not more");
  const full = host.dead().filter(({ reason }) => reason === "inbox-full").length;
  assert.is(full, 1 + 200 * 8 - 200 - 1024);
  goOn();
  await host.until(() => host.record(loops)?.usage.messages_handled === 400, "it goes on a minute later");
  assert.is(inbox(), 1024);
  await host.call("agent.stop", { pid: loops });
  assert.is(host.record(loops)?.state, "exited");
  await host.close();
});

test.run();
