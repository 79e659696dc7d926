import { openChain } from "../../src/chain/chain.ts";
import { seededRandom } from "./fixture.ts";

// A host that only appends: `appender.ts <directory> <name> <events or 0> <in flight>`; prints `sequence hash` for each
// acknowledged event, and ends when its events are done.
const [directory = "", name = "", events = "0", inFlight = "1"] = process.argv.slice(2);
const opened = openChain({
  directory,
  clock: Date.now,
  random: seededRandom(`${name}/${process.pid}`),
  host: { id: `${name}-${process.pid}` },
  checkpointEvery: 20,
});
if (!opened.ok) {
  process.stderr.write(`${opened.fault.message}\n`);
  process.exit(2);
}
const { chain } = opened;
const limit = Number(events) || Number.POSITIVE_INFINITY;
let sent = 0;
process.stdout.write("ready\n");

async function work(): Promise<void> {
  while (sent < limit) {
    const n = ++sent;
    const durability = n % 3 === 0 ? "flushed" : "committed";
    const answer = await chain.append({ source: "host", kind: "test.event", payload: { name, n } }, durability);
    process.stdout.write("code" in answer ? `fault ${answer.message}\n` : `${answer.sequence} ${answer.hash} ${n}\n`);
  }
}

await Promise.all(Array.from({ length: Number(inFlight) }, work));
await chain.close();
