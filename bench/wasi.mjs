// What a guest pays to open a file. A guest in the store opens and closes one path again and again, at a depth of 1, 4
// and 8 names; beside it `fs.openSync` and `closeSync` of the same file on the main thread. The time of the guest is
// what its worker measured around the run: no hand-over is in it. In turns within one run.
import { closeSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import wabtFactory from "wabt";
import { builtStore } from "../scripts/built-store.mjs";
import { isStarted, scriptArguments } from "../scripts/script-arguments.mjs";

const ROUNDS = 9;
const OPENS = 10_000;
const LIMITS = { fuel: 100_000_000, deadlineMs: 60_000 };
const PATHS = { 1: "file", 4: "a/b/c/file", 8: "a/b/c/d/e/f/g/file" };

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Opens the path for reading and closes it, so many times; exits with 1 when an open fails. */
const guest = (path) => `(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "${path}")
  (func (export "_start") (local $left i32)
    (local.set $left (i32.const ${OPENS}))
    (loop $again
      (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const ${path.length}) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))
        (then (call $exit (i32.const 1))))
      (if (call $close (i32.load (i32.const 0))) (then (call $exit (i32.const 1))))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))`;

/** Microseconds of one open and close from a guest. */
async function fromGuest(store, module, hostPath) {
  const roots = [{ guestPath: "/", hostPath, access: "read-only" }];
  const outcome = await store.run(store.permit(module, { roots, limits: LIMITS }), { stdin: new Uint8Array(0) });
  if (outcome.kind !== "exited" || outcome.exitCode !== 0) throw new Error(JSON.stringify(outcome));
  return (outcome.usage.durationMs * 1000) / OPENS;
}

function fromNode(path) {
  const started = performance.now();
  for (let i = 0; i < OPENS; i++) closeSync(openSync(path, "r"));
  return ((performance.now() - started) * 1000) / OPENS;
}

export async function wasiBench() {
  const { openStore } = await builtStore();
  const wabt = await wabtFactory();
  const root = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-bench-")));
  const store = openStore({ workers: 1 });
  try {
    for (const [depth, path] of Object.entries(PATHS)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), "x");
      const { module } = store.load(wabt.parseWat("open.wat", guest(path)).toBinary({}).buffer);
      const ours = [];
      const theirs = [];
      for (let round = -2; round < ROUNDS; round++) {
        const pair = [await fromGuest(store, module, root), fromNode(join(root, path))];
        if (round < 0) continue; // The optimizing compiler takes over.
        ours.push(pair[0]);
        theirs.push(pair[1]);
      }
      const ratios = ours.map((value, i) => value / theirs[i]);
      process.stdout.write(
        `${`open and close at depth ${depth}, guest beside fs.openSync`.padEnd(56)} ${median(ours).toFixed(2).padStart(10)} ${median(theirs).toFixed(2).padStart(10)} µs      ratio ${median(ratios).toFixed(2)}\n`,
      );
    }
  } finally {
    await store.close();
    rmSync(root, { recursive: true, force: true });
  }
}

if (isStarted(import.meta.url)) {
  scriptArguments(import.meta.url, {});
  await wasiBench();
}
