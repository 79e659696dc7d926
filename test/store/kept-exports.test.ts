import { test } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_MODULE_BOUNDS } from "../../src/store/meter/bounds.ts";
import { prepareModule } from "../../src/store/prepare.ts";
import { bytesOf, ending, openTestStore, stdoutOf, wat } from "./test-store.ts";

const more = (count: number): string =>
  Array.from({ length: count }, (_, i) => `(func (export "more${i}") (result i32) i32.const ${i})`).join("\n");
const exportsOf = (bytes: Uint8Array): string[] => {
  const options = { memoryPages: 16, bounds: DEFAULT_MODULE_BOUNDS, hostCalls: [] };
  const prepared = prepareModule(bytes, options);
  if (!("module" in prepared)) throw new Error(prepared.message);
  return WebAssembly.Module.exports(prepared.module).map(({ name }) => name);
};

test("of many exports an instance has those that a host looks at, and runs as before", async () => {
  const guest = `(module (memory (export "memory") 1) (global (export "g") i32 (i32.const 1)) ${more(200)}
    (func (export "_initialize") (i32.store (i32.const 8) (i32.const 0x21696821)))
    (func (export "malloc") (param i32) (result i32) i32.const 1024)
    (func (export "execute") (param i32 i32) (result i32 i32) (i32.const 8) (i32.const 4)))`;
  const names = exportsOf(wat(guest)).filter((name) => !name.startsWith("tollgate:"));
  assert.equal(names.sort(), ["_initialize", "execute", "malloc", "memory"]);
  const store = openTestStore();
  assert.is(stdoutOf(await store.go(guest, {}, { stdin: bytesOf("in") })), "!hi!");
  const report = await store.inspect(wat(guest));
  assert.is("exports" in report && report.exports.length, 205, "a report tells of all");
  await store.close();
});

test("a function that only its export declared for ref.func is declared without it, and the module runs", async () => {
  const guest = `(module (table $t 1 funcref) ${more(40)} (func $f (export "f") (result i32) i32.const 9)
    (func (export "run") (result i32) (table.set $t (i32.const 0) (ref.func $f))
      (call_indirect $t (result i32) (i32.const 0))))`;
  assert.not.ok(exportsOf(wat(guest)).includes("f"));
  const store = openTestStore();
  assert.is(ending(await store.go(guest)), "exited 9");
  await store.close();
});

test.run();
