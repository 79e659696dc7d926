import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type LibraryOptions, openStore } from "../../src/store/library.ts";
import { bytesOf, ending, stdoutOf, wat, workerUrl } from "./test-store.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-modules-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const stdin = new Uint8Array(0);
const SEVEN = wat(`(module (func (export "run") (result i32) i32.const 7))`);
const EIGHT = wat(`(module (func (export "run") (result i32) i32.const 8))`);
const open = (options: LibraryOptions = {}) => openStore({ workerUrl, workers: 1, ...options });
const codeOf = (answer: object | undefined): string =>
  answer !== undefined && "code" in answer ? String(answer.code) : "no fault";

test("modules are loaded, listed, run, replaced and unloaded by name", async () => {
  const store = open();
  const { modules } = store;
  assert.is(codeOf(modules.load("b.seven", SEVEN)), "no fault");
  assert.is(codeOf(modules.load("a", EIGHT)), "no fault");
  assert.equal(
    modules.list().map(({ name, size }) => [name, size]),
    [
      ["a", EIGHT.length],
      ["b.seven", SEVEN.length],
    ],
  );
  assert.is(await modules.precompile("a"), undefined);
  assert.is(codeOf(await modules.precompile("c")), "module-refused");
  assert.is(ending(await store.runNamed("b.seven", { stdin })), "exited 7");
  assert.is(codeOf(modules.load("b.seven", EIGHT)), "no fault");
  assert.is(ending(await store.runNamed("b.seven", { stdin })), "exited 8");
  assert.is(modules.unload("b.seven"), true);
  assert.is(modules.unload("b.seven"), false);
  assert.is(ending(await store.runNamed("a", { stdin })), "exited 8", "other names of the same bytes stay");
  const { module } = modules.get("a")!;
  assert.is(modules.unload("a"), true);
  assert.is(ending(await store.runNamed("a", { stdin })), "module-refused");
  assert.is(ending(await store.run(store.permit(module), { stdin })), "module-refused", "nor by its hash");
  await store.close();
});

test("no name that could be a path, a flag, a device or another spelling is taken", async () => {
  const store = open();
  const names = [
    "",
    ".",
    "..",
    "../a",
    "a/b",
    "a\\b",
    "/a",
    "C:",
    "A",
    "a b",
    "a\0",
    "a..b",
    ".a",
    "a.",
    "-a",
    "1a",
    "é",
  ];
  for (const name of [...names, "x".repeat(65), "__proto__", "a\n", undefined as never, 7 as never]) {
    const answer = store.modules.load(name, SEVEN);
    assert.is(codeOf(answer), "module-refused", String(name));
    assert.match("message" in answer ? answer.message : "", /no name of a module/);
  }
  assert.is(store.modules.list().length, 0);
  assert.is(codeOf(store.modules.load("constructor", SEVEN)), "no fault");
  for (let i = 1; i < 256; i++) store.modules.load(`m${i}`, SEVEN);
  assert.is(codeOf(store.modules.load("one-more", SEVEN)), "module-refused");
  await store.close();
});

test("what a module asks for is lowered to the ceilings, whatever it is", async () => {
  const everything = {
    limits: { fuel: 1e12, memoryBytes: 1e12, deadlineMs: 1e12, outputBytes: 1e12 },
    filesystem: "read-write",
    hostCalls: ["kv.get", "kv.put"],
    clock: true,
    random: true,
  } as const;
  const poor = open();
  const named = poor.modules.load("a", SEVEN, { capabilities: everything, workspace: folder });
  assert.ok("authority" in named);
  assert.equal([named.authority.roots, named.authority.hostCalls], [[], []]);
  assert.equal([named.authority.clock, named.authority.random], [false, false]);
  assert.is(named.authority.limits.fuel, 100_000_000_000);
  const rich = open({
    hostCalls: { "kv.get": { handler: () => stdin } },
    ceilings: {
      filesystem: "read-only",
      clock: true,
      limits: { fuel: 5, memoryBytes: 1, deadlineMs: 1, outputBytes: 1 },
    },
  });
  const granted = rich.modules.load("a", SEVEN, { capabilities: everything, workspace: folder });
  assert.ok("authority" in granted);
  assert.equal(granted.authority.roots, [{ guestPath: "/", hostPath: folder, access: "read-only" }]);
  assert.equal(granted.authority.hostCalls, ["kv.get"]);
  assert.equal([granted.authority.clock, granted.authority.random, granted.authority.limits.fuel], [true, false, 5]);
  await Promise.all([poor.close(), rich.close()]);
});

function workspace(name: string, files: Record<string, Uint8Array | string>): string {
  const root = join(folder, name);
  const tools = join(root, "tools/wasm");
  mkdirSync(tools, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(tools, file), content);
  return root;
}

/** Writes `hi` to a file of its workspace and answers 0, or the errno. */
const WRITER = wat(`(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 8) "made.txt")
  (func (export "run") (result i32) (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 8) (i32.const 1)
    (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 100))))`);

test("a tools directory is loaded with what tools.json says of each; a bad file keeps no other from it", async () => {
  const root = workspace("good", {
    "seven.wasm": SEVEN,
    "text.writer.wasm": WRITER,
    "reader.wasm": WRITER,
    "BAD NAME.wasm": SEVEN,
    "junk.wasm": "no module",
    "pinned.wasm": SEVEN,
    "notes.txt": "not looked at",
    "tools.json": JSON.stringify({
      tools: {
        "text.writer": { filesystem: "read-write" },
        reader: { filesystem: "read-only" },
        seven: { limits: { fuel: 77 } },
        pinned: { sha256: "ab".repeat(32) },
      },
    }),
  });
  symlinkSync(join(root, "tools/wasm/seven.wasm"), join(root, "tools/wasm/linked.wasm"));
  mkdirSync(join(root, "tools/wasm/folder.wasm"));
  if (process.platform === "linux") execFileSync("mkfifo", [join(root, "tools/wasm/fifo.wasm")]);
  const store = open({ ceilings: { filesystem: "read-write" } });
  const report = store.modules.loadDirectory({ workspace: root });
  assert.ok("loaded" in report, JSON.stringify(report));
  assert.equal(
    report.loaded.map(({ name }) => name),
    ["reader", "seven", "text.writer"],
  );
  const why = Object.fromEntries(report.refused.map(({ file, fault }) => [file, `${fault.code} ${fault.message}`]));
  assert.match(why["BAD NAME.wasm"]!, /no name of a module/);
  assert.match(why["junk.wasm"]!, /module-invalid/);
  assert.match(why["pinned.wasm"]!, /module-hash-mismatch/);
  assert.match(why["linked.wasm"]!, /is a link/);
  assert.match(why["folder.wasm"]!, /not a regular file/);
  if (process.platform === "linux") assert.match(why["fifo.wasm"]!, /not a regular file/);
  assert.is(store.modules.get("seven")?.authority.limits.fuel, 77);
  assert.is(ending(await store.runNamed("seven", { stdin })), "exited 7");
  assert.is(ending(await store.runNamed("reader", { stdin })), "exited 69"); // EROFS
  assert.is(ending(await store.runNamed("text.writer", { stdin })), "exited 0");
  await store.close();
});

test("a directory that leads out of its workspace, or over a link, is refused and nothing of it is loaded", async () => {
  const root = workspace("outside", { "a.wasm": SEVEN });
  const other = workspace("linking", {});
  symlinkSync(join(root, "tools"), join(other, "away"));
  const store = open();
  for (const directory of ["..", "../outside/tools/wasm", "/tmp", "tools/../..", "a\0b", "C:\\x", "missing"]) {
    assert.is(codeOf(store.modules.loadDirectory({ workspace: root, directory })), "module-refused", directory);
  }
  assert.is(codeOf(store.modules.loadDirectory({ workspace: other, directory: "away/wasm" })), "module-refused");
  assert.is(codeOf(store.modules.loadDirectory({ workspace: join(folder, "nowhere") })), "module-refused");
  assert.is(store.modules.list().length, 0);
  await store.close();
});

test("a tools.json with anything that is not known, twice there or out of range refuses the directory, saying where", async () => {
  const store = open();
  const cases: [string, RegExp][] = [
    ['{"tools":{"a":{"fuel":1}}}', /"a": has "fuel"/],
    ['{"tools":{"a":{}},"more":1}', /has "more"/],
    ['{"tools":{"a":{},"a":{}}}', /twice/],
    ['{"tools":{"a":{"limits":{"fuel":-1}}}}', /fuel is not a positive/],
    ['{"tools":{"a":{"limits":{"fuel":1.5}}}}', /fuel is not a positive/],
    ['{"tools":{"a":{"limits":{"fules":1}}}}', /has "fules"/],
    ['{"tools":{"a":{"filesystem":"all"}}}', /filesystem is none of/],
    ['{"tools":{"a":{"hostCalls":"kv"}}}', /hostCalls is not a list/],
    ['{"tools":{"a":{"clock":1}}}', /true or false/],
    ['{"tools":{"a":{"sha256":"AB"}}}', /sha256/],
    ['{"tools":{"../b":{}}}', /of which there is no module/],
    ['{"tools":[]}', /is not an object/],
    ['{"__proto__":{}}', /cannot be used/],
    ["{", /not valid JSON/],
    [`{"tools":{"a":{}}}${" ".repeat(1_100_000)}`, /over the limit/],
  ];
  for (const [i, [text, says]] of cases.entries()) {
    const root = workspace(`strict-${i}`, { "a.wasm": SEVEN, "tools.json": text });
    const answer = store.modules.loadDirectory({ workspace: root });
    assert.is(codeOf(answer), "module-refused", text.slice(0, 60));
    assert.match("message" in answer ? answer.message : "", says);
  }
  assert.is(store.modules.list().length, 0);
  await store.close();
});

test("inspect reports sizes, entries, what is imported of whom and what a permit must grant, and runs nothing", async () => {
  const store = open({ hostCalls: { "kv.get": { handler: () => stdin } } });
  const report = await store.inspect(
    wat(`(module (import "tollgate" "kv.get" (func (param i32 i32) (result i32)))
      (import "tollgate" "answer_read" (func (param i32 i32 i32) (result i32)))
      (import "tollgate" "kv.put" (func (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 3 5) (func $s (loop (br 0))) (start $s)
      (func (export "execute") (param i32 i32) (result i64) i64.const 0) (func (export "run")))`),
  );
  assert.ok("size" in report, JSON.stringify(report));
  assert.ok(report.meteredSize > report.size);
  assert.equal(report.entryPoints, ["run", "execute"]);
  assert.equal(report.wasi, ["clock_time_get", "fd_write"]);
  assert.equal(report.hostCalls, ["answer_read", "kv.get", "kv.put"]);
  assert.equal(report.needs, {
    hostCalls: ["kv.get", "kv.put"],
    memoryBytes: 196_608,
    filesystem: false,
    clock: true,
    random: false,
  });
  assert.equal(report.warnings, ["imports tollgate.kv.put, which no permit can grant"]);
  await store.close();
});

test("a named module with a host call is answered, and its text comes through", async () => {
  const store = open({ hostCalls: { "kv.get": { handler: (request) => bytesOf(`${request.length}`) } } });
  const asks = wat(`(module (import "tollgate" "kv.get" (func $get (param i32 i32) (result i32)))
    (import "tollgate" "answer_read" (func $read (param i32 i32 i32) (result i32))) (memory (export "memory") 1)
    (func (export "execute") (param i32 i32) (result i32 i32)
      (drop (call $get (local.get 0) (local.get 1))) (i32.const 8) (call $read (i32.const 8) (i32.const 0) (i32.const 9))))`);
  store.modules.load("asks", asks, { capabilities: { hostCalls: ["kv.get"] } });
  assert.is(stdoutOf(await store.runNamed("asks", { stdin: bytesOf("twelve bytes") })), "12");
  await store.close();
});

test.run();
