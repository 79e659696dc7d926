import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { built, openScriptStore } from "./script-store.ts";

const { store, run, answer } = bound(openScriptStore());
test.after(() => store.close());

function bound(scripts: ReturnType<typeof openScriptStore>) {
  return { store: scripts.store, run: scripts.run, answer: scripts.answer.bind(scripts) };
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const COUNTING = "let calls = 0; serve(({ text }) => ({ upper: text.toUpperCase(), calls: ++calls }));";

test("a script is a module of two imports that answers, and each call begins as the first did", async () => {
  const module = await built(COUNTING);
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(module as Uint8Array<ArrayBuffer>));
  assert.equal(imports.map(({ name }) => name).sort(), ["fd_read", "fd_write", "proc_exit"]);
  const exports = WebAssembly.Module.exports(new WebAssembly.Module(module as Uint8Array<ArrayBuffer>));
  assert.equal(exports.map(({ name }) => name).sort(), ["_start", "memory"]);
  for (let i = 0; i < 3; i++) assert.equal(await answer(module, { text: "hé" }), { upper: "HÉ", calls: 1 });
});

test("the same script gives the same bytes, and another one others", async () => {
  assert.is(sha256(await built(COUNTING)), sha256(await built(COUNTING)));
  assert.is.not(sha256(await built(COUNTING)), sha256(await built(`${COUNTING}//!`.replace("++calls", "calls++"))));
});

test("the same call takes the same fuel and memory each time", async () => {
  const module = await built(
    "serve(() => { const all = []; for (let i = 0; i < 1000; i++) all.push({ i }); return { n: all.length } })",
  );
  const figures = async () => {
    const { usage } = await run(module, {});
    return [usage.fuelConsumed, usage.memoryPeak];
  };
  const first = await figures();
  assert.ok((first[0] as number) > 0);
  assert.equal(await figures(), first);
});

test("without a grant time stands still, randomness repeats and is none, and waiting takes no time", async () => {
  const module = await built(`serve(async () => {
    const before = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 3_600_000));
    let uuid = "given"; try { crypto.randomUUID() } catch (error) { uuid = error.name }
    return { now: Date.now(), random: Math.random(), waited: performance.now() - before, uuid, zone: new Date(0).getTimezoneOffset() };
  })`);
  const first = (await answer(module, {})) as { random: number };
  assert.equal(first, { now: 0, random: first.random, waited: 3_600_000, uuid: "NotSupportedError", zone: 0 });
  assert.equal(await answer(module, {}), first);
});

test("with the grants time goes on, and each call has randomness of its own", async () => {
  const module = await built(
    `serve(async () => {
      const before = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 30));
      return { before, waited: Date.now() - before, uuid: crypto.randomUUID() };
    })`,
    { clock: true, random: true },
  );
  const began = Date.now();
  const grant = { clock: true, random: true };
  const one = (await answer(module, {}, grant)) as { before: number; waited: number; uuid: string };
  const two = (await answer(module, {}, grant)) as { uuid: string };
  assert.ok(one.before >= began && one.before <= Date.now());
  assert.ok(one.waited >= 29, `waited ${one.waited} ms`);
  assert.match(one.uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.is.not(one.uuid, two.uuid);
});

/** `[what, handler, how the call ends]`; each catches what it can. */
const ENDS: readonly (readonly [string, string, unknown])[] = [
  ["loops for ever", "for (;;) { try { for (;;); } catch {} }", "fuel-exhausted"],
  ["loops in finally", "try { for (;;); } finally { for (;;); }", "fuel-exhausted"],
  [
    "takes memory",
    "const all = []; for (;;) { try { for (;;) all.push(new Uint8Array(1 << 20)); } catch {} }",
    "memory-limit-exceeded",
  ],
  [
    "doubles a string",
    "let text = 'x'; for (;;) { try { for (;;) text += text; } catch { text = 'x'; } }",
    "fuel-exhausted",
  ],
  [
    "builds an object without end",
    "let last; try { for (;;) last = { last, filling: [1, 2, 3] }; } catch { return { caught: true } }",
    "memory-limit-exceeded",
  ],
  ["runs a regular expression that explodes", "/^(a+)+$/.test('a'.repeat(100) + 'b')", "fuel-exhausted"],
  ["queues microtasks for ever", "const again = () => Promise.resolve().then(again); await again()", "fuel-exhausted"],
  ["keeps an interval alive", "setInterval(() => {}, 1); await new Promise(() => {})", "fuel-exhausted"],
  [
    "recurses and catches",
    "const down = () => 1 + down(); try { down() } catch (error) { return { name: error.name } }",
    { name: "RangeError" },
  ],
  ["recurses", "const down = () => 1 + down(); down()", { exitCode: 1, code: "script-error" }],
  [
    "recurses through JSON, which takes stack of the engine alone",
    "let deep = '['.repeat(1e6); JSON.parse(deep)",
    "stack-exhausted",
  ],
  ["recurses through a getter", "const o = { get a() { return this.a } }; o.a", { exitCode: 1, code: "script-error" }],
  ["recurses through a replacer", "const f = (t) => t.replace(/./g, f); f('a')", { exitCode: 1, code: "script-error" }],
  ["waits for what never comes", "await new Promise(() => {})", { exitCode: 1, code: "script-error" }],
  ["throws nothing", "throw undefined", { exitCode: 1, code: "script-error" }],
  ["throws what throws when shown", "throw { toString() { throw 1 } }", { exitCode: 1, code: "script-error" }],
  [
    "throws a proxy",
    "throw new Proxy({}, { get() { for (;;); }, getPrototypeOf() { throw 1 } })",
    { exitCode: 1, code: "script-error" },
  ],
  ["answers what is not JSON", "return { n: 1n }", { exitCode: 1, code: "script-error" }],
  ["answers nothing", "return undefined", { exitCode: 1, code: "script-error" }],
  ["answers a circle", "const o = {}; o.o = o; return o", { exitCode: 1, code: "script-error" }],
  [
    "refuses",
    "throw new ToolError('not-today', 'it is closed: come tomorrow', { day: 1 })",
    { exitCode: 1, code: "not-today" },
  ],
  [
    "asks for a huge array",
    "try { new ArrayBuffer(2 ** 32) } catch (error) { return { name: error.name } }",
    { name: "RangeError" },
  ],
  [
    "poisons prototypes",
    "Object.prototype.toJSON = () => 1; Array.prototype[Symbol.iterator] = undefined; return { a: 1 }",
    1,
  ],
  [
    "leaves with a job that throws",
    "Promise.resolve().then(() => { throw 1 }); queueMicrotask(() => { throw 2 }); return { ok: true }",
    { ok: true },
  ],
];

test("whatever a script does ends typed, the same each time, and the next call is unaffected", async () => {
  const good = await built(COUNTING);
  const limits = { fuel: 400_000_000, memoryBytes: 16 * 1024 * 1024 };
  for (const [what, handler, ends] of ENDS) {
    const module = await built(`serve(async () => { ${handler} })`);
    for (let turn = 0; turn < 2; turn++) {
      const came = await answer(module, {}, { limits });
      const shown =
        typeof ends === "object" && ends !== null && typeof came === "object" ? pick(came, Object.keys(ends)) : came;
      assert.equal(shown, ends, what);
    }
    assert.equal(await answer(good, { text: "a" }), { upper: "A", calls: 1 });
  }
  assert.is(store.stats().replaced, 0);
});

function pick(value: unknown, keys: readonly string[]): unknown {
  return Object.fromEntries(keys.map((key) => [key, (value as Record<string, unknown>)[key]]));
}

test("a deadline ends a script, which cannot catch it", async () => {
  const module = await built("serve(() => { for (;;) { try { for (;;); } catch {} } })");
  assert.is(await answer(module, {}, { limits: { deadlineMs: 200, fuel: 1e11 } }), "execution-timeout");
});

test("a script that throws while it is evaluated, does not compile or serves nothing is not built", async () => {
  const refused = async (text: string): Promise<string> => {
    try {
      await built(text);
      return "built";
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(await refused("throw new TypeError('no')"), /^the script throws: TypeError: no/);
  assert.match(await refused("serve("), /Build failed/);
  assert.match(await refused("globalThis.x = serve"), /^the script leaves no main function/);
  assert.match(
    await refused("const down = () => 1 + down(); down()"),
    /^the script (throws: RangeError|cannot be evaluated: the engine stopped)/,
  );
});

test("text goes in and out as it is, bad UTF-8 and lone surrogates included", async () => {
  const module = await built(`serve(({ text }) => {
    const bytes = new TextEncoder().encode(text);
    const lossy = new TextDecoder().decode(Uint8Array.of(0x61, 0xff, 0xe2, 0x82, 0x62, 0xed, 0xa0, 0x80));
    let fatal = "taken"; try { new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.of(0xff)) } catch (error) { fatal = error.name }
    return { text, again: new TextDecoder().decode(bytes) === text, lossy, fatal, lone: new TextDecoder().decode(new TextEncoder().encode("a\\ud800b")) };
  })`);
  const text = "héllo\0 \u{1f600} \ufeff \uffff";
  const lossy = new TextDecoder().decode(Uint8Array.of(0x61, 0xff, 0xe2, 0x82, 0x62, 0xed, 0xa0, 0x80));
  assert.equal(await answer(module, { text }), { text, again: true, lossy, fatal: "TypeError", lone: "a\ufffdb" });
});

test.run();
