// A tool in TypeScript, from a new folder to calls by a client while it is being changed.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { chainEvents, MAIN, type Message, run, type Scratch, Served } from "./program.ts";
import { started, toolSuite } from "./tool-ground.ts";

const test = toolSuite("tools in TypeScript");

const NAME = "acme.words";
const IMPORTS = 'import { type Answer, type Arguments, type Host, ToolError } from "tollgate/tool";\n';

/** A new tool's folder. */
async function newTool(place: Scratch): Promise<string> {
  const made = await run(place, ["tool", "new", NAME, "--in", place.home]);
  assert.is(made.code, 0, made.stderr);
  return join(place.home, "words");
}

const tool = (place: Scratch, ...args: string[]) => run(place, ["tool", ...args]);
const edit = (folder: string, file: string, change: (text: string) => string): void =>
  writeFileSync(join(folder, file), change(readFileSync(join(folder, file), "utf8")));
const setManifest = (folder: string, members: Record<string, unknown>): void =>
  edit(folder, "tool.json", (text) => JSON.stringify({ ...JSON.parse(text), ...members }));
/** A handler of any arguments, which the schemas let through. */
function write(folder: string, body: string, members: Record<string, unknown> = {}): void {
  writeFileSync(
    join(folder, "tool.ts"),
    `${IMPORTS}export default async function (given: any, host: Host): Promise<any> {\n${body}\n}\n`,
  );
  setManifest(folder, {
    parameters: { type: "object", additionalProperties: false, properties: { path: { type: "string" } } },
    output: {
      type: "object",
      additionalProperties: false,
      properties: { list: {}, size: {}, there: {}, later: {}, caught: {}, text: {} },
    },
    ...members,
  });
}
const example = (folder: string, name: string, text: Record<string, unknown>): void =>
  writeFileSync(join(folder, "examples", `${name}.json`), JSON.stringify(text));

test("a new tool is built, its examples come out, and the same files give the same bytes", async ({ place }) => {
  const folder = await newTool(place);
  const tested = await tool(place, "test", folder);
  assert.match(tested.stdout, /^ok {3}counts .*\nok {3}no-words .*\n2 passed, 0 failed\n$/);
  assert.is(tested.code, 0);
  const hash = async () => JSON.parse((await tool(place, "build", folder, "--json")).stdout).module_sha256;
  const first = await hash();
  const [built] = (await chainEvents(place)).filter(({ kind }) => kind === "tool.build");
  assert.is(built.payload.module_sha256, first, "the build is on the chain with its hashes");
  rmSync(join(folder, "tool.wasm"));
  assert.is(await hash(), first);
  edit(folder, "tool.ts", (text) => text.replace("most = 3", "most = 4"));
  assert.is.not(await hash(), first);
  assert.match(
    readFileSync(join(folder, "tollgate.d.ts"), "utf8"),
    /readonly text: string;\n {4}\/\*\* .* \*\/\n {4}readonly most\?: number;/,
  );

  example(folder, "counts", { arguments: { text: "a" }, answer: { words: 2, frequent: [] } });
  const failed = await tool(place, "test", folder);
  assert.is(failed.code, 1);
  assert.match(
    failed.stdout,
    /^FAIL counts .*\n {5}the answer is .*"words":1.* where .*"words":2.* is expected\n {5}info: 1 different words\n/,
  );
  assert.match(failed.stdout, /1 passed, 1 failed\n$/);

  const again = await tool(place, "new", NAME, "--in", place.home);
  assert.is(again.code, 1);
  assert.match(again.stderr, /is there already/);
});

const broken: readonly [name: string, code: string, says: RegExp][] = [
  ["a slip of the pen", "export default (", /cannot be built: tool\.ts:\d:\d+: Unexpected end of file/],
  [
    "a package that is not there",
    'import x from "no-such-package"; export default x;',
    /tool\.ts:1:15: Could not resolve "no-such-package"/,
  ],
  ["no default export", "export const a = 1;", /No matching export in "tool\.ts" for import "default"/],
  ["a default that is no function", "export default 1;", /no default export that is a function/],
  [
    "a throw at its top",
    "\n\nconst a: any = null;\nexport default () => a;\na.b();",
    /cannot be built: tool\.ts:5: the script throws: TypeError/,
  ],
  [
    "a file of the host",
    'import { readFileSync } from "node:fs"; export default () => readFileSync;',
    /tool\.ts:1:30: Could not resolve "node:fs"/,
  ],
];

test("what does not build says where, and leaves the module that was there", async ({ place }) => {
  const folder = await newTool(place);
  const before = readFileSync(join(folder, "tool.wasm"));
  for (const [name, code, says] of broken) {
    writeFileSync(join(folder, "tool.ts"), code);
    const done = await tool(place, "build", folder);
    assert.is(done.code, 1, `${name}: ${done.stdout}`);
    assert.match(done.stderr, says, name);
    assert.ok(before.equals(readFileSync(join(folder, "tool.wasm"))), name);
  }
  assert.not.ok(existsSync(join(folder, "tool.wasm.part")));
});

test("files, errors with their line, async work and limits are as a client finds them", async ({ place }) => {
  const folder = await newTool(place);
  rmSync(join(folder, "examples/counts.json"));
  rmSync(join(folder, "examples/no-words.json"));
  write(
    folder,
    `const { files } = host;
     if (given.path === "throws") (undefined as any).member;
     if (given.path === "loops") for (;;) {}
     if (given.path === "fills") { const all: unknown[] = []; for (;;) all.push(new Uint8Array(1 << 20)); }
     if (given.path === "catches") { try { for (;;) {} } catch { return { caught: true }; } }
     if (given.path === "waits") await new Promise(() => {});
     if (given.path === "later") return { later: await new Promise((resolve) => setTimeout(resolve, 5, "yes")) };
     if (given.path === "outside") return { text: files.readText("/etc/passwd") };
     if (given.path === "names") {
       const url = new globalThis.URL("../c?x=1#z", "http://user@Example.com:80/a/b/");
       url.searchParams.append("k", "v w");
       const copy = structuredClone({ at: new Date(5), map: new Map([[1, 2]]) });
       return { text: url.href, size: copy.at.getTime() + (copy.map.get(1) ?? 0) };
     }
     if (given.path === "refuses") throw new ToolError("not-today", "come back tomorrow", { day: 1 });
     files.createFolder("made/deep");
     files.write("made/deep/b.txt", files.readText("a.txt") + "!");
     files.append("made/deep/b.txt", new TextEncoder().encode("?"));
     files.rename("made/deep/b.txt", "made/c.txt");
     files.removeFolder("made/deep");
     return { list: files.list("made"), size: files.status("made/c.txt").size, there: files.exists("made/deep") };`,
    {
      filesystem: "read-write",
      folders: [{ path: "notes", access: "read-write" }],
      effect: { risk: 0.5 },
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
      limits: { fuel: 200_000_000, memoryBytes: 33_554_432 },
      clock: true,
    },
  );
  example(folder, "files", {
    files: { "notes/a.txt": "hi" },
    arguments: {},
    answer: { list: [{ name: "c.txt", type: "file" }], size: 4, there: false },
    after: { "notes/made/c.txt": "hi!?" },
  });
  const faults = {
    loops: "fuel-exhausted",
    catches: "fuel-exhausted",
    throws: "script-error",
    waits: "script-error",
    outside: "script-error",
    refuses: "not-today",
  };
  for (const [path, error] of Object.entries(faults)) example(folder, path, { arguments: { path }, error });
  const named = { text: "http://user@example.com/a/c?x=1&k=v+w#z", size: 7 };
  example(folder, "names", { arguments: { path: "names" }, answer: named });
  example(folder, "later", { arguments: { path: "later" }, answer: { later: "yes" } });
  const tested = await tool(place, "test", folder, "--json");
  assert.ok(tested.stdout.startsWith("{"), tested.stderr);
  const { examples } = JSON.parse(tested.stdout);
  assert.equal(
    examples.filter(({ ok }: Message) => !ok).map(({ name, problem }: Message) => `${name}: ${problem}`),
    [],
  );
  // Memory that runs out is the engine's own error, or a fault of the store; either way it is told.
  example(folder, "throws", { arguments: { path: "throws" }, error: "other" });
  example(folder, "fills", { arguments: { path: "fills" }, error: "other" });
  const told = await tool(place, "test", folder);
  assert.match(told.stdout, /FAIL throws .*\n {5}it fails as script-error: .* at tool\.ts:4\n/);
  assert.match(told.stdout, /FAIL fills .*\n {5}it fails as (script-error|memory-limit-exceeded)/);
  assert.match(told.stdout, /8 passed, 2 failed\n$/);
});

test("a tool calls tools and reads variables as its examples and its host have them", async ({ place }) => {
  const folder = await newTool(place);
  rmSync(join(folder, "examples/counts.json"));
  rmSync(join(folder, "examples/no-words.json"));
  write(
    folder,
    `try {
       const { exists } = host.call("fs.exists", { path: given.path }) as { exists: boolean };
       return { there: exists, text: host.env.LANG ?? "none" };
     } catch (error) {
       return { caught: (error as ToolError).code };
     }`,
    {
      ...{ calls: ["fs.exists"], env: ["LANG"], hostCalls: ["tool.call"], effect: { risk: 0.3 } },
      ...{ filesystem: "read-only", folders: [{ path: ".", access: "read-only" }] },
    },
  );
  const call = { tool: "fs.exists", arguments: { path: "a" }, answer: { exists: true, is_file: true, is_dir: false } };
  const answer = { there: true, text: "de" };
  example(folder, "calls", { env: { LANG: "de" }, calls: [call], arguments: { path: "a" }, answer });
  const refused = { calls: [{ tool: "fs.exists", error: "permission-denied" }], arguments: { path: "a" } };
  example(folder, "refused", { ...refused, answer: { caught: "permission-denied" } });
  example(folder, "unasked", { calls: [], arguments: { path: "a" }, answer: { caught: "unexpected-call" } });
  example(folder, "uncalled", { calls: [call, call], arguments: { path: "a" }, answer: { there: true, text: "none" } });
  const tested = await tool(place, "test", folder);
  assert.match(tested.stdout, /^ok {3}calls .*\nok {3}refused .*\n/, tested.stderr);
  assert.match(tested.stdout, /FAIL unasked .*\n {5}it calls fs\.exists \{"path":"a"\}, and "calls" has no more\n/);
  assert.match(tested.stdout, /FAIL uncalled .*\n {5}it does not call fs\.exists\n2 passed, 2 failed\n$/);

  const deployed = await tool(place, "deploy", folder, "--activate");
  assert.is(deployed.code, 0, deployed.stderr);
  writeFileSync(join(place.root, "a"), "");
  const config = join(place.home, "tollgate.json");
  writeFileSync(config, JSON.stringify({ env: ["LANG"] }));
  const called = await run(place, ["call", NAME, "path=a", "--dir", place.root, "--config", config]);
  assert.equal(JSON.parse(called.stdout), { there: true, text: place.env.LANG ?? "none" }, called.stderr);
});

test("tool dev has a running host take up each change, keeps the last one that builds, and shows the calls", async ({
  place,
}) => {
  const folder = await newTool(place);
  const served = new Served(place);
  started.push(served.child);
  await served.initialize();
  await served.request("tools/list");
  const dev = spawn(process.execPath, [MAIN, "tool", "dev", folder], {
    env: place.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(dev);
  let text = "";
  for (const stream of [dev.stdout, dev.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk));
  const says = async (what: RegExp) => {
    const deadline = Date.now() + 30_000;
    while (!what.test(text)) {
      assert.ok(Date.now() < deadline, `${what} is not in ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await says(/acme\.words 0\.1\.0 is active/);
  await served.next(({ method }: Message) => method === "notifications/tools/list_changed");
  const call = async () => (await served.call("acme_words", { text: "a b a", most: 1 })).structuredContent;
  assert.equal(await call(), { words: 3, frequent: [{ word: "a", count: 2 }] });
  await says(/call\.outcome {2}client:stdio {2}acme\.words {2}permit {2}ok/);

  edit(folder, "tool.ts", (code) => `${code}not code`);
  await says(/cannot be built: tool\.ts:\d+:\d+:/);
  assert.equal((await call()).words, 3);
  edit(folder, "tool.ts", (code) => code.replace("not code", "").replace("return { words:", "return { words: 39 +"));
  await says(/acme\.words 0\.1\.1 is active/);
  assert.is((await call()).words, 42);
  dev.kill("SIGINT");
  const code = await new Promise((resolve) => dev.on("close", resolve));
  assert.is(code, 0, text);
  assert.is(JSON.parse(readFileSync(join(folder, "tool.json"), "utf8")).version, "0.1.0");
});

test.run();
