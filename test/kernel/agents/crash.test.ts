import { test } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../src/contract/json.ts";
import { refused } from "../../../src/kernel/fault.ts";
import { readRow } from "../../../src/kernel/rows.ts";
import { stateDirectory } from "../../chain/fixture.ts";
import { answers, kinds, type Module, openHost, templatesNamed, traps } from "./fixture.ts";

const supervision = (more: JsonObject = {}) => ({ capabilities: { supervision: { backoff_ms: 0, ...more } } });
const trapsOn: Module = ({ input }) =>
  (input.message as JsonObject).poison === true ? traps() : answers({ state: Number(input.state ?? 0) + 1 });

test("a poison message is tried three times, then it is a dead letter, and the agent goes on as it was before it", async () => {
  const host = openHost(stateDirectory(), trapsOn);
  const pid = await host.spawn("a", supervision());
  await host.send(pid, {});
  const poison = await host.send(pid, { poison: true });
  await host.send(pid, {});
  await host.settled();
  assert.equal(
    host.dead().map(({ message, reason, to_pid }) => [message.msg_id, reason, to_pid]),
    [[poison, "poison", pid]],
  );
  const record = host.record(pid);
  assert.is(record?.state, "running");
  assert.is(record?.restarts, 3);
  assert.is(record?.attempts, 0);
  assert.match(record?.last_error ?? "", /^wasm-trap: /);
  assert.is(
    host.chain.read((state) => readRow(state, "agent-state", pid)),
    2,
  );
  const of = (kind: string) => kinds(host.chain).filter((one) => one === kind).length;
  assert.equal([of("agent.crashed"), of("agent.restarted"), of("agent.handled"), of("ipc.dead")], [3, 3, 2, 1]);
  await host.close();
});

test("when its restarts are used up, an agent exits with 1, and tells what it failed of", async () => {
  const host = openHost(stateDirectory(), trapsOn);
  const pid = await host.spawn("a", supervision({ max_restarts: 1 }));
  await host.send(pid, { poison: true });
  await host.until(() => host.record(pid)?.state === "exited");
  assert.equal(host.record(pid)?.exit, { code: 1, reason: "restart-budget-exhausted" });
  assert.is(host.record(pid)?.restarts, 1);
  assert.equal(
    host.dead().map(({ reason }) => reason),
    ["receiver-exited"],
  );
  await host.close();
});

test("restarts that are longer ago than the budget's time do not count, nor do those from before the clock went back", async () => {
  for (const jump of [61_000, -3_600_000]) {
    let now = Date.UTC(2026, 0, 1);
    const host = openHost(stateDirectory(), trapsOn, { clock: () => now });
    const pid = await host.spawn("a", supervision({ max_restarts: 3 }));
    for (let round = 0; round < 3; round++) {
      await host.send(pid, { poison: true });
      await host.settled();
      now += jump;
    }
    assert.is(host.record(pid)?.state, "running", `jump ${jump}`);
    assert.is(host.record(pid)?.restarts, 9);
    await host.close();
  }
});

test("what each policy makes of a crash, of an exit with 0 and of an exit with another code", async () => {
  const module: Module = ({ input }) => {
    const { exit } = input.message as JsonObject;
    return exit === undefined ? traps() : answers({ exit: { code: exit, reason: "done" } });
  };
  const expected: [restart: string, message: JsonObject, state: string, code?: number][] = [
    ["permanent", {}, "running"],
    ["permanent", { exit: 0 }, "running"],
    ["permanent", { exit: 3 }, "running"],
    ["transient", {}, "running"],
    ["transient", { exit: 0 }, "exited", 0],
    ["transient", { exit: 3 }, "running"],
    ["temporary", {}, "exited", 1],
    ["temporary", { exit: 0 }, "exited", 0],
    ["temporary", { exit: 3 }, "exited", 3],
  ];
  const host = openHost(stateDirectory(), module);
  for (const [index, [restart, message, state, code]] of expected.entries()) {
    const pid = await host.spawn(`a${index}`, supervision({ restart }));
    await host.send(pid, message);
    await host.settled();
    const record = host.record(pid);
    const about = `${restart} ${JSON.stringify(message)}`;
    assert.is(record?.state, state, about);
    assert.is(record?.exit?.code, code, about);
    if (state === "running") assert.ok((record?.restarts ?? 0) > 0, about);
  }
  await host.close();
});

test("between restarts is a pause that doubles, up to a bound; it is in the record and outlives the host", async () => {
  let now = Date.UTC(2026, 0, 1);
  const directory = stateDirectory();
  const waits: number[] = [];
  const more = {
    clock: () => now,
    // Pauses are noted and end when the test says so; the poll is none of them.
    later: (ms: number, action: () => void) => {
      if (ms === 20) {
        const timer = setTimeout(action, 2);
        return () => clearTimeout(timer);
      }
      waits.push(ms);
      return () => {};
    },
  };
  let host = openHost(directory, trapsOn, more);
  const pid = await host.spawn("a", supervision({ backoff_ms: 100, max_restarts: 100, within_secs: 3600 }));
  for (let i = 0; i < 4; i++) await host.send(pid, { poison: true });
  const pauses: number[] = [];
  for (let crashes = 1; crashes <= 11; crashes++) {
    await host.until(() => host.record(pid)?.restarts === crashes, `restart ${crashes}`);
    pauses.push((host.record(pid)?.resume_at ?? 0) - now);
    if (crashes === 2) {
      await host.close();
      host = openHost(directory, trapsOn, more);
      await host.until(() => host.record(pid)?.host === host.id);
      assert.is(host.record(pid)?.restarts, 2, "nothing was handled in the pause");
    }
    now = host.record(pid)?.resume_at ?? 0;
  }
  assert.equal(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  assert.ok(waits.includes(100));
  await host.close();
});

test("what is wrong with an answer is a crash, and nothing of that answer comes true", async () => {
  const wrong: JsonObject[] = [
    { states: 1 },
    { send: {} },
    { send: [{ message: {} }] },
    { send: [{ to_pid: 1, topic: "a", message: {} }] },
    { send: [{ to_pid: 0, message: {} }] },
    { send: [{ to_pid: 1.5, message: {} }] },
    { send: [{ topic: "a.*", message: {} }] },
    { send: [{ to_pid: 1, message: "x" }] },
    { send: [{ to_pid: 1, message: {}, from: "client:stdio" }] },
    { send: Array(65).fill({ to_pid: 1, message: {} }) },
    { reply: [] },
    { log: "x" },
    { log: [1] },
    { exit: 0 },
    { exit: {} },
    { exit: { code: 256 } },
    { exit: { code: 0, reason: 1 } },
    { state: "x".repeat(1024 * 1024) },
  ];
  const host = openHost(stateDirectory(), ({ input }) => {
    const { n } = input.message as { n: number };
    return answers({ state: "wrong", ...(wrong[n] as JsonObject) });
  });
  const pid = await host.spawn("a", {
    capabilities: { ipc: "all", supervision: { backoff_ms: 0, max_restarts: 1000 } },
  });
  for (const n of wrong.keys()) await host.send(pid, { n });
  await host.settled();
  assert.is(host.dead().filter(({ reason }) => reason === "poison").length, wrong.length);
  assert.is(
    host.chain.read((state) => readRow(state, "agent-state", pid)),
    undefined,
  );
  assert.match(host.record(pid)?.last_error ?? "", /^answer-invalid: the module's answer\.state has 1048578 bytes/);
  await host.close();
});

test("a run that the gate refuses is a crash that costs no fuel, and one that trapped costs its whole limit", async () => {
  let trap = false;
  const host = openHost(stateDirectory(), () =>
    trap
      ? traps("fuel-exhausted")
      : { kind: "fault", fault: { code: "governance-denied", layer: "gate", message: "no" } },
  );
  const pid = await host.spawn("a", {
    capabilities: { limits: { fuel: 1000 }, supervision: { backoff_ms: 0, max_restarts: 1000 } },
  });
  await host.send(pid, {});
  await host.settled();
  assert.match(host.record(pid)?.last_error ?? "", /^governance-denied/);
  assert.is(host.record(pid)?.usage.fuel, 0);
  trap = true;
  await host.send(pid, {});
  await host.settled();
  assert.is(host.record(pid)?.usage.fuel, 3000);
  assert.is(host.dead().length, 2);
  await host.close();
});

test("where nothing could be committed, it is no crash: the message is tried again later", async () => {
  let failures = 2;
  const flaky = openHost(stateDirectory(), () => answers({}), {
    handle: async ({ conclude }) => {
      if (failures-- > 0) return refused("overloaded", "not now");
      if (failures === -1) throw new Error("a bug");
      const result = answers({});
      await flaky.chain.commit(conclude(result), "committed");
      return result;
    },
    later: (_ms, action) => {
      const timer = setTimeout(action, 1);
      return () => clearTimeout(timer);
    },
  });
  const pid = await flaky.spawn("a");
  await flaky.send(pid, {});
  await flaky.settled();
  assert.is(flaky.record(pid)?.usage.messages_handled, 1);
  assert.is(flaky.record(pid)?.restarts, 0);
  assert.is(failures, -2);
  await flaky.close();
});

test("a template that is revoked while it runs is no crash: its message waits, and is handled once there is a template", async () => {
  for (const code of ["tool-revoked", "tool-quarantined", "tool-not-found"]) {
    let templates = ["mailbox"];
    let taken = false;
    const host = openHost(
      stateDirectory(),
      () => {
        if (taken) return answers({});
        taken = true;
        templates = [];
        return traps(code);
      },
      { templates: templatesNamed(() => templates) },
    );
    const pid = await host.spawn("a");
    await host.send(pid, {});
    await host.until(() => host.record(pid)?.host === "", `${code}: it is parked`);
    assert.equal([host.record(pid)?.attempts, host.record(pid)?.restarts, host.dead().length], [0, 0, 0], code);
    templates = ["mailbox"];
    await host.until(() => host.record(pid)?.usage.messages_handled === 1, `${code}: it is handled`);
    assert.not.ok(kinds(host.chain).includes("agent.crashed"), code);
    await host.close();
  }
});

test("an agent whose template was revoked is left without a host, and its messages wait for one that has it", async () => {
  let templates = ["mailbox"];
  const directory = stateDirectory();
  const host = openHost(directory, () => answers({}), { templates: templatesNamed(() => templates) });
  const pid = await host.spawn("a");
  templates = [];
  await host.send(pid, {});
  await host.until(() => host.record(pid)?.host === "");
  const lacks = openHost(directory, () => answers({}), { templates: templatesNamed(() => []) });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal([host.record(pid)?.state, host.record(pid)?.host], ["running", ""], "nobody takes it up");
  assert.is(kinds(host.chain).filter((kind) => kind === "agent.moved").length, 1);
  const has = openHost(directory, () => answers({}));
  await host.until(() => host.record(pid)?.usage.messages_handled === 1, "the message is handled");
  assert.is(host.record(pid)?.host, has.id);
  for (const one of [host, lacks, has]) await one.close();
});

test.run();
