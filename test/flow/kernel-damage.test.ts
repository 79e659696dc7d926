import { chmodSync, cpSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeKey } from "../../src/chain/state-key.ts";
import { behindTheBack, damageRows } from "./damaged-rows.ts";
import { codeOf } from "./decisions.ts";
import { chainEvents, type Message, run, type Scratch, Served, scratch } from "./program.ts";
import { mount, smallDisk } from "./small-disk.ts";

const test = suite<{ place: Scratch }>("kernel damage");
test.before.each((context) => {
  context.place = scratch();
});
const running = new Set<Served>();
test.after.each(async ({ place }) => {
  for (const served of running) served.child.kill("SIGKILL");
  await Promise.all([...running].map(({ exit }) => exit));
  running.clear();
  place.remove();
});

async function serve(place: Scratch, args?: readonly string[]): Promise<Served> {
  const served = new Served(place, args);
  running.add(served);
  await served.initialize();
  return served;
}

const ok = async (answer: Promise<Message>): Promise<Message> => {
  const message = await answer;
  assert.is(codeOf(message), "ok", JSON.stringify(message));
  return message.structuredContent;
};

const spawn = async (served: Served, agent_id: string, capabilities: object = {}): Promise<number> =>
  (await ok(served.call("agent_spawn", { agent_id, capabilities }))).pid;

const send = async (served: Served, pid: number, n: number): Promise<number> =>
  (await ok(served.call("agent_send", { pid, message: { n } }))).msg_id;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    assert.ok(tries < 200, `it did not come about: ${what}`);
    await wait(50);
  }
}

const handled = (served: Served, pid: number, many: number) => async () =>
  (await ok(served.call("agent_inspect", { pid }))).resource_usage.messages_handled >= many;

const doctor = async (place: Scratch, ...options: string[]) => {
  const { code, stdout } = await run(place, ["doctor", "--dir", place.root, "--json", ...options]);
  return {
    code,
    checks: JSON.parse(stdout).checks as { check: string; status: string; detail: string; next?: string }[],
  };
};

test("damaged rows stop what they are about and nothing else; doctor names each with the command that settles it", async ({
  place,
}) => {
  const before = await serve(place);
  const [sound, record, mail, state, log] = [
    await spawn(before, "sound"),
    await spawn(before, "record"),
    await spawn(before, "mail"),
    await spawn(before, "state"),
    await spawn(before, "log"),
  ] as const;
  for (const pid of [sound, record, mail, state, log]) {
    await ok(before.call("ipc_subscribe", { topic: "news", pid }));
    await send(before, pid, 0);
    await until(`pid ${pid} handles`, handled(before, pid, 1));
    await ok(before.call("agent_suspend", { pid }));
  }
  const lost = await send(before, mail, 1);
  const behind = await send(before, mail, 2);
  await send(before, state, 1);
  await send(before, record, 1);
  const job = async (name: string) =>
    (await ok(before.call("sys_cron_add", { name, interval_secs: 1, command: "fs.stat", target_pid: sound }))).id;
  const [broken, fires] = [await job("broken"), await job("fires")] as const;
  assert.is(await before.close(), 0);
  await damageRows(place.state, [
    ["agent", record],
    ["inbox", mail, lost],
    ["mail", mail],
    ["agent-state", state],
    ["job", broken],
    ["counter", "pid"],
    ["counter", "tree.agents"],
    ["subscriptions"],
  ]);
  // A key between those of agents, whose last part is cut off.
  const stray = Buffer.concat([encodeKey(["agent", record]), Buffer.from([1, 2, 3])]);
  await behindTheBack(place.state, (tables) => void tables.state.putSync(stray, Buffer.from("{}")));

  const found = await doctor(place);
  assert.is(found.code, 1);
  const told = found.checks
    .filter(({ check }) => check === "agents")
    .map(({ status, detail, next = "" }) => `${status} ${detail} → ${next}`);
  for (const expected of [
    /^warn 5 agents, 2 jobs, \d+ messages wait, 0 dead letters, 9 rows damaged/,
    new RegExp(`^fail the record of agent record with pid ${record} is damaged.*tollgate agent stop ${record} --force`),
    new RegExp(`^fail message ${lost} to pid ${mail} is damaged.*tollgate agent dead`),
    new RegExp(`^fail what the agent with pid ${state} kept.*tollgate agent stop ${state} --force`),
    new RegExp(`^fail job ${broken} is damaged.*tollgate cron remove ${broken}`),
    /^warn the row \["counter","pid"\] is damaged: it is made anew/,
    /^fail a key of the state cannot be read.*restore the state directory from a backup$/,
  ]) {
    assert.ok(
      told.some((line) => expected.test(line)),
      `${expected} in\n${told.join("\n")}`,
    );
  }

  const served = await serve(place);
  const { agents } = await ok(served.call("agent_list", {}));
  assert.equal(
    agents.map(({ pid, agent_id, state: stands, inbox }: Message) => [pid, agent_id, stands, inbox]),
    [
      [sound, "sound", "suspended", agents[0].inbox],
      [record, "record", "damaged", 1],
      [mail, "mail", "suspended", 2],
      [state, "state", "suspended", 1],
      [log, "log", "suspended", 0],
    ],
  );
  for (const [tool, args] of [
    ["agent_inspect", { pid: record }],
    ["agent_send", { pid: record, message: {} }],
    ["agent_suspend", { pid: record }],
    ["agent_stop", { pid: record }],
    ["ipc_subscribe", { topic: "a", pid: record }],
  ] as const) {
    const refused = await served.call(tool, args);
    assert.is(codeOf(refused), "agent-damaged", `${tool}: ${JSON.stringify(refused)}`);
    assert.match(JSON.stringify(refused), new RegExp(`tollgate agent stop ${record} --force`));
  }
  const fresh = await spawn(served, "fresh");
  assert.ok(fresh > log, `pid ${fresh} was given before`);
  assert.is(codeOf(await served.call("agent_spawn", { agent_id: "record" })), "agent-exists");
  await ok(served.call("ipc_subscribe", { topic: "news", pid: fresh }));
  assert.is((await ok(served.call("ipc_send", { topic: "news", text: "all" }))).receivers, 5);
  await ok(served.call("agent_resume", { pid: sound }));
  await ok(served.call("agent_resume", { pid: mail }));
  await ok(served.call("agent_resume", { pid: state }));
  await until("the message behind the damaged one is handled", handled(served, mail, 3));
  await until("the job that is sound fires", handled(served, sound, 3));
  assert.match((await ok(served.call("agent_inspect", { pid: state }))).last_error, /^state-damaged: /);
  const { jobs } = await ok(served.call("sys_cron_list", {}));
  assert.equal(
    jobs.map(({ id, name, runs, last_error }: Message) => [id, name, runs > 0, last_error?.split(":")[0]]),
    [
      [broken, "", false, "state-damaged"],
      [fires, "fires", true, undefined],
    ],
  );
  await ok(served.call("sys_cron_add", { name: "more", interval_secs: 60, command: "fs.stat" }));
  assert.equal((await ok(served.call("sys_tree_inspect", { path: "/agents/record" }))).metadata, { damaged: true });
  const { health } = await ok(served.call("sys_service_health", { name: "agents" }));
  assert.match(health[0].detail, /^6 of 64 agents, 1 of them damaged: run tollgate doctor$/);
  const dead = JSON.parse((await run(place, ["agent", "dead", "--json"])).stdout);
  const letters = dead.map(({ message, to_pid, reason }: Message) => [message.msg_id, to_pid, reason]);
  assert.ok(
    letters.some((one: Message) => one.join() === `${lost},${mail},damaged`),
    JSON.stringify(letters),
  );
  assert.is(
    dead.find(({ reason }: Message) => reason === "damaged").message.message.damaged,
    Buffer.from('{"half":').toString("base64"),
  );
  const handledIds = (await chainEvents(place))
    .filter(({ kind }) => kind === "agent.handled")
    .map(({ payload }) => payload.msg_id);
  assert.ok(handledIds.includes(behind));

  assert.is((await run(place, ["agent", "stop", String(record), "--force"])).code, 0);
  assert.is((await run(place, ["agent", "stop", String(state), "--force"])).code, 0);
  assert.is((await run(place, ["cron", "remove", String(broken)])).code, 0);
  await spawn(served, "record");
  assert.is(await served.close(), 0);
  await behindTheBack(place.state, (tables) => void tables.state.removeSync(stray));
  const settled = await doctor(place);
  assert.is(settled.code, 0, JSON.stringify(settled.checks));
  assert.match(
    settled.checks.find(({ check }) => check === "agents")?.detail ?? "",
    /^5 agents, 2 jobs, .* dead letters$/,
  );
  assert.is((await run(place, ["chain", "verify"])).code, 0);
});

test("a state directory of a newer version, with a damaged head or a damaged end is refused, and doctor says what to do", async ({
  place,
}) => {
  const before = await serve(place);
  const pid = await spawn(before, "kept");
  await ok(before.call("agent_suspend", { pid }));
  await send(before, pid, 1);
  assert.is(await before.close(), 0);
  const whole = join(place.home, "whole");
  cpSync(place.state, whole, { recursive: true });
  const restore = () => {
    rmSync(place.state, { recursive: true });
    cpSync(whole, place.state, { recursive: true, preserveTimestamps: true });
    chmodSync(place.state, 0o700);
  };
  const damages: readonly (readonly [name: string, () => Promise<void> | void, says: RegExp])[] = [
    [
      "newer",
      () =>
        behindTheBack(place.state, ({ meta }) => {
          const identity = JSON.parse(String(meta.get("identity")));
          meta.putSync("identity", Buffer.from(JSON.stringify({ ...identity, format: 99 })));
        }),
      /format 99 .*install a newer tollgate/,
    ],
    [
      "head",
      () => behindTheBack(place.state, ({ meta }) => meta.putSync("head", Buffer.from("x"))),
      /head is damaged.*tollgate chain verify/,
    ],
    [
      "cut",
      () => truncateSync(join(place.state, "state.mdb"), 8192),
      /damaged.*(tollgate chain verify|restore a backup)/,
    ],
    [
      "overwritten",
      () => writeFileSync(join(place.state, "state.mdb"), Buffer.alloc(65_536, "x")),
      /damaged.*(tollgate chain verify|restore a backup)/,
    ],
  ];
  for (const [name, damage, says] of damages) {
    restore();
    await damage();
    const bytes = readFileSync(join(place.state, "state.mdb"));
    const refused = await run(place, ["agent", "list"]);
    assert.equal([refused.code, refused.stdout], [3, ""], `${name}: ${refused.stderr}`);
    assert.match(refused.stderr, /^tollgate: [^\n]+\n$/);
    assert.match(refused.stderr, says, name);
    const { code, checks } = await doctor(place);
    assert.is(code, 1, name);
    const failed = checks.filter(({ status }) => status === "fail");
    assert.is(failed.length, 1, JSON.stringify(checks));
    assert.match(`${failed[0]?.detail}: ${failed[0]?.next ?? ""}`, says, name);
    assert.ok(readFileSync(join(place.state, "state.mdb")).equals(bytes), `${name}: nothing was written`);
  }
  restore();
  const after = await serve(place);
  await ok(after.call("agent_resume", { pid }));
  await until("what waited is handled", handled(after, pid, 1));
  assert.is(await after.close(), 0);
});

test("on a full or read-only disk agents, messages and jobs are refused with what to do, and all that was acknowledged is there when it works again", async ({
  place,
}) => {
  const disk = join(place.home, "disk");
  const unmount = smallDisk(disk);
  if (unmount === undefined) return;
  try {
    const there: Scratch = { ...place, state: join(disk, "s") };
    const options = [place.root, "--state-dir", there.state];
    const served = await serve(there, options);
    const pid = await spawn(served, "kept");
    const busy = await spawn(served, "busy");
    await ok(served.call("ipc_subscribe", { topic: "news", pid }));
    await ok(served.call("agent_suspend", { pid }));
    await ok(served.call("sys_cron_add", { name: "tick", interval_secs: 1, command: "x", target_pid: busy }));
    const acknowledged = [await send(served, pid, 0)];
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, "filler"), Buffer.alloc(Math.max(0, bavail * bsize - 4 * 1_048_576)));
    const told: string[] = [];
    for (let n = 1; n < 200 && !told.includes("chain-unwritable"); n++) {
      const answer = await Promise.race([
        served.call("agent_send", { pid, message: { n } }).catch(() => undefined),
        served.exit.then(() => undefined),
      ]);
      if (answer === undefined) break;
      told.push(codeOf(answer));
      if (codeOf(answer) === "ok") acknowledged.push(answer.structuredContent.msg_id);
      else assert.match(JSON.stringify(answer), /free \d+ bytes/);
      await wait(20);
    }
    served.child.stdin.end();
    assert.is(await served.exit, 3, served.stderr);
    assert.match(served.stderr, /^tollgate: [^\n]*free[^\n]*\n$/);

    const flags = ["--state-dir", there.state];
    const refused = async (says: RegExp, ...command: readonly string[]) => {
      const { code, stdout, stderr } = await run(there, [...command, ...flags]);
      assert.equal([code, stdout], [3, ""], stderr);
      assert.match(stderr, says);
      const { code: found, checks } = await doctor(there, ...flags);
      assert.is(found, 1);
      const failed = checks
        .filter(({ status }) => status === "fail")
        .map(({ detail, next }) => `${detail}: ${next ?? ""}`);
      assert.ok(
        failed.some((line) => says.test(line)),
        JSON.stringify(checks),
      );
    };
    await refused(/free (\d+ bytes|some|space)/, "agent", "spawn", "another");
    rmSync(join(disk, "filler"));
    mount("remount,ro", disk);
    await refused(/read-only|writable|written/i, "agent", "send", String(pid), "x");
    mount("remount,rw", disk);

    assert.is((await doctor(there, ...flags)).code, 0);
    assert.is((await run(there, ["chain", "verify", ...flags])).code, 0);
    const after = await serve(there, options);
    const list = await ok(after.call("agent_list", {}));
    assert.equal(
      list.agents.map(({ pid: one, state, inbox }: Message) => [one, state, one === pid ? inbox : 0]),
      [
        [pid, "suspended", acknowledged.length],
        [busy, "running", 0],
      ],
    );
    await ok(after.call("agent_resume", { pid }));
    await until("what was acknowledged is handled", handled(after, pid, acknowledged.length));
    const before = (await ok(after.call("agent_inspect", { pid: busy }))).resource_usage.messages_handled;
    await until("the job fires again", handled(after, busy, before + 1));
    assert.is(await after.close(), 0);
  } finally {
    unmount();
  }
});

test.run();
