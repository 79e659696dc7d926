import { test } from "uvu";
import * as assert from "uvu/assert";
import { head, type List, readScript } from "../../../scripts/spec-suite/script-reader.ts";
import { NotApplicable, ScriptRun, type Verdict } from "../../../scripts/spec-suite/script-run.ts";
import { meteredWorld, plainWorld, type World } from "../../../scripts/spec-suite/worlds.ts";
import { wat } from "./metered-run.ts";

/** Of each kind of command one, with `;; fails` behind what is not as it says. */
const SCRIPT = `
(module $M (memory (export "mem") 1) (global (export "g") i64 (i64.const -7)) (table (export "t") 2 funcref)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "div") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func (export "nan") (param f32) (result f32) (local.get 0))
  (func (export "twice") (param v128) (result v128) (i32x4.add (local.get 0) (local.get 0)))
  (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
  (func $deep (export "deep") (call $deep))
  (func (export "null") (result externref) (ref.null extern)))
(register "M" $M)
(assert_return (invoke "add" (i32.const 0x7fff_ffff) (i32.const 1)) (i32.const -0x8000_0000))
(assert_return (invoke "add" (i32.const 1) (i32.const 1)) (i32.const 3)) ;; fails
(assert_return (invoke "nan" (f32.const nan:0x200001)) (f32.const nan:0x200001))
(assert_return (invoke "nan" (f32.const -nan)) (f32.const nan:canonical))
(assert_return (invoke "nan" (f32.const 0x1.8p-1)) (f32.const 0.75))
(assert_return (invoke "nan" (f32.const 1)) (f32.const nan:arithmetic)) ;; fails
(assert_return (invoke "twice" (v128.const i32x4 1 -2 3 4)) (v128.const i32x4 2 -4 6 8))
(assert_return (invoke "swap" (i32.const 5) (f64.const -0.0)) (f64.const -0.0) (i32.const 5))
(assert_return (invoke "null") (ref.null extern))
(assert_return (get $M "g") (i64.const -7))
(assert_trap (invoke "div" (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "div" (i32.const 1)) "integer divide by zero") ;; fails
(assert_exhaustion (invoke "deep") "call stack exhausted")
(assert_invalid (module binary "\\00asm" "\\01\\00\\00\\00" "\\03\\02\\01\\00") "unknown type")
(assert_unlinkable (module binary "\\00asm\\01\\00\\00\\00" "\\02\\08\\01\\01M\\01x\\02\\00\\01") "unknown import")
(module (memory (import "M" "mem") 1) (table (import "M" "t") 2 funcref) (global $g (import "M" "g") i64)
  (global $s (mut i32) (i32.const 0)) (start $s) (func $s (global.set $s (i32.const 9)))
  (func (export "sum") (result i64) (i64.add (global.get $g) (i64.extend_i32_s (i32.add (global.get $s) (memory.grow (i32.const 0)))))))
(assert_return (invoke "sum") (i64.const 3))
(assert_trap (module (func $f (unreachable)) (start $f)) "unreachable")
`;

const bytesOf = (node: List) => {
  if (node.items[1] === "binary") return new Uint8Array(Buffer.concat(node.items.slice(2) as Uint8Array[]));
  return wat(SCRIPT.slice(node.start, node.end));
};

function verdicts(world: World): Verdict[] {
  const run = new ScriptRun(world, bytesOf);
  return readScript(SCRIPT).map((command) => run.run(command));
}

test("the runner of spec scripts tells what is as the script says from what is not, plain and metered alike", () => {
  const commands = readScript(SCRIPT);
  const plain = verdicts(plainWorld());
  assert.equal(verdicts(meteredWorld()), plain);
  const failing = commands.filter((_, i) => !plain[i]!.passes);
  const marked = commands.filter((command) => SCRIPT.slice(command.end).startsWith(" ;; fails"));
  assert.is(marked.length, 3);
  assert.equal(failing, marked);
  assert.is(commands.map(head).filter((kind) => kind === "assert_return").length, 11);
});

test("what was never instantiated is not applicable, not a pass", () => {
  const run = new ScriptRun(plainWorld(), bytesOf);
  const [command] = readScript('(assert_return (invoke $none "f"))');
  assert.throws(
    () => run.run(command as List),
    (error: unknown) => error instanceof NotApplicable,
  );
});

test.run();
