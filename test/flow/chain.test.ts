// What the chain holds of calls through the built program, with one host, several at once, and hosts that are killed.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { callEvents, chainTells, codeOf } from "./decisions.ts";
import { chainEvents, type Message, run, type Scratch, Served, scratch } from "./program.ts";

const test = suite<{ place: Scratch }>("chain");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

const verified = async (place: Scratch): Promise<void> => {
  const { code, stdout, stderr } = await run(place, ["chain", "verify"]);
  assert.is(code, 0, stdout + stderr);
};
const sequenceOf = ({ result }: Message): number =>
  result._meta["dev.tollgate/usage"]?.sequence ?? result._meta["dev.tollgate/fault"]?.sequence;
const digestOf = (path: string) =>
  createHash("sha256")
    .update(JSON.stringify({ content: "x", path }))
    .digest("hex");

test("an effect has its intent before its outcome, a read only its outcome, a refusal one event; contents and secrets have none", async ({
  place,
}) => {
  const secret = "ghp_0123456789abcdefghijABCDEFGHIJ";
  writeFileSync(join(place.root, "a"), secret);
  const served = new Served(place);
  await served.initialize();
  await served.call("fs_read_file", { path: "a" });
  await served.call("fs_write_file", { path: "b", content: `${secret}x` });
  await served.call("fs_read_file", { path: "missing" });
  await served.call("fs_remove", { path: "a" });
  await served.call("fs_read_file", { path: "../../etc/passwd" });
  await served.call("fs_read_file", { pth: secret });
  await served.call("no_such_tool\n\u001b[2J forged", {});
  assert.is(await served.close(), 0);
  const events = await chainTells(place, [
    ...["call.outcome ok", "call.intent", "call.outcome ok", "call.outcome file-not-found"],
    ...["call.refused approval-required", "call.refused permission-denied", "call.refused invalid-arguments"],
    "call.refused tool-not-found",
  ]);
  const [, intent, outcome] = events;
  assert.is(intent.payload.call_id, outcome.payload.call_id);
  assert.ok(intent.sequence < outcome.sequence);
  assert.equal(Object.keys(outcome.payload).includes("fuel"), true);
  assert.not.match(JSON.stringify(events), new RegExp(secret));
  assert.not(readFileSync(join(place.state, "state.mdb")).includes(secret));
  const shown = (await run(place, ["chain", "tail"])).stdout;
  assert.not(shown.includes("\u001b") || /^forged/m.test(shown));
  await verified(place);
});

const ROUNDS = 15;

test(`killed ${ROUNDS} times under writes: what was answered is on the chain, what ran was announced, what is open is told`, async ({
  place,
}) => {
  const answered = new Map<number, string>();
  for (let round = 0; round < ROUNDS; round++) {
    const served = new Served(place);
    await served.initialize();
    const paths = new Map<unknown, string>();
    for (let i = 0; i < 60; i++) {
      const path = `f${round}-${i}`;
      paths.set(i, path);
      const params = { name: "fs_write_file", arguments: { path, content: "x" } };
      served.send({ jsonrpc: "2.0", id: i, method: "tools/call", params });
    }
    if (round % 3 === 0) await wait(round * 20);
    else await served.response((round * 7) % 60);
    await wait((round * 7) % 30);
    served.child.kill("SIGKILL");
    await served.exit;
    for (const message of served.messages) {
      if (message.result?.structuredContent === undefined) continue;
      answered.set(sequenceOf(message), paths.get(message.id) as string);
    }
    // The first kill may come before there is a chain.
    if (answered.size > 0) await verified(place);
  }
  const last = new Served(place);
  await last.initialize();
  await last.request("tools/list");
  const status = JSON.parse((await run(place, ["chain", "status", "--json"])).stdout);
  assert.is(await last.close(), 0);
  const events = await chainEvents(place);
  const bySequence = new Map(events.map((event) => [event.sequence, event]));
  assert.ok(answered.size > 0, "some calls were answered before a kill");
  for (const [sequence, path] of answered) {
    const { kind, payload } = bySequence.get(sequence) as Message;
    assert.equal([kind, payload.status, payload.args_sha256], ["call.outcome", "ok", digestOf(path)]);
  }
  const intents = events.filter(({ kind }) => kind === "call.intent");
  const announced = new Set(intents.map(({ payload }) => payload.args_sha256));
  const files = readdirSync(place.root).filter((name) => /^f\d+-\d+$/.test(name));
  for (const file of files) assert.ok(announced.has(digestOf(file)), `${file} was written without an intent`);
  const ended = new Set(events.filter(({ kind }) => kind === "call.outcome").map(({ payload }) => payload.call_id));
  const open = intents.map(({ payload }) => payload.call_id).filter((id) => !ended.has(id));
  assert.equal(status.open_intents.map(({ callId }: Message) => callId).sort(), open.sort());
  if (open.length > 0) {
    assert.match(last.stderr, new RegExp(`${open.length} effectful calls? ha(s|ve) no outcome`));
    assert.match((await run(place, ["chain", "status"])).stdout, new RegExp(`call ${open[0]} of host`));
    assert.is(events.findLast(({ kind }) => kind === "host.start").payload.open_intents, open.length);
  }
  await verified(place);
});

test("three hosts at once on one state directory share one chain: each answered call is there once, in order", async ({
  place,
}) => {
  const hosts = await Promise.all(
    [0, 1, 2].map(async (host) => {
      const served = new Served(place);
      await served.initialize();
      const calls = Array.from({ length: 80 }, (_, i) =>
        i % 2 === 0
          ? served.request("tools/call", { name: "fs_write_file", arguments: { path: `h${host}-${i}`, content: "x" } })
          : served.request("tools/call", { name: "fs_stat", arguments: { path: "." } }),
      );
      const answers = await Promise.all(calls);
      assert.equal([...new Set(answers.map(codeOf))], ["ok"]);
      return { served, answers };
    }),
  );
  await verified(place);
  for (const { served } of hosts) assert.is(await served.close(), 0);
  const sequences = hosts.flatMap(({ answers }) => answers.map(sequenceOf));
  assert.is(new Set(sequences).size, 240);
  const events = await callEvents(place);
  assert.equal(
    events.filter(({ kind }) => kind === "call.outcome").map(({ sequence }) => sequence),
    sequences.sort((a, b) => a - b),
  );
  assert.is(events.filter(({ kind }) => kind === "call.intent").length, 120);
  assert.is(new Set(events.map(({ payload }) => payload.call_id)).size, 240, "no two hosts use one call id");
  await verified(place);
});

test("the proof of an event is checked by whoever has the public key, without the chain; an altered one is refused", async ({
  place,
}) => {
  const served = new Served(place);
  await served.initialize();
  await served.call("fs_write_file", { path: "a", content: "x" });
  const asked = await served.call("sys_chain_query", { kind: "call.outcome", proof: true });
  assert.is(asked.structuredContent.events[0].proof.length > 0, true);
  assert.match(asked.structuredContent.root_hash, /^[0-9a-f]{64}$/);
  assert.is(await served.close(), 0);
  const proof = await run(place, ["chain", "prove", "2"]);
  assert.is(proof.code, 0, proof.stderr);
  const stranger = scratch();
  const write = (name: string, text: string) => {
    const file = join(stranger.home, name);
    writeFileSync(file, text);
    return file;
  };
  const key = write("host.pub", readFileSync(join(place.state, "host.pub"), "utf8"));
  const kept = write("proof.json", proof.stdout);
  const good = await run(stranger, ["chain", "verify-proof", kept, "--public-key", key]);
  assert.equal([good.code, good.stdout.replace(/[0-9a-f]{16,}/, "…")], [0, "event 2 is on the chain tollgate/…\n"]);
  const bad = write("bad.json", proof.stdout.replace(/"kind": ?"[^"]+"/, '"kind":"call.other"'));
  const refused = await run(stranger, ["chain", "verify-proof", bad, "--public-key", key]);
  assert.equal([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /^tollgate: the proof does not hold: the event was altered: its hash is another\n$/);
  assert.is((await run(place, ["chain", "verify-proof", kept])).code, 0, "with the key of the state directory");
  assert.is((await run(place, ["chain", "prove", "100000"])).code, 1);
  assert.is((await run(place, ["chain", "prove", "x"])).code, 2);
  stranger.remove();
});

test("hosts that come and go beside one that is killed keep the chain whole", async ({ place }) => {
  const steady = new Served(place);
  await steady.initialize();
  for (let round = 0; round < 2; round++) {
    const victim = new Served(place);
    await victim.initialize();
    for (let i = 0; i < 40; i++) {
      for (const served of [victim, steady]) {
        const params = { name: "fs_write_file", arguments: { path: `${round}-${i}`, content: "x" } };
        served.send({ jsonrpc: "2.0", id: `${round}-${i}`, method: "tools/call", params });
      }
    }
    await victim.response(`${round}-0`);
    victim.child.kill("SIGKILL");
    for (let i = 0; i < 40; i++) assert.is(codeOf(await steady.response(`${round}-${i}`)), "ok");
  }
  assert.is(await steady.close(), 0);
  await verified(place);
});

test.run();
