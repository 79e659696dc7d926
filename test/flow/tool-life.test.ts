// A deployed tool from its folder to its end, through the command line and running hosts.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { quickScratch } from "./files/ground.ts";
import { Framed } from "./framed.ts";
import { chainEvents, MAIN, type Message, run, type Scratch, Served } from "./program.ts";
import { saying, toolFolder } from "./tool-folder.ts";

const NAME = "acme.greet";
const test = suite<{ place: Scratch }>("tool life");
const started: { kill(signal: NodeJS.Signals): boolean }[] = [];
test.before.each((context) => {
  context.place = quickScratch();
});
test.after.each(({ place }) => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  place.remove();
});

async function serve(place: Scratch): Promise<Served> {
  const served = new Served(place);
  started.push(served.child);
  await served.initialize();
  await served.request("tools/list");
  return served;
}

/** A command that must succeed, and what it prints as JSON. */
async function tool(place: Scratch, ...args: string[]): Promise<Message> {
  const done = await run(place, ["tool", ...args, "--json"]);
  assert.is(done.code, 0, done.stderr);
  return JSON.parse(done.stdout);
}

const refused = async (place: Scratch, says: RegExp, ...args: string[]): Promise<void> => {
  const done = await run(place, ["tool", ...args]);
  assert.is(done.code, 1, `${args.join(" ")}: ${done.stdout}${done.stderr}`);
  assert.match(done.stderr, says);
};

const listed = async (served: Served): Promise<string[]> =>
  (await served.request("tools/list")).result.tools.map(({ name }: Message) => name);
const changes = (served: Served): number =>
  served.messages.filter(({ method }) => method === "notifications/tools/list_changed").length;
const told = async (served: Served, count: number): Promise<void> => {
  const deadline = Date.now() + 5000;
  while (changes(served) < count) {
    assert.ok(Date.now() < deadline, `the client was told ${changes(served)} times, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const code = (answer: Message): string => answer._meta?.["dev.tollgate/fault"]?.code ?? answer.error?.message ?? "ok";

test("deploy, activate, upgrade, roll back, revoke and remove reach two running hosts and their clients", async ({
  place,
}) => {
  const [one, two] = await Promise.all([serve(place), serve(place)]);
  const deployed = await tool(place, "deploy", toolFolder(place, "v1"));
  assert.not.ok((await listed(one)).includes("acme_greet"), "what is deployed does not run by that");
  assert.match(code(await one.call(NAME, {})), /unknown tool/);

  await tool(place, "activate", NAME, "1.0.0");
  await Promise.all([told(one, 1), told(two, 1)]);
  for (const served of [one, two]) {
    assert.ok((await listed(served)).includes("acme_greet"));
    assert.equal((await served.call("acme_greet", { name: "x" })).structuredContent, { text: "hello" });
    assert.is(code(await served.call(NAME, { nome: "x" })), "invalid-arguments");
  }

  const second = toolFolder(place, "v2", { version: "1.1.0", description: "Greets otherwise." }, saying("servus"));
  const upgrade = await tool(place, "deploy", second);
  assert.equal(
    upgrade.differences.map(({ where }: Message) => where),
    ["description", "module.sha256", "module.size"],
  );
  await refused(place, /differs from 1\.0\.0.* --accept/, "activate", NAME, "1.1.0");
  assert.equal((await one.call(NAME, {})).structuredContent, { text: "hello" });
  await tool(place, "activate", NAME, "1.1.0", "--accept");
  await Promise.all([told(one, 2), told(two, 2)]);
  for (const served of [one, two]) assert.equal((await served.call(NAME, {})).structuredContent, { text: "servus" });

  await tool(place, "rollback", NAME);
  // No waiting for the bell: a call asks the state.
  for (const served of [one, two]) assert.equal((await served.call(NAME, {})).structuredContent, { text: "hello" });
  await tool(place, "activate", NAME, "1.1.0");
  const revoked = await tool(place, "revoke", NAME, "1.1.0", "--reason", "it leaks");
  for (const served of [one, two]) assert.match(code(await served.call(NAME, {})), /unknown tool/);
  await refused(place, /was revoked: it leaks/, "activate", NAME, "1.1.0");
  await refused(place, /was revoked/, "rollback", NAME, "1.1.0");
  await refused(place, /1\.0\.5 is not later than 1\.1\.0/, "deploy", toolFolder(place, "old", { version: "1.0.5" }));
  await refused(place, /with other contents/, "deploy", toolFolder(place, "other", { title: "Other" }));
  assert.is((await tool(place, "deploy", toolFolder(place, "v1"))).known, true);

  await tool(place, "rollback", NAME);
  for (const served of [one, two]) assert.equal((await served.call(NAME, {})).structuredContent, { text: "hello" });
  await tool(place, "remove", NAME);
  for (const served of [one, two]) assert.match(code(await served.call(NAME, {})), /unknown tool/);
  assert.equal(readdirSync(join(place.state, "modules")), []);
  await refused(place, /1\.0\.0 was removed/, "deploy", toolFolder(place, "v1"));
  assert.equal([await one.close(), await two.close()], [0, 0]);

  const events = await chainEvents(place);
  const life = events.filter(({ kind }) => kind.startsWith("tool."));
  assert.equal(
    life.map(({ kind, payload }) => `${kind} ${payload.version ?? payload.count}`),
    [
      ...[
        "tool.deploy 1.0.0",
        "tool.activate 1.0.0",
        "tool.deploy 1.1.0",
        "tool.activate 1.1.0",
        "tool.rollback 1.0.0",
      ],
      ...["tool.activate 1.1.0", "tool.revoke 1.1.0", "tool.rollback 1.0.0", "tool.remove 2"],
    ],
  );
  for (const { kind, payload } of life) {
    assert.is(payload.tool, NAME);
    for (const { module_sha256, statement_sha256 } of payload.versions ?? [payload]) {
      assert.match(module_sha256, /^[0-9a-f]{64}$/, kind);
      assert.match(statement_sha256, /^[0-9a-f]{64}$/, kind);
    }
  }
  assert.is(life[0].payload.module_sha256, deployed.module_sha256);
  assert.is(life[6].sequence, revoked.sequence);
  assert.is((await run(place, ["chain", "verify"])).code, 0);
});

test("a call that runs when its version is revoked ends at once, in another process", async ({ place }) => {
  const folder = toolFolder(
    place,
    "spin",
    { limits: { fuel: 100_000_000_000, deadlineMs: 60_000 } },
    saying("late", true),
  );
  await tool(place, "deploy", folder, "--activate");
  const served = await serve(place);
  const call = served.call(NAME, {});
  await new Promise((resolve) => setTimeout(resolve, 400));
  await tool(place, "revoke", NAME, "1.0.0", "--reason", "it spins");
  const at = Date.now();
  const answer = await call;
  assert.is(code(answer), "tool-revoked");
  assert.ok(Date.now() - at < 2000, "it was not ended");
  const last = (await chainEvents(place)).findLast(({ kind }) => kind === "call.outcome");
  assert.is(last.payload.tool, NAME);
  await served.close();
});

test("a stream that asked for it is told of tools, one that did not is not, and JSON-RPC has its own notification", async ({
  place,
}) => {
  const modern = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const served = new Served(place);
  started.push(served.child);
  const discovered = await served.request("server/discover", { _meta: modern });
  assert.is(discovered.result.capabilities.tools.listChanged, true);
  const listen = (id: string, notifications: unknown) =>
    served.send({ jsonrpc: "2.0", id, method: "subscriptions/listen", params: { notifications, _meta: modern } });
  const acknowledged =
    (id: string) =>
    ({ method, params }: Message) =>
      method === "notifications/subscriptions/acknowledged" &&
      params._meta["io.modelcontextprotocol/subscriptionId"] === id;
  listen("tools", { toolsListChanged: true });
  listen("both", { toolsListChanged: true, resourcesListChanged: true });
  listen("none", { resourcesListChanged: true });
  assert.equal((await served.next(acknowledged("tools"))).params.notifications, { toolsListChanged: true });
  assert.equal((await served.next(acknowledged("both"))).params.notifications, {
    toolsListChanged: true,
    resourcesListChanged: true,
  });
  assert.equal((await served.next(acknowledged("none"))).params.notifications, { resourcesListChanged: true });
  await served.request("tools/list", { _meta: modern });

  const framed = new Framed(place);
  started.push(framed.child);
  const { result } = await framed.request("initialize", {});
  assert.is(result.capabilities.tools.listChanged, "tools/listChanged");
  await framed.request("tools/list");

  const at = Date.now();
  await tool(place, "deploy", toolFolder(place, "v1"), "--activate");
  await framed.next(({ method }: Message) => method === "tools/listChanged");
  await told(served, 2);
  assert.ok(Date.now() - at < 20_000);
  assert.equal(
    served.messages
      .filter(({ method }) => method === "notifications/tools/list_changed")
      .map(({ params }) => params._meta["io.modelcontextprotocol/subscriptionId"])
      .sort(),
    ["both", "tools"],
  );
  assert.equal((await framed.request(NAME, {})).result, { text: "hello" });
  await served.close();
});

test("a module or signature that was changed on the disk does not run, is named, and is not listed", async ({
  place,
}) => {
  const { module_sha256 } = await tool(place, "deploy", toolFolder(place, "v1"), "--activate");
  const path = join(place.state, "modules", `${module_sha256}.wasm`);
  writeFileSync(path, saying("evil!"));
  const bytes = readFileSync(path);
  const found = await run(place, ["tool", "verify"]);
  assert.is(found.code, 1);
  assert.match(found.stdout, new RegExp(`acme.greet 1.0.0: its module ${module_sha256}.wasm has`));
  const served = await serve(place);
  const answer = await served.call(NAME, {});
  assert.is(code(answer), "tool-quarantined");
  assert.match(answer.content[0].text, new RegExp(module_sha256));
  await told(served, 1);
  assert.not.ok((await listed(served)).includes("acme_greet"));
  assert.match(code(await served.call(NAME, {})), /unknown tool/);
  await served.close();
  const event = (await chainEvents(place)).find(({ kind }) => kind === "tool.quarantine");
  assert.is(event.payload.module_sha256, module_sha256);
  assert.equal(readFileSync(path), bytes);
});

test("a deploy that is killed at any moment leaves the old version active and the state whole", async ({ place }) => {
  await tool(place, "deploy", toolFolder(place, "v1"), "--activate");
  for (let round = 1; round <= 12; round++) {
    const folder = toolFolder(place, `k${round}`, { version: `1.${round}.0` }, saying(`round ${round}`));
    const child = execFile(process.execPath, [MAIN, "tool", "deploy", folder], { env: place.env, cwd: place.root });
    const ended = new Promise((resolve) => child.on("close", resolve));
    await new Promise((resolve) => setTimeout(resolve, 120 + round * 45));
    child.kill("SIGKILL");
    await ended;
  }
  const served = await serve(place);
  assert.equal((await served.call(NAME, {})).structuredContent, { text: "hello" });
  await served.close();
  const { active, versions } = await tool(place, "versions", NAME);
  assert.is(active, "1.0.0");
  const verified = await tool(place, "verify");
  assert.is(verified.checked.length, versions.length);
  assert.is((await run(place, ["chain", "verify"])).code, 0);
  // What was cut off can be done again, and by that becomes whole.
  const last = Math.max(...versions.map(({ version }: Message) => Number(version.split(".")[1])));
  if (last < 12) await tool(place, "deploy", join(place.home, "tools", "k12"));
  await tool(place, "activate", NAME, last < 12 ? "1.12.0" : `1.${last}.0`, "--accept");
});

test("what cannot be believed, or looks like another tool, is refused with its reason and leaves nothing behind", async ({
  place,
}) => {
  await tool(place, "deploy", toolFolder(place, "v1"));
  const cases: readonly (readonly [changed: Record<string, unknown>, says: RegExp, module?: Uint8Array])[] = [
    [{ name: "fs.greet" }, /tollgate's own/],
    [{ name: "acme.gr_eet" }, /looks like|both as/],
    [{ name: "acme.greet2", description: "x\u202e" }, /cannot be seen/],
    [
      { name: "acme.two", effect: { risk: 0 }, filesystem: "read-only", folders: [{ path: ".", access: "read-only" }] },
      /at least 0\.1/,
    ],
    [
      {
        name: "acme.two",
        parameters: { type: "object", additionalProperties: false, properties: { a: { $ref: "http://x/" } } },
      },
      /leads elsewhere/,
    ],
    [{ name: "acme.two", extra: 1 }, /unknown key/],
    [{ name: "acme.two" }, /module/, new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 9])],
  ];
  for (const [at, [changed, says, module]] of cases.entries()) {
    await refused(place, says, "deploy", toolFolder(place, `bad${at}`, changed, module));
  }
  assert.equal(
    (await tool(place, "list")).map((one: Message) => one.tool),
    [NAME],
  );
  assert.is(readdirSync(join(place.state, "modules")).length, 1);
  const events = await chainEvents(place);
  assert.is(events.filter(({ kind }) => kind.startsWith("tool.")).length, 1);
});

test("outside development a tool without a signature is refused with the command that settles it", async ({
  place,
}) => {
  const folder = toolFolder(place, "v1");
  await refused(
    place,
    new RegExp(`signatures are required here.*tollgate tool sign ${folder}`),
    "deploy",
    folder,
    "--environment",
    "production",
  );
  await tool(place, "deploy", folder, "--activate");
  await refused(place, /came without a signature/, "activate", NAME, "1.0.0", "--environment", "staging");
  const served = new Served(place, [place.root, "--environment", "production"]);
  started.push(served.child);
  await served.initialize();
  assert.not.ok(
    (await listed(served)).includes("acme_greet"),
    "an unsigned tool of development is not listed in production",
  );
  await served.close();
  const later = toolFolder(place, "v2", { version: "1.0.1" });
  await tool(place, "sign", later);
  assert.is(
    (await tool(place, "deploy", later, "--activate", "--accept", "--environment", "production")).unsigned,
    false,
  );
  // One byte of what was signed, changed after.
  const other = toolFolder(place, "v3", { version: "1.0.2" });
  await tool(place, "sign", other);
  const signed = readFileSync(join(other, "tool.dsse.json"));
  toolFolder(place, "v3", { version: "1.0.2", limits: { fuel: 2_000_000 } });
  writeFileSync(join(other, "tool.dsse.json"), signed);
  await refused(place, /does not count: it is over something else/, "deploy", other);
});

test.run();
