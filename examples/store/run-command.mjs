// Runs a WASI command: bytes on standard input, bytes on standard output, an exit code, and what the run used.
import { openStore } from "tollgate/store";
import { wat } from "./wat.mjs";

/** Reads at most 1000 bytes of standard input and writes them to standard output. */
const CAT = wat(`(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);

const store = openStore();
const loaded = store.load(CAT);
if (!loaded.ok) throw new Error(loaded.fault.message);

// A permit is good for one run, and says all that the run may do: here nothing but to compute.
const permit = store.permit(loaded.module);
const outcome = await store.run(permit, { stdin: new TextEncoder().encode("hello from outside") });

if (outcome.kind === "exited") {
  console.log(`exit code ${outcome.exitCode}`);
  console.log(new TextDecoder().decode(outcome.stdout));
  console.log(`${outcome.usage.fuelConsumed} units of fuel, ${outcome.usage.memoryPeak} bytes of memory`);
} else {
  console.log(`${outcome.fault.code}: ${outcome.fault.message}`);
}
await store.close();
