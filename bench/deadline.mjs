// How late a run is answered whose deadline is over, and how late a cancelled one, by what the guest is at then. Run it by
// itself, `node bench/deadline.mjs [rounds]`, after a build: figures in milliseconds. For deadlines, the time that the run
// is said to have taken beyond its deadline, the clock of which starts with the guest; for cancels, from the abort to the
// caller's answer. And how many workers had to be replaced.
import wabtFactory from "wabt";
import { builtStore } from "../scripts/built-store.mjs";
import { isStarted, numberFrom, scriptArguments } from "../scripts/script-arguments.mjs";

const DEADLINE_MS = 25;
const FUEL = 100_000_000_000;
const MIB = 1_048_576;
const POLL = `(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))`;

/** What a guest does without end. */
const GUESTS = {
  "an endless loop": `(module (func (export "_start") (loop (br 0))))`,
  "a loop in catch_all": `(module (func (export "_start") (loop (try (do (loop (br 0))) (catch_all)) (br 0))))`,
  "memory.fill of 1 MiB": `(module (memory (export "memory") 16)
    (func (export "_start") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576)) (br 0))))`,
  "memory.fill of 64 MiB": `(module (memory (export "memory") 1024)
    (func (export "_start") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864)) (br 0))))`,
  "memory.grow by nothing": `(module (memory (export "memory") 1)
    (func (export "_start") (loop (drop (memory.grow (i32.const 0))) (br 0))))`,
  "a sleep in poll_oneoff": `(module ${POLL} (memory (export "memory") 1) (func (export "_start")
    (loop (i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 3600000000000))
      (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))) (br 0))))`,
  "a host call without an answer": `(module (import "tollgate" "wait" (func $w (param i32 i32) (result i32)))
    (memory (export "memory") 1) (func (export "_start") (loop (drop (call $w (i32.const 0) (i32.const 0))) (br 0))))`,
  "a loop in the start function": `(module (func $s (loop (br 0))) (start $s) (func (export "_start")))`,
};

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

function line(what, times, replaced) {
  const sorted = times.toSorted((a, b) => a - b);
  const figures = [at(sorted, 0.5), at(sorted, 0.99), sorted.at(-1)].map((ms) => ms.toFixed(2).padStart(8)).join(" ");
  process.stdout.write(
    `${what.padEnd(44)} ${figures} ms  ${String(replaced).padStart(4)} replaced of ${times.length}\n`,
  );
}

export async function deadlineBench(rounds = 40) {
  const { openStore } = await builtStore();
  const wabt = await wabtFactory();
  const assemble = (text) => {
    const module = wabt.parseWat("guest.wat", text, { exceptions: true });
    const bytes = module.toBinary({}).buffer;
    module.destroy();
    return bytes;
  };
  const empty = assemble(`(module (func (export "_start")))`);
  const hostCalls = { wait: { handler: () => new Promise(() => {}) } };
  process.stdout.write(`${"".padEnd(44)} ${["p50", "p99", "max"].map((name) => name.padStart(8)).join(" ")}\n`);
  for (const [name, text] of Object.entries(GUESTS)) {
    const bytes = assemble(text);
    for (const cancels of [false, true]) {
      const store = openStore({ workers: 1, hostCalls });
      const loaded = store.load(bytes);
      const idle = store.load(empty);
      const times = [];
      for (let round = -3; round < rounds; round++) {
        const limits = { fuel: FUEL, memoryBytes: 64 * MIB, deadlineMs: cancels ? 60_000 : DEADLINE_MS };
        const permit = store.permit(loaded.module, { limits, clock: true, hostCalls: ["wait"] });
        const abort = new AbortController();
        let since = 0;
        if (cancels) {
          setTimeout(() => {
            since = performance.now();
            abort.abort();
          }, DEADLINE_MS);
        }
        const outcome = await store.run(permit, { stdin: new Uint8Array(0), signal: abort.signal });
        const code = outcome.kind === "fault" ? outcome.fault.code : outcome.kind;
        if (code !== (cancels ? "cancelled" : "execution-timeout")) throw new Error(`${name} ended as ${code}`);
        // the first compile, and start a thread
        if (round >= 0) times.push(cancels ? performance.now() - since : outcome.usage.durationMs - DEADLINE_MS);
        // a spare is started in place of one that was taken: without it the next would wait for a thread to start
        await new Promise((resolve) => setTimeout(resolve, 60));
        await store.run(store.permit(idle.module), { stdin: new Uint8Array(0) });
      }
      line(`${cancels ? "cancelled" : "deadline"}: ${name}`, times, store.stats().replaced);
      await store.close();
    }
  }
}

if (isStarted(import.meta.url)) {
  const { positionals } = scriptArguments(import.meta.url, { allowPositionals: true });
  await deadlineBench(numberFrom(positionals[0] ?? "40", "rounds"));
}
