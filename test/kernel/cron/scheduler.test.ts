import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Fault } from "../../../src/contract/fault.ts";
import { refused } from "../../../src/kernel/fault.ts";
import type { JobRecord } from "../../../src/kernel/records.ts";
import { readRows, writeRow } from "../../../src/kernel/rows.ts";
import { stateDirectory } from "../../chain/fixture.ts";
import { addAgent, agentCaller, type CLIENT, events, jobs, openCron, START, settled } from "./fixture.ts";

const MINUTE = 60_000;
const JOB = { name: "look", interval_secs: 60, command: "fs.stat {}" };
const only = (chain: Parameters<typeof jobs>[0]) => jobs(chain)[0] as JobRecord;
const kinds = (chain: Parameters<typeof jobs>[0]) => events(chain).map(({ kind }) => kind.slice(5));

/** A command that runs until it is told to end. */
function heldCommand() {
  const held: { end: (reason?: Fault) => void; signal: AbortSignal; job: JobRecord }[] = [];
  const runCommand = (job: JobRecord, signal: AbortSignal) =>
    new Promise<Fault | undefined>((end) => {
      held.push({ end, signal, job });
    });
  return { held, runCommand };
}

test("two hosts fire each due job once between them, however often both look", async () => {
  const clock = { now: START };
  const directory = stateDirectory();
  const hosts = [openCron(directory, clock), openCron(directory, clock)] as const;
  const [host] = hosts;
  for (let i = 0; i < 5; i++) await host.call("sys.cron.add", { ...JOB, name: `j${i}` });
  for (let minute = 1; minute <= 10; minute++) {
    await Promise.all(hosts.map((one) => one.at(START + minute * MINUTE)));
  }
  const runs = hosts.flatMap((one) => one.runs);
  assert.is(runs.length, 50);
  const each = new Set(runs.map((job) => `${job.id} ${job.last}`));
  assert.is(each.size, 50);
  for (const one of hosts) await one.scheduler.look();
  for (const job of jobs(host.chain)) {
    assert.equal([job.runs, job.failures, job.skipped, job.running], [10, 0, 0, undefined]);
  }
  assert.is(kinds(host.chain).filter((kind) => kind === "fired").length, 50);
  assert.is(kinds(host.chain).filter((kind) => kind === "ended").length, 50);
  for (const one of hosts) await one.close();
});

test("a clock that jumps forward fires once, stays in step, and counts what it left out", async () => {
  const clock = { now: START };
  const host = openCron(stateDirectory(), clock);
  await host.call("sys.cron.add", JOB);
  await host.at(START + 10 * 365 * 1440 * MINUTE + 7);
  assert.is(host.runs.length, 1);
  assert.is(only(host.chain).skipped, 10 * 365 * 1440 - 1);
  assert.is(only(host.chain).next, START + (10 * 365 * 1440 + 1) * MINUTE);
  await host.close();
});

test("a clock that is set back far plans anew and fires again; one that is corrected a little does not fire twice", async () => {
  const clock = { now: START };
  const host = openCron(stateDirectory(), clock);
  await host.call("sys.cron.add", JOB);
  await host.call("sys.cron.add", { name: "expression", schedule: "* * * * *", command: "fs.stat {}" });
  await host.at(START + MINUTE);
  assert.is(host.runs.length, 2);
  await host.at(START + MINUTE - 500);
  await host.at(START + MINUTE);
  assert.is(host.runs.length, 2);
  const back = START - 24 * 60 * MINUTE;
  await host.at(back);
  assert.equal(
    jobs(host.chain).map(({ next }) => next),
    [back + MINUTE, Math.floor(back / MINUTE) * MINUTE + MINUTE],
  );
  await host.at(back + MINUTE);
  assert.is(host.runs.length, 4);
  await host.close();
});

test("after a pause a host makes up for all firings with one, or with none where it is told to skip", async () => {
  for (const [catchUp, expected] of [
    ["once", { runs: 1, skipped: 9, kinds: ["added", "fired", "ended"] }],
    ["skip", { runs: 0, skipped: 10, kinds: ["added", "skipped"] }],
  ] as const) {
    const clock = { now: START };
    const directory = stateDirectory();
    const before = openCron(directory, clock);
    await before.call("sys.cron.add", JOB);
    await before.close();
    clock.now = START + 10 * MINUTE + 30_000;
    const after = openCron(directory, clock, { catchUp });
    await after.at(clock.now);
    const job = only(after.chain);
    assert.equal({ runs: job.runs, skipped: job.skipped, kinds: kinds(after.chain) }, expected);
    await after.at(START + 11 * MINUTE);
    assert.is(only(after.chain).runs, expected.runs + 1, "and then goes on as planned");
    await after.close();
  }
});

test("a job never overlaps itself; what was due meanwhile is counted when it ends", async () => {
  const clock = { now: START };
  const directory = stateDirectory();
  const { held, runCommand } = heldCommand();
  const host = openCron(directory, clock, { runCommand });
  const other = openCron(directory, clock, { runCommand });
  await host.call("sys.cron.add", JOB);
  for (let minute = 1; minute <= 4; minute++) {
    await host.at(START + minute * MINUTE);
    await other.at(START + minute * MINUTE);
  }
  assert.is(held.length, 1);
  held[0]?.end();
  await settled(host.chain);
  assert.equal([only(host.chain).runs, only(host.chain).skipped, only(host.chain).running], [1, 3, undefined]);
  assert.equal(events(host.chain).at(-1)?.payload, { job_id: 1, skipped: 3, reason: "running" });
  await host.at(START + 5 * MINUTE);
  assert.is(held.length, 2);
  const closing = Promise.all([host.close(), other.close()]);
  held[1]?.end();
  await closing;
});

test("how a run fails is recorded with its code, also where the host ends it or its command throws", async () => {
  const clock = { now: START };
  let answer: () => Promise<Fault | undefined> = async () => refused("file-not-found", "no such file");
  const host = openCron(stateDirectory(), clock, { runCommand: () => answer() });
  await host.call("sys.cron.add", JOB);
  await host.at(START + MINUTE);
  assert.equal([only(host.chain).failures, only(host.chain).last_error], [1, "file-not-found: no such file"]);
  assert.equal(events(host.chain).at(-1)?.payload, { job_id: 1, ok: false, code: "file-not-found" });
  answer = async () => {
    throw new Error("secret detail");
  };
  await host.at(START + 2 * MINUTE);
  assert.is(only(host.chain).last_error, "internal: the command could not be run");
  answer = async () => undefined;
  await host.at(START + 3 * MINUTE);
  assert.equal([only(host.chain).failures, only(host.chain).last_error], [2, undefined]);
  await host.close();
});

test("closing aborts what runs, records how it ended, and fires nothing more", async () => {
  const clock = { now: START };
  const directory = stateDirectory();
  const runCommand = (_job: JobRecord, signal: AbortSignal) =>
    new Promise<Fault>((resolve) => signal.addEventListener("abort", () => resolve(refused("cancelled", "ended"))));
  const host = openCron(directory, clock, { runCommand });
  await host.call("sys.cron.add", JOB);
  await host.at(START + MINUTE);
  await host.scheduler.close();
  assert.equal(events(host.chain).at(-1)?.payload, { job_id: 1, ok: false, code: "cancelled" });
  await host.at(START + 5 * MINUTE);
  assert.is(only(host.chain).runs, 1);
  await host.close();
});

test("a job whose host died is released as failed and fires again; one whose host lives is not", async () => {
  const clock = { now: START };
  const directory = stateDirectory();
  const host = openCron(directory, clock);
  await host.call("sys.cron.add", JOB);
  const runBy = (id: string) =>
    host.chain.commit((state) => {
      writeRow(state, "job", [1], { ...only(host.chain), running: { host: id, since: START } });
      state.event({ source: "kernel", kind: "cron.fired", payload: {} });
      return null;
    }, "committed");
  const living = openCron(directory, clock, { roots: [] });
  await runBy(living.hostId);
  await host.at(START + MINUTE);
  assert.is(host.runs.length, 0);
  assert.is(host.waits.at(-1), 10_000, "it looks again soon");
  await runBy("a-host-that-was-killed");
  await host.at(START + MINUTE);
  assert.is(host.runs.length, 1);
  assert.is(only(host.chain).failures, 1);
  assert.ok(events(host.chain).some(({ payload }) => payload.code === "host-lost"));
  await living.close();
  await host.close();
});

test("a host takes only jobs whose roots it has", async () => {
  const clock = { now: START };
  const directory = stateDirectory();
  const has = openCron(directory, clock, { roots: ["/r/deep"] });
  const lacks = openCron(directory, clock, { roots: ["/r/deeper"] });
  const wide = openCron(directory, clock, { roots: ["/q", "/r"] });
  await has.call("sys.cron.add", JOB);
  await lacks.at(START + MINUTE);
  assert.is(lacks.runs.length, 0);
  await wide.at(START + MINUTE);
  assert.is(wide.runs.length, 1);
  for (const host of [has, lacks, wide]) await host.close();
});

test("a job with a target is delivered as a message, with the firing in one change; what cannot be delivered is a failure", async () => {
  const clock = { now: START };
  const host = openCron(stateDirectory(), clock);
  await addAgent(host.chain, 7);
  await host.call("sys.cron.add", { name: "ping", interval_secs: 60, command: "any text", target_pid: 7 });
  await host.at(START + MINUTE);
  const [entry] = host.chain.read((state) => readRows(state, "inbox", [7]));
  assert.equal(entry?.row, {
    msg_id: entry?.key[1],
    sent: START + MINUTE,
    from: "job:1",
    from_pid: 0,
    message: { command: "any text", job: { id: 1, name: "ping", due: "2026-01-02T03:05:05.000Z" } },
  });
  assert.equal([only(host.chain).runs, only(host.chain).failures, only(host.chain).running], [1, 0, undefined]);
  await addAgent(host.chain, 7, { state: "exited" });
  const sent = host.chain.query({ kind: "ipc.sent" }).events.length;
  await host.at(START + 2 * MINUTE);
  assert.equal([only(host.chain).runs, only(host.chain).failures], [2, 1]);
  assert.match(only(host.chain).last_error ?? "", /^agent-exited/);
  assert.is(host.chain.query({ kind: "ipc.sent" }).events.length, sent, "no message is said to be sent");
  await host.close();
});

test("what its owner may no longer reach is not delivered", async () => {
  const clock = { now: START };
  let reach: Fault | undefined;
  const asked: string[] = [];
  const mayReach = (_: unknown, sender: typeof CLIENT) => {
    asked.push(`${sender.principal} ${sender.pid} ${sender.capabilities?.tools}`);
    return reach;
  };
  const host = openCron(stateDirectory(), clock, { mayReach });
  await addAgent(host.chain, 7);
  await addAgent(host.chain, 8);
  const job = { name: "ping", interval_secs: 60, command: "x", target_pid: 7 };
  await host.call("sys.cron.add", job, agentCaller(8, ["fs.*"]));
  reach = { code: "permission-denied", layer: "gate", message: "no" };
  await host.at(START + MINUTE);
  assert.is(only(host.chain).last_error, "permission-denied: no");
  assert.equal(new Set(asked), new Set(["agent:a8 8 fs.*"]));
  await host.close();
});

test("the jobs of an agent go when it has exited, and say why", async () => {
  const clock = { now: START };
  const host = openCron(stateDirectory(), clock);
  await addAgent(host.chain, 3);
  await host.call("sys.cron.add", JOB, agentCaller(3));
  await host.call("sys.cron.add", JOB);
  await addAgent(host.chain, 3, { state: "exited" });
  await host.at(START + 1);
  assert.equal(
    jobs(host.chain).map(({ owner }) => owner),
    ["client:stdio"],
  );
  assert.equal(events(host.chain).at(-1)?.payload, { job_id: 1, name: "look", reason: "owner-exited" });
  await host.close();
});

test("a job that is removed while it runs is not written back", async () => {
  const clock = { now: START };
  const { held, runCommand } = heldCommand();
  const host = openCron(stateDirectory(), clock, { runCommand });
  await host.call("sys.cron.add", JOB);
  await host.at(START + MINUTE);
  await host.call("sys.cron.remove", { id: 1 });
  held[0]?.end();
  await host.at(START + MINUTE);
  assert.equal(jobs(host.chain), []);
  assert.equal(kinds(host.chain), ["added", "fired", "removed", "ended"]);
  await host.close();
});

test("at most eight commands run at once on a host, and the rest follow as they end", async () => {
  const clock = { now: START };
  const { held, runCommand } = heldCommand();
  const host = openCron(stateDirectory(), clock, { runCommand });
  for (let i = 0; i < 12; i++) await host.call("sys.cron.add", { ...JOB, name: `j${i}` });
  await host.at(START + MINUTE);
  assert.is(held.length, 8);
  for (let i = 0; i < 12; i++) {
    held[i]?.end();
    await host.at(START + MINUTE);
  }
  assert.is(held.length, 12);
  await host.close();
});

test("the timer waits for the nearest job, half a minute at most, and a job that is added wakes it", async () => {
  const clock = { now: START };
  const host = openCron(stateDirectory(), clock);
  await host.scheduler.look();
  assert.is(host.waits.at(-1), 30_000);
  await host.call("sys.cron.add", { ...JOB, interval_secs: 5 });
  await settled(host.chain);
  await host.scheduler.look();
  assert.is(host.waits.at(-1), 5000);
  await host.close();
});

test("a timer that rings fires what is due, again and again", async () => {
  const clock = { now: Date.now() };
  const host = openCron(stateDirectory(), clock, {
    timer: (_ms, callback) => {
      const timer = setTimeout(() => {
        clock.now += 1000;
        callback();
      }, 1);
      return () => clearTimeout(timer);
    },
  });
  await host.call("sys.cron.add", { ...JOB, interval_secs: 1 });
  while (host.runs.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  await host.close();
});

test.run();
