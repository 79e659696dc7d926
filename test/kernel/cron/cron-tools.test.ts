import { test } from "uvu";
import * as assert from "uvu/assert";
import { refused } from "../../../src/kernel/fault.ts";
import { stateDirectory } from "../../chain/fixture.ts";
import { addAgent, agentCaller, CLIENT, events, jobs, openCron, START } from "./fixture.ts";

const JOB = { name: "look", interval_secs: 60, command: 'fs.stat {"path":"a"}' };

test("a job is added, listed and removed, and each is on the chain without its command", async () => {
  const host = openCron(stateDirectory(), { now: START });
  const added = await host.call("sys.cron.add", JOB);
  assert.equal(added, {
    id: 1,
    ...JOB,
    owner: "client:stdio",
    created: "2026-01-02T03:04:05.000Z",
    next: "2026-01-02T03:05:05.000Z",
    running: false,
    runs: 0,
    failures: 0,
    skipped: 0,
  });
  assert.equal(await host.call("sys.cron.list", {}), { jobs: [added], count: 1 });
  assert.equal(await host.call("sys.cron.remove", { id: 1 }), { removed: true, job_id: 1 });
  assert.equal(await host.call("sys.cron.list", {}), { jobs: [], count: 0 });
  assert.is((await host.call("sys.cron.remove", { id: 1 })).code, "job-not-found");
  assert.is((await host.call("sys.cron.remove", { id: -1 })).code, "job-not-found");
  assert.equal(
    events(host.chain).map(({ kind }) => kind),
    ["cron.added", "cron.removed"],
  );
  assert.not.match(JSON.stringify(events(host.chain)), /path/);
  assert.is((await host.call("sys.cron.add", JOB)).id, 2, "an id is never used twice");
  assert.match(String((await host.call("sys.cron.add", { ...JOB, name: "x", interval_secs: 1 })).warning), /every 1 s/);
  await host.close();
});

test("what cannot be a job is refused, and leaves none", async () => {
  const host = openCron(stateDirectory(), { now: START }, { mayReach: () => refused("agent-not-found", "no") });
  const cases: [object, string][] = [
    [{ name: "a/b" }, "invalid-name"],
    [{ name: "a\u202eb" }, "invalid-name"],
    [{ name: "" }, "invalid-name"],
    [{ name: "x".repeat(65) }, "invalid-name"],
    [{ command: "fs.stat {" }, "command-invalid"],
    [{ command: `fs.stat {"path":"${"x".repeat(17_000)}"}` }, "command-invalid"],
    [{ command: "no.tool {}" }, "tool-unknown"],
    [{ schedule: "* * * * *" }, "schedule-invalid"],
    [{ target_pid: 9 }, "agent-not-found"],
  ];
  for (const [more, code] of cases) {
    assert.is((await host.call("sys.cron.add", { ...JOB, ...more })).code, code, JSON.stringify(more).slice(0, 80));
  }
  assert.equal(jobs(host.chain), []);
  await host.close();
});

test("a name is one owner's once, and the table and an agent's part of it are bounded", async () => {
  const host = openCron(stateDirectory(), { now: START });
  await addAgent(host.chain, 1);
  await addAgent(host.chain, 2);
  const add = (n: number, pid?: number) =>
    host.call("sys.cron.add", { ...JOB, name: `job${n}` }, ...(pid === undefined ? [] : [agentCaller(pid)]));
  assert.is((await add(0)).id, 1);
  assert.is((await add(0)).code, "job-exists");
  for (let i = 0; i < 32; i++) assert.is((await add(i, 1)).code, undefined);
  assert.is((await add(32, 1)).code, "cron-table-full");
  assert.is((await add(0, 2)).code, undefined);
  const answers = await Promise.all(Array.from({ length: 230 }, (_, i) => add(i + 1)));
  assert.is(answers.filter(({ code }) => code === "cron-table-full").length, 230 - 222);
  assert.is(jobs(host.chain).length, 256);
  await host.close();
});

test("an agent adds what it holds, and sees and removes its own jobs only", async () => {
  const host = openCron(stateDirectory(), { now: START });
  await addAgent(host.chain, 1);
  await addAgent(host.chain, 2);
  assert.is((await host.call("sys.cron.add", JOB, agentCaller(1, ["fs.read_file"]))).code, "permission-denied");
  const added = await host.call("sys.cron.add", JOB, agentCaller(1, ["fs.*"]));
  assert.is(added.owner, "agent:a1");
  assert.equal(jobs(host.chain)[0]?.capabilities?.tools, ["fs.*"]);
  assert.is((await host.call("sys.cron.list", {}, agentCaller(2))).count, 0);
  assert.is((await host.call("sys.cron.remove", { id: 1 }, agentCaller(2))).code, "job-not-found");
  assert.is((await host.call("sys.cron.list", {}, agentCaller(1))).count, 1);
  assert.is((await host.call("sys.cron.remove", { id: 1 })).removed, true);
  await host.close();
});

test("a job keeps whose client it acts for, also where a job adds it on another host", async () => {
  const host = openCron(stateDirectory(), { now: START }, { hostId: "h1" });
  const add = (name: string, caller?: typeof CLIENT) =>
    host.call("sys.cron.add", { name, interval_secs: 60, command: "fs.stat" }, caller);
  await add("own");
  await add("of-a-job", { ...CLIENT, home: "h2" });
  await add("of-an-agent", agentCaller(1));
  assert.equal(
    jobs(host.chain).map(({ owner_host }) => owner_host),
    ["h1", "h2", undefined],
  );
  await host.close();
});

test.run();
