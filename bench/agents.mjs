// A message to an agent and its reply, beside the same module called as a tool, in the same host and run. By itself:
// `node bench/agents.mjs [rounds] [messages]`. Needs the built program. Rounds alternate; medians are told.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isStarted, numberFrom, scriptArguments } from "../scripts/script-arguments.mjs";
import { openHostAt } from "./host-source.mjs";
import { median } from "./statistics.mjs";

const WARM_UP = 50;
const DEADLINE_MS = 10_000;

/** Milliseconds of each of so many turns, one after the other. */
async function timed(count, turn) {
  const times = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    await turn(n);
    times.push(performance.now() - start);
  }
  return median(times);
}

export async function agentsBench({ rounds = 5, messages = 200 } = {}) {
  const place = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  const { host } = await openHostAt(place);
  const { signal } = new AbortController();
  const operator = { kind: "operator", id: "cli" };
  const must = (answer) => {
    if (answer.kind !== "result") throw new Error(JSON.stringify(answer.fault ?? answer));
    return JSON.parse(new TextDecoder().decode(answer.json));
  };
  try {
    const call = (tool, args) => host.call({ principal: operator, tool, args, signal, canAsk: false });
    const { pid } = must(await call("agent.spawn", { agent_id: "echo", template: "echo" }));
    const caller = { principal: "operator:cli", pid: 0 };
    const asAgent = { kind: "agent", id: "echo", pid };
    const agent = { pid, agent_id: "echo", parent_pid: 0 };
    const cases = {
      tool: async (n) => {
        const args = { message: { n }, msg_id: 1, from: "operator:cli", from_pid: 0, agent, state: null };
        must(
          await host.call({ principal: asAgent, tool: "template.echo", args, signal, canAsk: false, handling: true }),
        );
      },
      message: async (n) => {
        const reply = await host.requests.request(caller, pid, { n }, DEADLINE_MS, signal);
        if ("code" in reply) throw new Error(reply.message);
      },
      sent: async (n) => {
        const expected = await host.requests.expect(caller);
        const { msg_id } = must(await call("agent.send", { pid, message: { n } }));
        const reply = await expected.reply(pid, msg_id, DEADLINE_MS, signal);
        if ("code" in reply) throw new Error(reply.message);
      },
    };
    for (const turn of Object.values(cases)) await timed(WARM_UP, turn);
    const figures = { tool: [], message: [], sent: [] };
    for (let round = 0; round < rounds; round++) {
      for (const [name, turn] of Object.entries(cases)) figures[name].push(await timed(messages, turn));
    }
    const [tool, message, sent] = [figures.tool, figures.message, figures.sent].map(median);
    console.log("\nagents: a message and its reply, beside the same module called as a tool (p50, medians of rounds)");
    console.log(`  as a tool                        ${tool.toFixed(3)} ms`);
    console.log(`  a message and its reply          ${message.toFixed(3)} ms   ratio ${(message / tool).toFixed(2)}`);
    console.log(`  sent with agent.send, and reply  ${sent.toFixed(3)} ms   ratio ${(sent / tool).toFixed(2)}`);
  } finally {
    await host.close("the benchmark is done");
    rmSync(place, { recursive: true, force: true });
  }
}

if (isStarted(import.meta.url)) {
  const { positionals } = scriptArguments(import.meta.url, { allowPositionals: true });
  const [rounds = 5, messages = 200] = positionals.map((text) => numberFrom(text, "rounds or messages"));
  await agentsBench({ rounds, messages });
}
