// Hostile modules, each with what a call of it as a tool of the built program comes to.
import { hostileGuests } from "../store/guest-figures.ts";
import { BOMBS } from "../store/meter/bombs.ts";
import { wat } from "../store/meter/metered-run.ts";
import type { PlantedTool } from "./planted-tool.ts";

export interface HostileTool extends PlantedTool {
  /** The code of the fault that a call comes to. */
  readonly fault: string;
  readonly says?: RegExp;
  /** How far it gets hangs on the machine: the clock ends it, or the engine's stack. */
  readonly uneven?: boolean;
}

const EXIT = `(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))`;
const WRITE = `(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))`;
const prints = (text: string): Uint8Array =>
  wat(`(module ${WRITE} (memory (export "memory") 1) (data (i32.const 16) "${text.replaceAll('"', '\\"')}")
    (func (export "_start")
      (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const ${Buffer.byteLength(text)}))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);
const floods = (stream: number): Uint8Array =>
  wat(`(module ${WRITE} (memory (export "memory") 2)
    (func (export "_start")
      (i32.store (i32.const 4) (i32.const 65536))
      (loop (drop (call $write (i32.const ${stream}) (i32.const 0) (i32.const 1) (i32.const 8))) (br 0))))`);
const starts = (...code: string[]): Uint8Array => wat(`(module ${code.join("\n")})`);

/** Calls WASI as it likes, with its root granted read-only: exits with 39 and how many of its calls went through. */
const REACHES_OUT = starts(
  EXIT,
  `(import "wasi_snapshot_preview1" "path_open"
     (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
   (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
   (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
   (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
   (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
   (memory (export "memory") 1)
   (data (i32.const 16) "../canary") (data (i32.const 32) "inside") (data (i32.const 48) "/etc/hosts")
   (func (export "_start")
     (i32.const 39)
     ;; a file in its root may be read: that goes through
     (i32.add (i32.eqz (call $open (i32.const 3) (i32.const 1) (i32.const 32) (i32.const 6)
       (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))))
     (i32.add (i32.eqz (call $open (i32.const 3) (i32.const 1) (i32.const 16) (i32.const 9)
       (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))))
     (i32.add (i32.eqz (call $open (i32.const 3) (i32.const 1) (i32.const 48) (i32.const 10)
       (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))))
     (i32.add (i32.eqz (call $open (i32.const 3) (i32.const 1) (i32.const 32) (i32.const 6)
       (i32.const 8) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0))))
     (i32.add (i32.eqz (call $unlink (i32.const 3) (i32.const 32) (i32.const 6))))
     (i32.add (i32.eqz (call $mkdir (i32.const 3) (i32.const 33) (i32.const 5))))
     (i32.add (i32.eqz (call $clock (i32.const 0) (i64.const 0) (i32.const 0))))
     (i32.add (i32.eqz (call $random (i32.const 0) (i32.const 8))))
     (call $exit))`,
);

const SPINS = `(func (export "_start") (loop (br 0)))`;
const EXISTS = `{"exists":true,"is_file":true,"is_dir":false}`;

const WRITTEN: readonly HostileTool[] = [
  { name: "hostile.loop", bytes: starts(SPINS), fault: "fuel-exhausted" },
  {
    name: "hostile.loop_with_fuel",
    bytes: starts(SPINS),
    limits: { fuel: 100_000_000_000, deadlineMs: 100 },
    fault: "execution-timeout",
    uneven: true,
  },
  {
    name: "hostile.loop_in_catch_all_with_fuel",
    bytes: starts(`(func (export "_start") (loop (try (do (loop (br 0))) (catch_all)) (br 0)))`),
    limits: { fuel: 100_000_000_000, deadlineMs: 100 },
    fault: "execution-timeout",
    uneven: true,
  },
  {
    name: "hostile.recursion",
    bytes: starts(`(func $f (export "_start") (call $f))`),
    limits: { fuel: 100_000_000 },
    fault: "stack-exhausted",
    uneven: true,
  },
  {
    name: "hostile.memory_hog",
    bytes: starts(
      `(memory (export "memory") 1)`,
      `(func (export "_start") (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable)`,
    ),
    fault: "memory-limit-exceeded",
  },
  {
    name: "hostile.memory_from_the_start",
    bytes: starts(`(memory (export "memory") 300) (func (export "_start"))`),
    fault: "memory-limit-exceeded",
  },
  {
    name: "hostile.memory_that_is_shared",
    bytes: starts(`(memory (export "memory") 1 2 shared) (func (export "_start"))`),
    fault: "module-refused",
  },
  { name: "hostile.stdout_flood", bytes: floods(1), limits: { fuel: 1_000_000_000 }, fault: "output-limit-exceeded" },
  { name: "hostile.stderr_flood", bytes: floods(2), fault: "fuel-exhausted" },
  {
    name: "hostile.pointer_outside",
    bytes: starts(
      `(memory (export "memory") 1)`,
      `(func (export "execute") (param i32 i32) (result i32 i32) (i32.const -8) (i32.const 0x7fffffff))`,
    ),
    fault: "wasm-trap",
  },
  {
    name: "hostile.import_of_a_host_call",
    bytes: starts(`(import "tollgate" "fd_mode_set" (func (param i32 i32) (result i32))) (func (export "_start"))`),
    fault: "import-refused",
    says: /fd_mode_set/,
  },
  {
    name: "hostile.import_of_nothing_there_is",
    bytes: starts(`(import "tollgate" "policy_set" (func)) (func (export "_start"))`),
    fault: "import-refused",
    says: /policy_set/,
  },
  {
    name: "hostile.import_of_another_module",
    bytes: starts(`(import "env" "system" (func (param i32) (result i32))) (func (export "_start"))`),
    fault: "import-refused",
    says: /env\.system/,
  },
  {
    name: "hostile.import_of_the_counter",
    bytes: starts(`(import "tollgate:fuel" "fuel" (global (mut i64))) (func (export "_start"))`),
    fault: "import-refused",
    says: /tollgate:fuel/,
  },
  { name: "hostile.module_cut_short", bytes: starts(SPINS).slice(0, -3), fault: "module-invalid" },
  { name: "hostile.no_entry", bytes: starts(`(func (export "main"))`), fault: "module-refused" },
  { name: "hostile.answer_that_is_no_json", bytes: prints(`${EXISTS},`), fault: "tool-output-invalid" },
  { name: "hostile.answer_of_another_shape", bytes: prints(`{"exists":true}`), fault: "tool-output-invalid" },
  { name: "hostile.answer_twice", bytes: prints(`${EXISTS}\\n${EXISTS}`), fault: "tool-output-invalid" },
  {
    name: "hostile.state_kept",
    bytes: starts(
      EXIT,
      `(memory (export "memory") 1) (global $runs (mut i32) (i32.const 20))`,
      `(func (export "_start") (global.set $runs (i32.add (global.get $runs) (i32.const 1)))
         (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (global.get $runs)))
         (call $exit (i32.load (i32.const 0))))`,
    ),
    fault: "tool-failed",
    says: /exit code 21$/,
  },
  { name: "hostile.reaches_out", bytes: REACHES_OUT, fault: "tool-failed", says: /exit code 40$/ },
];

/** The first that the store refuses by figures, and not the engine. */
const COMPILE_BOMBS: readonly HostileTool[] = BOMBS.slice(2, 6).map(({ build, figure }, i) => ({
  name: `bomb.number_${i + 1}`,
  bytes: build(),
  fault: "module-refused",
  says: new RegExp(figure),
}));

/** A guest of test/guests says how its run ends; as a tool it has also failed when it ends well, without an answer. */
const KEPT: readonly HostileTool[] = hostileGuests().map(({ name, bytes, ends, fuel }) => ({
  name: `guest.${name.replaceAll("-", "_")}`,
  bytes,
  limits: { fuel },
  fault: ends === "exited 0" ? "tool-output-invalid" : ends.startsWith("exited ") ? "tool-failed" : ends,
  uneven: ends === "stack-exhausted",
}));

/** Every hostile module. */
export const HOSTILE_TOOLS: readonly HostileTool[] = [...WRITTEN, ...COMPILE_BOMBS, ...KEPT];
