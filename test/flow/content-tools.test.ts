// Tools that answer blocks, through the built program: what each kind of client gets of them, and what no client gets.
import { Client as ModernClient } from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernTransport } from "@modelcontextprotocol/client/stdio";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as LegacyTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { callEvents, told } from "./decisions.ts";
import { quickScratch } from "./files/ground.ts";
import { Framed } from "./framed.ts";
import { MAIN, type Message, run, type Scratch, Served } from "./program.ts";
import { echoing, toolFolder } from "./tool-folder.ts";
import { serve, started, tool } from "./tool-ground.ts";

const test = suite<{ place: Scratch }>("tools that answer blocks");
test.before(async (context) => {
  context.place = quickScratch();
  await deployEchoes(context.place);
});
test.after.each(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});
test.after(({ place }) => place.remove());

const ANY = { content: {}, structuredContent: {}, isError: {}, _meta: {}, ask: {}, resultType: {} };
const OUTPUT = {
  type: "object",
  additionalProperties: false,
  properties: { ok: { type: "boolean" } },
  required: ["ok"],
};

/** Two tools whose answer is what they are called with: one of blocks alone, one with an object beside them. */
async function deployEchoes(place: Scratch): Promise<void> {
  const parameters = { type: "object", additionalProperties: false, properties: ANY };
  const common = { result: "content", parameters };
  const blocks = toolFolder(place, "say", { ...common, name: "acme.say", output: undefined }, echoing());
  await tool(place, "deploy", blocks, "--activate");
  const both = toolFolder(place, "both", { ...common, name: "acme.both", output: OUTPUT }, echoing());
  await tool(place, "deploy", both, "--activate");
}

const BLOCKS = [
  { type: "text", text: "see\u0007 below\n", annotations: { audience: ["user"], priority: 1 } },
  { type: "image", data: "AAAA", mimeType: "image/png" },
  { type: "audio", data: "AAAA", mimeType: "audio/wav" },
  { type: "resource", resource: { uri: "acme://r", mimeType: "text/plain", text: "inside" } },
  { type: "resource", resource: { uri: "acme://b", blob: "AA==" } },
  { type: "resource_link", uri: "https://a.example/x", name: "x" },
];
const MODERN = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};

test("each revision, and JSON-RPC, gets what it can read of the same answer", async ({ place }) => {
  const served = await serve(place);
  const { result } = await served.request("tools/list");
  const find = (name: string) => result.tools.find((one: Message) => one.name === name);
  assert.not.ok("outputSchema" in find("acme_say"), "no object is promised");
  assert.equal(find("acme_both").outputSchema, OUTPUT);

  const legacy = await served.call("acme_say", { content: BLOCKS });
  assert.equal([legacy.content, legacy.isError, legacy.structuredContent], [BLOCKS, undefined, undefined]);
  assert.ok(legacy._meta["dev.tollgate/usage"].fuelConsumed > 0);
  const modern = await served.request("tools/call", {
    name: "acme_say",
    arguments: { content: BLOCKS },
    _meta: MODERN,
  });
  assert.equal([modern.result.resultType, modern.result.content], ["complete", BLOCKS]);
  const both = await served.call("acme_both", { content: BLOCKS, structuredContent: { ok: true } });
  assert.equal([both.content, both.structuredContent], [BLOCKS, { ok: true }]);
  const failed = await served.call("acme_both", { content: BLOCKS.slice(0, 1), isError: true });
  assert.equal([failed.content, failed.isError], [BLOCKS.slice(0, 1), true]);
  assert.not.ok("dev.tollgate/fault" in failed._meta, "the tool says so itself");

  const old = new Served(place);
  started.push(old.child);
  await old.initialize({}, "2024-11-05");
  const texts = await old.call("acme_both", { content: BLOCKS, structuredContent: { ok: true } });
  assert.equal(
    texts.content.map(({ type }: Message) => type),
    ["text", "image", "text", "resource", "resource", "text", "text"],
  );
  assert.is(texts.content.at(-1).text, '{"ok":true}');
  assert.not.ok("structuredContent" in texts);

  const framed = new Framed(place);
  started.push(framed.child);
  await framed.initialize();
  const listed = (await framed.request("tools/list")).result.tools.find((one: Message) => one.name === "acme.say");
  assert.equal([listed.result, listed.output], ["content", undefined]);
  assert.equal((await framed.request("acme.say", { content: BLOCKS })).result, { content: BLOCKS });

  const called = await run(place, ["call", "acme.say", "--json", JSON.stringify({ content: BLOCKS }), "-q"]);
  assert.equal([called.code, JSON.parse(called.stdout)], [0, { content: BLOCKS }]);
  const error = { content: BLOCKS.slice(0, 1), isError: true };
  assert.is((await run(place, ["call", "acme.say", "--json", JSON.stringify(error), "-q"])).code, 1);
  const events = (await callEvents(place)).map(told);
  assert.equal(
    events.filter((event) => event === "call.outcome error").length,
    2,
    "the chain tells errors from answers",
  );
});

const hostile: readonly (readonly [name: string, args: Message, says: RegExp])[] = [
  ["a member of the protocol's own", { content: [], _meta: { "dev.tollgate/usage": {} } }, /unknown member "_meta"/],
  ["a result of another type", { content: [], resultType: "input_required" }, /unknown member "resultType"/],
  [
    "a file of the user's",
    { content: [{ type: "resource_link", uri: "file:///etc/passwd", name: "x" }] },
    /scheme file/,
  ],
  ["a resource of this host's", { content: [{ type: "resource_link", uri: "ipc://inbox", name: "x" }] }, /scheme ipc/],
  ["a page as a picture", { content: [{ type: "image", data: "AAAA", mimeType: "text/html" }] }, /which is no image/],
  ["bytes that are no base64", { content: [{ type: "image", data: "@@@@", mimeType: "image/png" }] }, /not base64/],
  [
    "a name that turns round",
    { content: [{ type: "resource_link", uri: "acme://x", name: "\u202ex" }] },
    /cannot be seen/,
  ],
  ["an object that was not promised", { content: [], structuredContent: { ok: true } }, /no "output"/],
  ["a question that it may not ask", { content: [], ask: { a: {} } }, /unknown member "ask"/],
];

test("nothing of an answer reaches a client that was not looked at", async ({ place }) => {
  const before = (await callEvents(place)).length;
  const served = await serve(place);
  for (const [name, args, says] of hostile) {
    const answer = await served.call("acme_say", args);
    assert.is(answer._meta?.["dev.tollgate/fault"]?.code, "tool-output-invalid", `${name}: ${JSON.stringify(answer)}`);
    assert.match(answer.content[0].text, says, name);
    assert.equal([answer.content.length, answer.isError], [1, true], name);
  }
  assert.equal((await served.call("acme_say", { content: BLOCKS })).content, BLOCKS, "the next call is as ever");
  assert.is(await served.close(), 0);
  const events = (await callEvents(place)).map(told).slice(before);
  assert.equal(events, [...hostile.map(() => "call.outcome tool-output-invalid"), "call.outcome ok"]);
});

test("the official clients of both eras read every kind of block", async ({ place }) => {
  const program = { command: process.execPath, args: [MAIN, "serve", place.root], env: place.env as never };
  const legacy = new LegacyClient({ name: "test", version: "1" });
  await legacy.connect(new LegacyTransport(program));
  await legacy.listTools();
  const call = { name: "acme_both", arguments: { content: BLOCKS, structuredContent: { ok: true } } };
  const first = await legacy.callTool(call);
  assert.equal([first.content, first.structuredContent], [BLOCKS, { ok: true }]);
  await legacy.close();
  const modern = new ModernClient({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" } });
  await modern.connect(new ModernTransport(program));
  await modern.listTools();
  const second = await modern.callTool(call);
  assert.equal([second.content, second.structuredContent], [BLOCKS, { ok: true }]);
  await modern.close();
});

test.run();
