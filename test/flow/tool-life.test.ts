// A deployed tool from its folder to its end, through the command line and running hosts.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { Framed } from "./framed.ts";
import { chainEvents, type Message, run, Served } from "./program.ts";
import { saying, toolFolder } from "./tool-folder.ts";
import { code, listed, refused, serve, started, told, tool, toolSuite } from "./tool-ground.ts";

const NAME = "acme.greet";
const test = toolSuite("tool life");

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

test.run();
