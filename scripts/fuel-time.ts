// Measures how much time a unit of fuel buys: node --import tsx scripts/fuel-time.ts [--rounds 5] [--fuel 2000000]
//
// Runs endless loops of the operators that cost most for what they are charged, in the store's worker, until their fuel is
// used up, in interleaved rounds; prints the least nanoseconds per unit of each, the dearest first. Deadlines hold
// whatever it says; what it shows is how far a limit of fuel alone bounds time.
import { wat } from "../test/store/meter/metered-run.ts";
import { openTestStore } from "../test/store/test-store.ts";
import { numberFrom, scriptArguments } from "./script-arguments.mjs";

const { values } = scriptArguments(import.meta.url, {
  options: { rounds: { type: "string", default: "5" }, fuel: { type: "string", default: "2000000" } },
});
const fuel = numberFrom(values.fuel, "--fuel");
const rounds = numberFrom(values.rounds, "--rounds");

const loop = (body: string, locals = ""): string => `(func (export "_start") ${locals} (loop ${body} (br 0)))`;
const MEMORY = '(memory (export "memory") 200)';
const SCATTER = `(local.set $i (i32.and (i32.add (i32.mul (local.get $i) (i32.const 1664525)) (i32.const 1013904223)) (i32.const 0xBFFFF8)))`;
const wasi = (name: string, type: string): string => `(import "wasi_snapshot_preview1" "${name}" (func $f ${type}))`;

const CASES: Readonly<Record<string, string>> = {
  "an empty loop": loop(""),
  "i64.div_s": loop(
    "(local.set $a (i64.add (i64.div_s (i64.const 0x7fffffffffffffff) (local.get $a)) (i64.const 3)))",
    "(local $a i64) (local.set $a (i64.const 3))",
  ),
  "f64.div and f64.sqrt of subnormal numbers": `(global $f (mut f64) (f64.const 1.5)) ${loop(
    "(global.set $f (f64.mul (f64.sqrt (f64.div (f64.const 3e-310) (global.get $f))) (f64.const 1e-160)))",
  )}`,
  "SIMD division and popcnt": `(global $v (mut v128) (v128.const f64x2 1.5 2.5)) ${loop(
    "(global.set $v (i8x16.popcnt (f64x2.sqrt (f64x2.div (global.get $v) (i64x2.mul (global.get $v) (global.get $v))))))",
  )}`,
  "loads all over 12 MB": MEMORY + loop(`${SCATTER} (drop (i64.load (local.get $i)))`, "(local $i i32)"),
  "stores all over 12 MB": MEMORY + loop(`${SCATTER} (i64.store (local.get $i) (i64.const 1))`, "(local $i i32)"),
  "memory.fill of 12 MB": MEMORY + loop("(memory.fill (i32.const 0) (i32.const 7) (i32.const 500000))"),
  "memory.fill of nothing": MEMORY + loop("(memory.fill (i32.const 0) (i32.const 7) (i32.const 0))"),
  "memory.copy of 8 bytes": MEMORY + loop("(memory.copy (i32.const 64) (i32.const 0) (i32.const 8))"),
  "memory.grow by nothing": MEMORY + loop("(drop (memory.grow (i32.const 0)))"),
  "memory.grow that fails": MEMORY + loop("(drop (memory.grow (i32.const 60000)))"),
  "table.grow by 1": `(table $t 0 externref) ${loop("(drop (table.grow $t (ref.null extern) (i32.const 1)))")}`,
  "table.grow of functions by 1": `(table $t 0 funcref) ${loop("(drop (table.grow $t (ref.null func) (i32.const 1)))")}`,
  "table.fill of 50,000": `(table $t 50000 funcref) ${loop("(table.fill $t (i32.const 0) (ref.null func) (i32.const 50000))")}`,
  "table.fill of 50,000 functions": `(table $t 50000 funcref) (elem declare func $g) (func $g) ${loop("(table.fill $t (i32.const 0) (ref.func $g) (i32.const 50000))")}`,
  "table.copy of 49,999": `(table $t 50000 funcref) ${loop("(table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 49999))")}`,
  "table.init": `(table $t 10 funcref) (elem $e func $g $g $g $g) (func $g) ${loop("(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 4))")}`,
  "table.set of a function": `(table $t 10 funcref) (elem declare func $g) (func $g) ${loop("(table.set $t (i32.const 0) (ref.func $g))")}`,
  "table.get": `(table $t 10 funcref) ${loop("(drop (table.get $t (i32.const 0)))")}`,
  "call_indirect, megamorphic": `(type $t (func)) (table 8 funcref) (elem (i32.const 0) $a $b $c $d $a $b $c $d)
    (func $a nop) (func $b nop) (func $c nop) (func $d nop)
    ${loop("(local.set $i (i32.add (local.get $i) (i32.const 5))) (call_indirect (type $t) (i32.and (local.get $i) (i32.const 7)))", "(local $i i32)")}`,
  br_table: loop(
    "(local.set $i (i32.add (local.get $i) (i32.const 1))) (block (block (block (br_table 0 1 2 0 2 1 (i32.and (local.get $i) (i32.const 7))))))",
    "(local $i i32)",
  ),
  "throw and catch": `(tag $t) ${loop("(try (do (throw $t)) (catch_all))")}`,
  "throw through 50 frames": `(tag $t) (func $f (param i32) (if (i32.eqz (local.get 0)) (then (throw $t))) (call $f (i32.sub (local.get 0) (i32.const 1))))
    ${loop("(try (do (call $f (i32.const 50))) (catch_all))")}`,
  "throw and rethrow in 20 handlers": `(tag $t) (func $f (param i32) (if (i32.eqz (local.get 0)) (then (throw $t)))
    (try (do (call $f (i32.sub (local.get 0) (i32.const 1)))) (catch_all (rethrow 0))))
    ${loop("(try (do (call $f (i32.const 20))) (catch_all))")}`,
  "a host call that does nothing": wasi("sched_yield", "(result i32)") + loop("(drop (call $f))"),
  "a host call that fails": `${wasi("fd_prestat_get", "(param i32 i32) (result i32)")} ${MEMORY} ${loop("(drop (call $f (i32.const 99) (i32.const 0)))")}`,
  "fd_write of nothing": `${wasi("fd_write", "(param i32 i32 i32 i32) (result i32)")} ${MEMORY} ${loop("(drop (call $f (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8)))")}`,
  "random_get of 8 bytes": `${wasi("random_get", "(param i32 i32) (result i32)")} ${MEMORY} ${loop("(drop (call $f (i32.const 0) (i32.const 8)))")}`,
};

const store = openTestStore();
const best = new Map<string, number>();
const ends = new Map<string, string>();
for (let round = 0; round < rounds; round++) {
  for (const [name, fields] of Object.entries(CASES)) {
    // Imports come first in the text format, as they stand here.
    const outcome = await store.go(wat(`(module ${fields})`), { random: true, clock: true, limits: { fuel } });
    const { durationMs, fuelConsumed } = outcome.usage;
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, (durationMs * 1e6) / fuelConsumed));
    ends.set(name, outcome.kind === "fault" ? outcome.fault.code : "exited");
  }
}
await store.close();
for (const [name, nanoseconds] of [...best].sort(([, a], [, b]) => b - a)) {
  process.stdout.write(`${nanoseconds.toFixed(1).padStart(8)} ns a unit  ${name} (${ends.get(name)})\n`);
}
