// The start of a host on a state directory that was used for long, beside one that is new: from spawn to the answer to
// `initialize`, and to that of a first call. By itself: `node bench/start.mjs [rounds] [events]`. Needs the built program.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isStarted, numberFrom, scriptArguments } from "../scripts/script-arguments.mjs";
import { openHostAt } from "./host-source.mjs";
import { median } from "./statistics.mjs";
import { StdioServer } from "./stdio-server.mjs";

const AGENTS = 50;
const MESSAGES = 10_000;
const BATCH = 500;

/** A state directory with so many events, 50 agents of which half are suspended, and 10 000 messages for those. */
async function fill(place, events) {
  const { host, source } = await openHostAt(place);
  const { signal } = new AbortController();
  const call = async (tool, args) => {
    const answer = await host.call({ principal: { kind: "operator", id: "cli" }, tool, args, signal, canAsk: false });
    if (answer.kind !== "result") throw new Error(JSON.stringify(answer));
    return JSON.parse(new TextDecoder().decode(answer.json));
  };
  const suspended = [];
  for (let n = 0; n < AGENTS; n++) {
    const { pid } = await call("agent.spawn", { agent_id: `agent-${n}`, template: n % 2 ? "mailbox" : "echo" });
    if (n % 2 === 0) continue;
    await call("agent.suspend", { pid });
    suspended.push(pid);
  }
  const sending = {
    from: "operator:cli",
    from_pid: 0,
    message: { text: "a message of the usual length, more or less" },
  };
  for (let n = 0; n < MESSAGES; n += BATCH) {
    const pid = (i) => suspended[(n + i) % suspended.length];
    const send = (_, i) => host.chain.commit((state) => source.route(state, sending, { pid: pid(i) }), "committed");
    for (const done of await Promise.all(Array.from({ length: BATCH }, send))) {
      if ("code" in done) throw new Error(done.message);
    }
  }
  while (host.chain.sequence() < events) {
    const append = (_, n) =>
      host.chain.append({ source: "host", kind: "call.outcome", payload: { call_id: `${n}` } }, "committed");
    await Promise.all(Array.from({ length: BATCH }, append));
  }
  await host.close("the state is full");
}

async function timeStart(place, times) {
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  const begin = performance.now();
  const server = new StdioServer(
    [process.execPath, main, "serve", join(place, "root"), "--state-dir", join(place, "state")],
    { env: { XDG_CONFIG_HOME: place } },
  );
  await server.initialize();
  times.answered.push(performance.now() - begin);
  await server.call("fs_exists", { path: "nothing" });
  times.called.push(performance.now() - begin);
  await server.close();
}

export async function startBench({ rounds = 15, events = 100_000 } = {}) {
  const places = [0, 1].map(() => mkdtempSync(join(tmpdir(), "tollgate-bench-")));
  try {
    await fill(places[1], events);
    mkdirSync(join(places[0], "root"));
    const times = places.map(() => ({ answered: [], called: [] }));
    for (let round = 0; round < rounds; round++) {
      for (const which of [0, 1]) await timeStart(places[which], times[which]);
    }
    console.log(
      `\nstart with ${events} events, ${MESSAGES} messages and ${AGENTS} agents, beside an empty state (p50)`,
    );
    for (const [name, key] of [
      ["to the handshake", "answered"],
      ["to a first call", "called"],
    ]) {
      const [empty, full] = times.map((one) => median(one[key]));
      const ratio = (full / empty).toFixed(2);
      console.log(`  ${name.padEnd(18)} ${full.toFixed(0)} ms, empty ${empty.toFixed(0)} ms   ratio ${ratio}`);
    }
  } finally {
    for (const place of places) rmSync(place, { recursive: true, force: true });
  }
}

if (isStarted(import.meta.url)) {
  const { positionals } = scriptArguments(import.meta.url, { allowPositionals: true });
  const [rounds = 15, events = 100_000] = positionals.map((text) => numberFrom(text, "rounds or events"));
  await startBench({ rounds, events });
}
