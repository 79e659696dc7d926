// The small extended tools through the built program: what they answer is true, and what moves moves.
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { codeOf } from "./decisions.ts";
import { chainEvents, type Message, type Scratch, Served, scratch } from "./program.ts";

let place: Scratch;
let served: Served;

test.before(async () => {
  place = scratch();
  served = new Served(place);
  await served.initialize();
});
test.after(() => place.remove());

async function ask(name: string, args: object = {}): Promise<Message> {
  const result = await served.call(name, args);
  return result.isError === true ? codeOf(result) : result.structuredContent;
}

test("a value that was set is there, in its namespace, with its version, and for the next host", async () => {
  assert.is(await ask("kv_get", { key: "a" }), "key-not-found");
  const value = { list: [1, "zwei", null], __: true };
  assert.equal(await ask("kv_set", { key: "a", value }), { ok: true, key: "a", namespace: "default", version: 1 });
  assert.equal(await ask("kv_get", { key: "a" }), { key: "a", namespace: "default", value, version: 1 });
  assert.is(await ask("kv_get", { key: "a", namespace: "other" }), "key-not-found");
  assert.is((await ask("kv_set", { key: "a", value: 2, if_version: 1 })).version, 2);
  assert.is(await ask("kv_set", { key: "a", value: 3, if_version: 1 }), "version-conflict");
  assert.is(await ask("kv_set", { key: "new", value: 3, if_version: 1 }), "version-conflict");
  assert.is((await ask("kv_set", { key: "new", value: null, if_version: 0 })).version, 1);
  assert.is(await ask("kv_set", { key: "big", value: "x".repeat(70_000) }), "value-too-large");
  assert.is((await ask("kv_get", { key: "a" })).value, 2);
  served.child.kill("SIGKILL");
  await served.exit;
  served = new Served(place);
  await served.initialize();
  assert.equal(await ask("kv_get", { key: "a" }), { key: "a", namespace: "default", value: 2, version: 2 });
  const sets = (await chainEvents(place)).filter(({ kind }) => kind === "kv.set");
  assert.is(sets.length, 3);
});

test("of writers on the condition of one version, one wins", async () => {
  const sets = await Promise.all(
    Array.from({ length: 8 }, (_, n) => ask("kv_set", { key: "race", value: n, if_version: 0 })),
  );
  assert.is(sets.filter((answer) => answer.version === 1).length, 1);
  assert.is(sets.filter((answer) => answer === "version-conflict").length, 7);
});

test("health is asked of each part, and an unknown part is an error", async () => {
  const all = await ask("health_check");
  assert.ok(all.count >= 7);
  assert.is(all.overall, "healthy", JSON.stringify(all));
  assert.ok(all.services.every(({ healthy }: { healthy: boolean }) => healthy));
  const one = await ask("health_check", { service: "store" });
  assert.equal(one.services, [{ name: "store", type: "execution", status: "healthy", healthy: true }]);
  assert.is(await ask("health_check", { service: "nothing" }), "service-unknown");
});

test("figures move with what they count, and a prefix picks", async () => {
  const figure = async (name: string): Promise<number> =>
    (await ask("metrics_snapshot", { prefix: name })).metrics.find((one: Message) => one.name === name).value;
  const [runs, events] = [await figure("store.runs"), await figure("chain.events")];
  await ask("fs_exists", { path: "x" });
  assert.ok((await figure("store.runs")) > runs + 1);
  assert.ok((await figure("chain.events")) > events);
  const { metrics, count } = await ask("metrics_snapshot", { prefix: "store." });
  assert.is(metrics.length, count);
  assert.ok(metrics.every(({ name }: Message) => name.startsWith("store.")));
  assert.equal((await ask("metrics_snapshot", { prefix: "no such" })).metrics, []);
});

test("the host describes its machine, and nothing of its user", async () => {
  const facts = await ask("env_detect");
  assert.is(facts.os, process.platform);
  assert.is(facts.memory_bytes, totalmem());
  assert.ok(facts.cpu_count >= 1 && facts.cpu_count <= cpus().length);
  assert.is(facts.runtime, `node ${process.versions.node}`);
  assert.ok(facts.features.includes("simd") && !facts.features.includes("gc"));
  assert.not(JSON.stringify(facts).includes(place.home));
});

test("tools with libraries answer under the built-in policy, and each call is on the chain", async () => {
  writeFileSync(join(place.root, "a.md"), "# T\n");
  writeFileSync(join(place.root, "a.toml"), "x = 1\n");
  assert.is((await ask("doc_parse", { path: "a.md" })).sections[0].title, "T");
  assert.equal(await ask("config_read", { path: "a.toml" }), { x: 1 });
  assert.is((await ask("fs_analyze", { path: "." })).file_count, 2);
  assert.is(await ask("git_log"), "not-a-repository");
  assert.equal(await ask("report_template", { template: "{{a}}", data: { a: 1 } }), { rendered: "1" });
  assert.is(await ask("config_read", { path: "../a.toml" }), "permission-denied");
  assert.is(await ask("shell_exec", { command: "ls" }), "approval-required");
  await served.close();
  const tools = new Set((await chainEvents(place)).map(({ payload }) => payload?.tool));
  for (const tool of ["doc.parse", "config.read", "fs.analyze", "git.log", "report.template", "shell.exec", "kv.set"])
    assert.ok(tools.has(tool), tool);
});

test.run();
