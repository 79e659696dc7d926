// Whatever a guest does, `run` answers with an outcome: here each limit is met once, and a run is cancelled.
import { openStore } from "tollgate/store";
import { wat } from "./wat.mjs";

const LOOP = wat(`(module (func (export "_start") (loop (br 0))))`);
const GREEDY = wat(`(module (memory (export "memory") 1) (func (export "_start")
  (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable))`);
const TALKATIVE = wat(`(module (memory (export "memory") 1)
  (func (export "execute") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 60000)))`);
const BROKEN = wat(`(module (func (export "_start") (drop (i32.div_u (i32.const 1) (i32.const 0)))))`);

const store = openStore();

async function run(bytes, limits, signal) {
  const loaded = store.load(bytes);
  if (!loaded.ok) throw new Error(loaded.fault.message);
  const input = { stdin: new Uint8Array(0), ...(signal && { signal }) };
  const outcome = await store.run(store.permit(loaded.module, { limits }), input);
  if (outcome.kind === "exited") console.log(`exited ${outcome.exitCode}`);
  else console.log(`${outcome.fault.code}: ${outcome.fault.message}`);
}

await run(LOOP, { fuel: 100_000 });
await run(LOOP, { fuel: 100_000_000_000, deadlineMs: 50 });
await run(GREEDY, { memoryBytes: 4 * 1024 * 1024 });
await run(TALKATIVE, { outputBytes: 1000 });
await run(BROKEN, {});

const abort = new AbortController();
setTimeout(() => abort.abort(), 50);
await run(LOOP, { fuel: 100_000_000_000, deadlineMs: 60_000 }, abort.signal);

const refused = store.load(new TextEncoder().encode("this is no module"));
if (!refused.ok) console.log(`${refused.fault.code}: ${refused.fault.message}`);
await store.close();
