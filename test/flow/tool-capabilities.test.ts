// What a deployed tool can reach: its folders, variables, tools and places on the network, and nothing else.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { wat } from "../store/meter/metered-run.ts";
import { chainEvents, type Message, run, type Scratch } from "./program.ts";
import { ASK, asking, OPEN, saying, toolFolder } from "./tool-folder.ts";
import { serve, toolSuite } from "./tool-ground.ts";

const test = toolSuite("tool capabilities");

async function deploy(place: Scratch, changed: Record<string, unknown>, module: Uint8Array): Promise<void> {
  const folder = toolFolder(place, String(changed.name), changed, module);
  const done = await run(place, ["tool", "deploy", folder, "--activate"]);
  assert.is(done.code, 0, done.stderr);
}

const text = (answer: Message): string => answer.content[0].text;
const ANY = { type: "object", additionalProperties: false, properties: { path: { type: "string" } } };

/** Opens each path below its first preopened directory for reading, in turn; exits with 32 and a bit for each that opened. */
function opens(...paths: string[]): Uint8Array {
  const data = paths.map((path, n) => `(data (i32.const ${64 + n * 64}) "${path}")`);
  const calls = paths.map(
    (
      path,
      n,
    ) => `(i32.add (i32.mul (i32.const ${1 << n}) (i32.eqz (call $open (i32.const 3) (i32.const 1) (i32.const ${64 + n * 64})
      (i32.const ${path.length}) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))))`,
  );
  return wat(`(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 1) ${data.join("\n")}
    (func (export "_start") (i32.const 32) ${calls.join("\n")} (call $exit)))`);
}

const READS = {
  filesystem: "read-only",
  effect: { risk: 0.1 },
  parameters: ANY,
  resources: [{ argument: "path", kind: "path", actions: ["tool.fs.read"] }],
};

test("a tool reaches its folders and no other, and policy decides on each of them", async ({ place }) => {
  for (const name of ["docs", "secret"]) {
    mkdirSync(join(place.root, name));
    writeFileSync(join(place.root, name, "a.txt"), name);
  }
  const folders = [{ path: "docs", access: "read-only" }];
  await deploy(
    place,
    { ...READS, name: "acme.read", folders },
    opens("a.txt", "../secret/a.txt", "/etc/hosts", "missing"),
  );
  await deploy(
    place,
    { ...READS, name: "acme.none", folders: [{ path: "nowhere", access: "read-only" }] },
    opens("a.txt"),
  );
  const served = await serve(place);
  assert.match(text(await served.call("acme.read", {})), /exit code 33/, "its own file opens, and nothing else");
  assert.match(text(await served.call("acme.read", { path: "../secret/a.txt" })), /outside the roots/);
  assert.match(text(await served.call("acme.read", { path: join(place.root, "secret/a.txt") })), /outside the roots/);
  assert.match(text(await served.call("acme.read", { path: "a.txt" })), /exit code 33/);
  const none = await served.call("acme.none", {});
  assert.is(none.isError, true);
  assert.not.match(text(none), /exit code 33/, "a folder that is not there gives nothing else");
  await served.close();

  const policy = join(place.home, "narrow.cedar");
  const root = JSON.stringify(join(place.root, "docs"));
  writeFileSync(
    policy,
    `@id("all") permit (principal, action, resource);\n@id("not-docs") forbid (principal, action == Action::"tool.fs.read", resource in Path::${root});\n`,
  );
  const strict = await serve(place, "--policy", policy);
  assert.match(text(await strict.call("acme.read", {})), /not-docs/);
  await strict.close();
  const plugins = join(place.home, "plugins.cedar");
  writeFileSync(
    plugins,
    `@id("all") permit (principal, action, resource);\n@id("no-acme") forbid (principal, action == Action::"tool.plugin.run", resource) when { context.tool like "acme.*" };\n`,
  );
  const closed = await serve(place, "--policy", plugins);
  assert.match(text(await closed.call("acme.read", {})), /no-acme/);
  await closed.close();
  const outcome = (await chainEvents(place)).find(
    ({ kind, payload }) => kind === "call.outcome" && payload.tool === "acme.read",
  );
  assert.equal(outcome.payload.decision?.resources ?? outcome.payload.resources, [join(place.root, "docs")]);
});

test("a tool calls the tools that it names, through the gate, for its caller and within its folders", async ({
  place,
}) => {
  mkdirSync(join(place.root, "docs"));
  writeFileSync(join(place.root, "docs/a.txt"), "in");
  writeFileSync(join(place.root, "b.txt"), "out");
  const calling = {
    parameters: ASK,
    output: OPEN,
    hostCalls: ["tool.call"],
    filesystem: "read-only",
    folders: [{ path: "docs", access: "read-only" }],
    effect: { risk: 0.1 },
  };
  await deploy(place, { ...calling, name: "acme.proxy", calls: ["fs.*", "acme.greet"] }, asking("tool.call"));
  await deploy(place, { name: "acme.greet" }, saying("hello"));
  const served = await serve(place);
  const proxied = async (tool: string, args: unknown): Promise<Message> =>
    (await served.call("acme.proxy", { tool, args })).structuredContent;
  assert.equal(await proxied("acme.greet", {}), { ok: true, answer: { text: "hello" } });
  assert.is((await proxied("fs.read_file", { path: "a.txt" })).answer.content, "in");
  for (const [tool, args, code] of [
    ["sys.env.get", { name: "HOME" }, /permission-denied/],
    ["acme.proxy", { tool: "fs.exists", args: { path: "a.txt" } }, /permission-denied/],
    ["fs.read_file", { path: join(place.root, "b.txt") }, /permission-denied/],
    ["fs.write_file", { path: "new.txt", content: "x" }, /permission-denied/],
    ["fs.read_file", { path: "../b.txt" }, /permission-denied/],
  ] as const) {
    assert.match(JSON.stringify(await proxied(tool, args)), code, `${tool} ${JSON.stringify(args)}`);
  }
  await served.close();
  const inner = (await chainEvents(place)).filter(
    ({ kind, payload }) => kind === "call.outcome" && payload.tool === "fs.read_file",
  );
  assert.is(inner.length, 1);
  assert.match(JSON.stringify(inner[0].payload), /tool:acme\.proxy/);
});

test("a tool is given the variables that it names where the operator lists them, and else does not run", async ({
  place,
}) => {
  await deploy(place, { name: "acme.env", env: ["TOLLGATE_TEST"] }, saying("hello"));
  const served = await serve(place);
  assert.match(text(await served.call("acme.env", {})), /TOLLGATE_TEST is not one that client stdio may read/);
  await served.close();
  const config = join(place.home, "listed.json");
  writeFileSync(config, JSON.stringify({ env: ["TOLLGATE_TEST"] }));
  const listed = await serve(place, "--config", config);
  assert.equal((await listed.call("acme.env", {})).structuredContent, { text: "hello" });
  await listed.close();
});

test("the operator raises and lowers the limits of a tool, in a file that was named, and sees what holds", async ({
  place,
}) => {
  const limits = { fuel: 10 };
  await deploy(place, { name: "acme.greet", limits }, saying("hello"));
  const config = join(place.home, "limits.json");
  const limited = (toolLimits: unknown, more: object = {}) =>
    writeFileSync(config, JSON.stringify({ toolLimits, ...more }));
  const fault = (answer: Message) => answer._meta?.["dev.tollgate/fault"];
  const signed = await serve(place);
  assert.is(fault(await signed.call("acme.greet", {})).data.limit, 10, "what was signed");
  await signed.close();

  limited({ "acme.greet": { fuel: 1000 }, "fs.read_dir": { fuel: 7 } });
  const raised = await serve(place, "--config", config);
  assert.equal((await raised.call("acme.greet", {})).structuredContent, { text: "hello" });
  assert.is(fault(await raised.call("fs.read_dir", { path: "." })).data.limit, 7, "what ships is lowered as well");
  assert.is((await raised.call("fs.exists", { path: "." })).isError, undefined, "no other tool is");
  await raised.close();
  const shown = await run(place, ["tool", "show", "acme.greet", "--config", config]);
  assert.match(shown.stdout, /limits {6}fuel 10 .*\n {2}held to {5}fuel 1 000 /);
  assert.match((await run(place, ["tools", "fs.read_dir", "--config", config])).stdout, /limits +fuel 7 /);

  limited({ "acme.greet": { fuel: 1000 } }, { limits: { fuel: 9 } });
  const ceiling = await serve(place, "--config", config);
  assert.is(fault(await ceiling.call("acme.greet", {})).data.limit, 9, "nothing is raised over the ceiling of all");
  await ceiling.close();
  writeFileSync(join(place.root, "tollgate.json"), JSON.stringify({ toolLimits: { "acme.greet": { fuel: 1000 } } }));
  const found = await run(place, ["call", "acme.greet"]);
  assert.is(found.code, 2);
  assert.match(found.stderr, /"toolLimits" is not taken from a file that was only found here/);
});

test("a tool asks the network only where policy permits it, only what it names, and no private address", async ({
  place,
}) => {
  const asks = {
    parameters: ASK,
    output: OPEN,
    hostCalls: ["http.request"],
    effect: { privacy: 0.3 },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    http: [{ origin: "https://127.0.0.1:9", methods: ["GET"], path: "/" }],
  };
  await deploy(place, { ...asks, name: "acme.fetch" }, asking("http.request"));
  const served = await serve(place);
  const request = { method: "GET", url: "https://127.0.0.1:9/" };
  assert.match(
    text(await served.call("acme.fetch", request)),
    /no policy permits tool\.plugin\.http on name https:\/\/127\.0\.0\.1:9/,
  );
  await served.close();
  const policy = join(place.home, "all.cedar");
  writeFileSync(policy, '@id("all") permit (principal, action, resource);\n');
  const open = await serve(place, "--policy", policy);
  assert.match(text(await open.call("acme.fetch", request)), /no public address/);
  assert.match(
    text(await open.call("acme.fetch", { ...request, url: "https://example.com/" })),
    /not one of the places/,
  );
  await open.close();
  const kinds = (await chainEvents(place)).map(({ kind }) => kind);
  assert.equal(
    kinds.filter((kind) => kind.startsWith("http.")),
    ["http.request", "http.response"],
  );
});

test.run();
