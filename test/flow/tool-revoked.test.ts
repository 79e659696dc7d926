// A version that is revoked stops wherever it is called from: by another tool, by an agent, by a job, and where it runs already.
import * as assert from "uvu/assert";
import { chainEvents, type Message } from "./program.ts";
import { ASK, asking, OPEN, saying, toolFolder } from "./tool-folder.ts";
import { code, serve, tool, toolSuite } from "./tool-ground.ts";

const test = toolSuite("tool revoked");
/** A call that was sent runs by then, also on a machine that is busy; a run that turns would do so for a minute. */
const RUNS_BY_THEN_MS = 1500;
const SOON_MS = 15_000;
const LONG = { limits: { fuel: 100_000_000_000, deadlineMs: 60_000 } };

test("a revoked version is refused to the tools, agents and jobs that call it, and what runs within another run ends with it", async ({
  place,
}) => {
  const deploy = (name: string, changed: object, module: Uint8Array) =>
    tool(place, "deploy", toolFolder(place, name, { name: `acme.${name}`, ...changed }, module), "--activate");
  const revoke = (name: string) => tool(place, "revoke", `acme.${name}`, "1.0.0", "--reason", "it leaks");
  await deploy("greet", {}, saying("hello"));
  await deploy("spin", LONG, saying("late", true));
  await deploy("turn", LONG, saying("late", true));
  const calling = { ...LONG, parameters: ASK, output: OPEN, hostCalls: ["tool.call"], calls: ["acme.*"] };
  await deploy("proxy", calling, asking("tool.call"));
  const served = await serve(place);
  const proxied = async (name: string): Promise<Message> =>
    served.call("acme.proxy", { tool: `acme.${name}`, args: {} });
  assert.equal((await proxied("greet")).structuredContent, { ok: true, answer: { text: "hello" } });
  const job = await served.call("sys.cron.add", { name: "greets", interval_secs: 1, command: "acme.greet {}" });
  assert.is(code(job), "ok");
  const capabilities = { tools: ["acme.greet"], ipc: "all" };
  const agent = await served.call("agent.spawn", { agent_id: "eyes", template: "watcher", capabilities });
  const watch = { op: "watch", tool: "acme.greet", args: {}, notify_topic: "seen" };
  const looks = () => served.call("agent.send", { pid: agent.structuredContent.pid, message: watch });
  assert.is(code(await looks()), "ok");
  const called = async (kind: string, whose: (payload: Message) => boolean): Promise<Message> => {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
      const { events } = (await served.call("sys.chain.query", { kind, count: 100 })).structuredContent;
      const ours = events.filter(({ payload }: Message) => payload.tool === "acme.greet" && whose(payload));
      if (ours.length > 0) return ours[0].payload;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`no ${kind} of ${whose}`);
  };
  const byJob = (payload: Message) => payload.via === "job:1";
  const byAgent = (payload: Message) => payload.principal === "agent:eyes";
  for (const whose of [byJob, byAgent]) assert.is((await called("call.outcome", whose)).status, "ok");
  await revoke("greet");
  const refused = (await proxied("greet")).structuredContent;
  assert.is(refused.code, "tool-not-found");

  assert.is(code(await looks()), "ok");
  for (const whose of [byJob, byAgent]) assert.is((await called("call.refused", whose)).fault.code, "tool-not-found");

  const nested = proxied("spin");
  await new Promise((resolve) => setTimeout(resolve, RUNS_BY_THEN_MS));
  let at = Date.now();
  await revoke("spin");
  assert.is((await nested).structuredContent.code, "tool-revoked", "its caller is told, and lives on");
  assert.ok(Date.now() - at < SOON_MS, "it was not ended");

  const outer = proxied("turn");
  await new Promise((resolve) => setTimeout(resolve, RUNS_BY_THEN_MS));
  at = Date.now();
  await revoke("proxy");
  assert.is(code(await outer), "tool-revoked");
  assert.ok(Date.now() - at < SOON_MS, "what it had called was not ended");
  await served.close();
  const ended = (await chainEvents(place)).flatMap(({ kind, payload }) =>
    kind === "call.outcome" && /spin|turn/.test(payload.tool) ? [[payload.tool, payload.fault.code, payload.via]] : [],
  );
  assert.equal(ended, [
    ["acme.spin", "tool-revoked", "tool:acme.proxy"],
    ["acme.turn", "cancelled", "tool:acme.proxy"],
  ]);
});

test.run();
