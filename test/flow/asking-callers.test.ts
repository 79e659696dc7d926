// Tools that ask, by whoever else calls them and on the command line: who cannot be asked, JSON-RPC, tool test, tool show.
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { buildContentTool } from "../conformance/fixture-tools.ts";
import { ADA, askingSuite, eventsSince, modern, OLD, seenBy, TOLD } from "./asking-tool.ts";
import { callEvents, codeOf, told } from "./decisions.ts";
import { Framed } from "./framed.ts";
import { run, Served } from "./program.ts";
import { echoing, toolFolder } from "./tool-folder.ts";
import { serve, started, tool } from "./tool-ground.ts";

const test = askingSuite("callers of tools that ask");
const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

test("who cannot be asked is told so, and the tool may see it first", async ({ place }) => {
  const before = (await callEvents(place)).length;
  const served = await serve(place);
  const unable = await served.call("acme_ask", {});
  assert.is(codeOf(unable), "input-required");
  assert.match(unable.content[0].text, /nobody can be asked here: use a client that can show a form/);
  const plain = await modern(served, {}, {}, {});
  assert.equal([plain.error.code, plain.error.data.requiredCapabilities], [-32021, { elicitation: { form: {} } }]);
  assert.is(seenBy(await served.call("acme_ask", { how: "if it may" })).canAsk, false);
  assert.is(await served.close(), 0);
  const called = await run(place, ["call", "acme.ask", "-q"]);
  assert.equal([called.code, JSON.parse(called.stdout).error.code], [1, "input-required"]);
  const events = await eventsSince(place, before);
  assert.equal(
    events.map(told).filter((event) => event !== "call.intent"),
    [...Array(2).fill("call.outcome input-required"), "call.outcome ok", "call.outcome input-required"],
  );
});

test("a tool that calls one that asks is told that nobody can be asked, also where its own caller could be", async ({
  place,
}) => {
  const code = `import { type Answer, type Arguments, content, type Host, ToolError } from "tollgate/tool";
export default function (_: Arguments, host: Host): Answer {
  try {
    return content(JSON.stringify(host.call("acme.ask", {})));
  } catch (error) {
    return content((error as ToolError).code);
  }
}`;
  const outer = {
    name: "acme.outer",
    calls: ["acme.ask"],
    hostCalls: ["tool.call"],
    effect: { risk: 0.5, privacy: 0.1 },
  };
  const folder = await buildContentTool(join(place.home, "outer"), outer, code);
  await tool(place, "deploy", folder, "--activate");
  const served = new Served(place);
  started.push(served.child);
  await served.initialize({ elicitation: {} });
  assert.equal((await served.call("acme_outer", {})).content, [{ type: "text", text: "input-required" }]);
  assert.not.ok(served.messages.some(({ method }) => method === "elicitation/create"));
});

test("over JSON-RPC, a client that shows forms is asked by tools/ask", async ({ place }) => {
  const served = new Framed(place);
  started.push(served.child);
  await served.initialize({ capabilities: { tools: { ask: true } } });
  served.send({ jsonrpc: "2.0", id: "a", method: "acme.ask", params: {} });
  for (const [message, result] of [
    [/Who/, ADA],
    [/How old/, OLD],
  ] as const) {
    const asked = await served.next(({ method, params }) => method === "tools/ask" && message.test(params.message));
    assert.is(asked.params.tool, "acme.ask");
    served.send({ jsonrpc: "2.0", id: asked.id, result });
  }
  assert.equal(seenBy((await served.response("a")).result), TOLD);
  const other = new Framed(place);
  started.push(other.child);
  await other.initialize();
  assert.is((await other.request("acme.ask")).error.data.code, "input-required");
});

test("tool test runs a later round as an example, shows what came, and the types are those of the code", async ({
  place,
}) => {
  const folder = join(place.home, "ask");
  const write = (name: string, example: object) =>
    writeFileSync(join(folder, "examples", `${name}.json`), JSON.stringify({ arguments: {}, ...example }));
  mkdirSync(join(folder, "examples"), { recursive: true });
  const seen = { canAsk: true, inputs: { name: { action: "decline" } }, state: 1 };
  const blocks = (said: string) => ({ content: [{ type: "text", text: said }] });
  write("answered", { inputs: { name: { action: "decline" } }, state: 1, answer: blocks(JSON.stringify(seen)) });
  write("raw", { arguments: { how: "raw", document: '{"ask":{}}' }, error: "tool-output-invalid" });
  write("wrong", { inputs: { name: { action: "decline" } }, answer: blocks("other") });
  const tested = await run(place, ["tool", "test", folder]);
  assert.match(
    tested.stdout,
    /^ok {3}answered .*\nok {3}raw .*\nFAIL wrong .*\n {5}the answer is .*\n {5}\| \{"canAsk":true/,
    tested.stderr,
  );
  assert.match(tested.stdout, /2 passed, 1 failed\n$/);
  write("wrong", { state: 1, answer: {} });
  assert.match((await run(place, ["tool", "test", folder])).stderr, /"state" is what a later round is told/);

  const options = [
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--target",
    "es2023",
    "--lib",
    "es2023",
    "--module",
    "esnext",
  ];
  const files = ["tool.ts", "tollgate.d.ts"].map((file) => join(folder, file));
  const args = [TSC, ...options, "--moduleResolution", "bundler", "--types", "", ...files];
  const checked = await new Promise((resolve) => execFile(process.execPath, args, (_, stdout) => resolve(stdout)));
  assert.is(checked, "");
});

test("what shows a tool says that it asks, and a version that begins to is quarantined until it is accepted", async ({
  place,
}) => {
  const shown = await run(place, ["tool", "show", "acme.ask"]);
  assert.match(shown.stdout, /\n {2}answers {5}blocks: .*\n {2}asks {8}the user of whoever calls it/);
  assert.not.match(shown.stdout, /\nanswer:/, "there is no object to show");
  const silent = { name: "acme.later", result: "content", output: undefined };
  await tool(place, "deploy", toolFolder(place, "later", silent, echoing()), "--activate");
  const asking = { ...silent, version: "1.0.1", asks: true, effect: { privacy: 0.1 } };
  const folder = toolFolder(place, "later", asking, echoing());
  const deployed = await run(place, ["tool", "deploy", folder, "--activate"]);
  assert.is.not(deployed.code, 0, deployed.stdout);
  assert.match(deployed.stdout + deployed.stderr, /differs from 1\.0\.0, which was accepted:\n {2}asks\n {4}\+ true\n/);
});

test.run();
