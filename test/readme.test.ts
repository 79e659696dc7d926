// The documents are true: every shell command of README.md is run by a POSIX shell, its output compared, its snippets
// used; what SECURITY.md cites exists; every link leads to a file.
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import wabt from "wabt";
import { PAYLOAD_BYTES } from "../src/chain/event-record.ts";
import { bytes, grouped } from "../src/cli/output.ts";
import { DEFAULT_LIMITS, LIMIT_CEILINGS } from "../src/contract/limits.ts";
import { DEFAULT_JSON_BOUNDS } from "../src/contract/strict-json.ts";
import { APPROVAL_LIFETIME_MS } from "../src/gate/approvals.ts";
import { THRESHOLDS } from "../src/gate/options.ts";
import { PATH_BYTES } from "../src/gate/paths.ts";
import { MAX_POLICY_TEXT } from "../src/gate/policies.ts";
import { LIST_MAX, WORKERS_MAX } from "../src/host/config-document.ts";
import { HIGH_WATER_BYTES } from "../src/protocol/byte-writer.ts";
import { MAX_LINE_BYTES } from "../src/protocol/mcp/connection.ts";
import { DEFAULT_MODULE_BOUNDS } from "../src/store/meter/bounds.ts";
import { MAIN, run, Served, scratch } from "./flow/program.ts";

const REPOSITORY = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const DOCUMENTS = ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"];

const read = (file: string): string => readFileSync(join(REPOSITORY, file), "utf8");
const README = read("README.md");

interface Block {
  /** What follows the fence: `sh`, `sh exit=1`, `json`, … */
  readonly info: string;
  readonly text: string;
  /** The comment on the line above, such as `init vscode`. */
  readonly note: string | undefined;
}

/** The fenced blocks of a document, in their order. */
function blocksOf(document: string): Block[] {
  const blocks: Block[] = [];
  for (const match of document.matchAll(/(?:^<!-- (.+) -->\n)?^```([^\n]*)\n([\s\S]*?)^```$/gm)) {
    blocks.push({ note: match[1], info: match[2] as string, text: match[3] as string });
  }
  return blocks;
}

const BLOCKS = blocksOf(README);
const noted = (note: string): string => {
  const found = BLOCKS.find((block) => block.note === note);
  if (found === undefined) throw new Error(`README.md has no block marked ${note}`);
  return found.text;
};

const place = scratch();
const { home } = place;
const folder = join(home, "folder");
const binaries = join(home, "bin");
/** As a reader's shell has it: a home, and nothing else that tollgate looks at. */
const env = { PATH: `${binaries}:${dirname(process.execPath)}:${process.env.PATH}`, HOME: home };

test.before(() => {
  for (const name of ["bin", "folder", "src", "team"]) mkdirSync(join(home, name));
  writeFileSync(join(binaries, "tollgate"), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, { mode: 0o755 });
  // npm itself would replace or test the very tree that this test runs in; the demo is run, the benchmark is parsed.
  writeFileSync(
    join(binaries, "npm"),
    `#!/bin/sh
case "$*" in
  ci | test | "run build") exit 0 ;;
  "run demo") exec '${process.execPath}' '${REPOSITORY}/scripts/demo.mjs' ;;
  "run bench") exec '${process.execPath}' --check '${REPOSITORY}/bench/run.mjs' ;;
  *) exit 64 ;;
esac
`,
    { mode: 0o755 },
  );
  writeFileSync(join(home, "team/team.cedar"), local(noted("team.cedar")));
  writeFileSync(join(home, "team/tollgate.json"), local(noted("tollgate.json")));
});

test.after(() => place.remove());

/** The reader's paths as this machine's. */
function local(text: string): string {
  return text
    .replaceAll("/path/to/tollgate", REPOSITORY)
    .replaceAll("/path/to/folder", folder)
    .replaceAll("/home/you", home);
}

/** This machine's paths as the reader's, and what differs from run to run as letters. */
function general(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(REPOSITORY, "/path/to/tollgate")
    .replaceAll(folder, "/path/to/folder")
    .replaceAll(home, "/home/you")
    .replaceAll(process.execPath, "node")
    .replace(/"modified":"[^"]+"/g, '"modified":"T"')
    .replace(/fuel \d[\d ]*(?= ·)/g, "fuel F")
    .replace(/\d+\.\d\d ms/g, "T ms")
    .replace(/chain event \d+/g, "chain event N")
    .replace(/as message \d+|"msg_id":\d+/g, "message N")
    .replace(/\d+ events verified, \d+ /g, "N events verified, N ")
    .replace(/^(ok +node +).+$/gm, "$1V")
    .trimEnd();
}

/** Runs a block as one script of the shell, with both outputs in one stream and no terminal. */
function shell(script: string): { readonly code: number | null; readonly output: string } {
  const file = join(home, "output");
  const sink = openSync(file, "w");
  const { status } = spawnSync("sh", ["-euc", local(script)], { cwd: home, env, stdio: ["ignore", sink, sink] });
  closeSync(sink);
  return { code: status, output: readFileSync(file, "utf8") };
}

const instead = (script: string): string => {
  if (/npm run (demo|bench)/.test(script)) {
    return script.includes("demo")
      ? " (npm ci is left out: it would replace what this test runs on)"
      : " (parsed only: it takes minutes)";
  }
  return script.includes("npm") ? " (left out: this is it)" : "";
};

for (const [index, { info, text }] of BLOCKS.entries()) {
  if (!/^sh\b/.test(info)) continue;
  const next = BLOCKS[index + 1];
  const expected = next?.info === "text" && next.note === undefined ? next.text : undefined;
  test(`README runs: ${text.trim().replaceAll("\n", "; ")}${instead(text)}`, () => {
    const { code, output } = shell(text);
    assert.is(code, info === "sh exit=1" ? 1 : 0, output);
    if (expected !== undefined) assert.is(general(output), general(expected));
  });
}

test("every npm script that the README names is one of package.json", () => {
  const { scripts } = JSON.parse(read("package.json"));
  const named = [...README.matchAll(/npm (?:run )?(demo|test|build|bench)\b/g)].map(([, name]) => name as string);
  assert.ok(named.length > 0, "none is named");
  for (const name of named) assert.ok(scripts[name], name);
});

const initBlocks = BLOCKS.filter(({ note }) => note?.startsWith("init "));
if (initBlocks.length === 0) throw new Error("README.md has no block marked init …");

for (const { note, info, text } of initBlocks) {
  test(`README's snippet is what ${note} prints`, async () => {
    const printed = await run({ ...place, env }, [...(note as string).split(" "), "--dir", folder]);
    assert.is(printed.code, 0, printed.stderr);
    if (info === "json") assert.equal(JSON.parse(general(printed.stdout)), JSON.parse(text));
    else assert.is(general(printed.stdout), text.trimEnd());
  });
}

test("README has a snippet for each client", async () => {
  const { stdout } = await run(place, ["init", "--help"]);
  const [, clients = ""] = /^Clients: (.+)\.$/m.exec(stdout) ?? [];
  for (const client of clients.split(", "))
    assert.ok(
      initBlocks.some(({ note }) => note === `init ${client}`),
      client,
    );
});

test("the question in the README is the one that a client's user is asked", async () => {
  const notes = join(home, "notes");
  mkdirSync(notes, { recursive: true });
  writeFileSync(join(notes, "list.txt"), "Buy bread.\n");
  const served = new Served({ ...place, env }, [notes]);
  await served.initialize({ elicitation: {} });
  served.send({
    jsonrpc: "2.0",
    id: 7,
    method: "tools/call",
    params: { name: "fs_remove", arguments: { path: "list.txt" } },
  });
  const asked = await served.next((message) => message.method === "elicitation/create");
  assert.is(general(asked.params.message), noted("question").trimEnd());
  await served.close();
});

test("the policy excerpt stands in the built-in policy", () => {
  assert.ok(read("policy/default.cedar").includes(noted("excerpt policy/default.cedar")));
});

test("the example tollgate.json and the table below it name every key of the schema", () => {
  const keys = Object.keys(JSON.parse(read("schema/tollgate.schema.json")).properties).sort();
  assert.equal(Object.keys(JSON.parse(noted("tollgate.json"))).sort(), keys);
  const table = section("## Configuration");
  for (const key of keys) assert.ok(table.includes(`| \`${key}\` |`), key);
});

/** The text from a heading to the next of its kind. */
function section(heading: string): string {
  const start = README.indexOf(`\n${heading}\n`);
  if (start === -1) throw new Error(`README.md has no ${heading}`);
  const end = README.indexOf("\n## ", start + 1);
  return README.slice(start, end === -1 ? undefined : end);
}

test("the table of tools is the list of tools, with their actions and effects", async () => {
  const { stdout } = await run(place, ["tools", "--json"]);
  // biome-ignore lint/suspicious/noExplicitAny: manifests are asserted on, member by member
  const expected = JSON.parse(stdout).map((tool: any) => {
    const named = [...new Set(tool.resources.flatMap((one: { actions: string[] }) => one.actions))].sort();
    const actions = named.length > 0 ? named : [tool.action];
    const effect = Object.entries(tool.effect).filter(([, value]) => (value as number) > 0);
    return [tool.name, actions.join(), effect.map(([name, value]) => `${name} ${value}`).join(" ")];
  });
  const rows = [...section("## The tools").matchAll(/^\| `([a-z_.]+)` \| .+ \| (.+) \| (.+) \|$/gm)];
  const written = rows.map(([, name, actions, effect]) => [
    name,
    actions?.replaceAll("`", "").split(", ").sort().join(),
    effect,
  ]);
  assert.equal(written, expected);
});

test("the limits in the README are those of the code", () => {
  const seconds = (milliseconds: number): string => `${milliseconds / 1000} s`;
  const b = DEFAULT_MODULE_BOUNDS;
  const rows = [
    `| fuel | ${grouped(DEFAULT_LIMITS.fuel)} | ${grouped(LIMIT_CEILINGS.fuel)} |`,
    `| memory | ${bytes(DEFAULT_LIMITS.memoryBytes)} | ${bytes(LIMIT_CEILINGS.memoryBytes)} |`,
    `| deadline | ${seconds(DEFAULT_LIMITS.deadlineMs)} | ${seconds(LIMIT_CEILINGS.deadlineMs)} |`,
    `| output | ${bytes(DEFAULT_LIMITS.outputBytes)} | ${bytes(LIMIT_CEILINGS.outputBytes)} |`,
    `| module | ${bytes(b.moduleBytes)} |`,
    `| function body | ${bytes(b.functionBytes)} |`,
    `| functions | ${grouped(b.functions)} |`,
    `| locals | ${grouped(b.locals)} |`,
    `| block depth, loop depth | ${grouped(b.blockDepth)}, ${b.loopDepth} |`,
    `| branch table | ${[b.brTablePerTable, b.brTablePerFunction, b.brTablePerModule].map(grouped).join(", ")} |`,
    `| loops | ${grouped(b.loopsPerFunction)} |`,
    `| calls and bulk operators | ${grouped(b.callsPerFunction)}, ${grouped(b.callsPerModule)} |`,
    `| values merged where control joins | ${grouped(b.mergedValues)}, ${grouped(b.mergedValuesPerModule)} |`,
    `| values at branches, at calls | ${grouped(b.branchedValues)}, ${grouped(b.carriedValues)} |`,
    `| values of a function type | ${b.typeValues} |`,
    `| memories | ${b.memories} |`,
    `| tables | ${b.tables}; ${grouped(b.tableElements)} elements |`,
    `| MCP line, JSON-RPC content | ${bytes(MAX_LINE_BYTES)} |`,
    `| JSON nesting, JSON values | ${DEFAULT_JSON_BOUNDS.depth}, ${grouped(DEFAULT_JSON_BOUNDS.values)} |`,
    `| unread answers | ${bytes(HIGH_WATER_BYTES)} |`,
    `| approval | ${APPROVAL_LIFETIME_MS / 60_000} min |`,
    `| path | ${grouped(PATH_BYTES)} |`,
    `| roots, policies | ${LIST_MAX} each |`,
    `| policy file, \`tollgate.json\` | ${MAX_POLICY_TEXT / 1024} Ki, 256 KiB |`,
    `| chain event | ${bytes(PAYLOAD_BYTES)} |`,
    `| \`development\` (default) | ${THRESHOLDS.development} |`,
    `| \`staging\` | ${THRESHOLDS.staging} |`,
    `| \`production\` | ${THRESHOLDS.production}; ${THRESHOLDS.production / 2} for`,
    `| \`workers\` | worker threads of the store, 1 to ${WORKERS_MAX} |`,
  ];
  for (const row of rows) assert.ok(README.includes(`\n${row}`), `README.md lacks the row ${row}`);
});

test("the store snippet runs a module that is not trusted", async () => {
  const { default: exported } = { default: JSON.parse(read("package.json")).exports["./store"].default };
  const library = join(REPOSITORY, exported);
  const snippet = BLOCKS.find(({ info }) => info === "js")?.text as string;
  const text = (await wabt()).parseWat("guest.wat", '(module (memory (export "memory") 1) (func (export "_start")))');
  writeFileSync(join(home, "guest.wasm"), text.toBinary({}).buffer);
  writeFileSync(
    join(home, "snippet.mjs"),
    snippet.replace('"tollgate/store"', JSON.stringify(pathToFileURL(library).href)),
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, ["snippet.mjs"], { cwd: home, env, encoding: "utf8" });
  assert.is(status, 0, stderr);
  assert.is(stdout, "exited 1\n");
});

for (const document of DOCUMENTS) {
  test(`every link of ${document} leads to a file, and nothing in it is of one machine`, () => {
    const text = read(document);
    for (const [, target] of text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)) {
      if (!/^https?:/.test(target as string)) assert.ok(existsSync(join(REPOSITORY, target as string)), target);
    }
    assert.not.match(text, /\/(?:work|farm|root|tmp)\/|\.\.\/shared/);
  });
}

/** The names of the tests of a file as patterns; what a template fills in is a group. */
function testNames(file: string): RegExp[] {
  const calls = read(file).matchAll(/\b\w+\(\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|`((?:\\.|[^`\\])*)`)/g);
  return [...calls].map(([, double, single, template]) => {
    const parts = (double ?? single ?? template ?? "").split(/\$\{[^}]*\}/);
    return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("(.+)")}$`);
  });
}

/** Whether a file has a test of this name; what fills a template must be a value in the file, or a tool's name. */
function hasTest(file: string, name: string): boolean {
  const source = read(file);
  const isValue = (text: string): boolean =>
    source.includes(JSON.stringify(text)) ||
    (/^-?[\d.]+$/.test(text) && source.includes(text)) ||
    existsSync(join(REPOSITORY, `manifests/${text}.json`));
  return testNames(file).some((pattern) => pattern.exec(name)?.slice(1).every(isValue));
}

const cited = [...read("SECURITY.md").matchAll(/\[(test\/[\w/.-]+)\]\([^)]+\)((?:[:,;] “[^”]+”)*)/g)];

test("every test that SECURITY.md cites exists under that name", () => {
  assert.ok(cited.length > 20);
  const known = new Set(
    readdirSync(join(REPOSITORY, "test"), { recursive: true, encoding: "utf8" }).map((name) => `test/${name}`),
  );
  for (const [, file, names] of cited) {
    assert.ok(known.has(file as string), file);
    const quoted = [...(names as string).matchAll(/“([^”]+)”/g)].map(([, name]) => name as string);
    assert.ok(quoted.length > 0, `${file} is cited without the name of a test`);
    for (const name of quoted) assert.ok(hasTest(file as string, name), `${file} has no test “${name}”`);
  }
});

test("every promise in SECURITY.md has a mechanism and a test", () => {
  const rows = read("SECURITY.md").match(/^\| (?!promise\b|-).+\|$/gim) ?? [];
  assert.ok(rows.length > 20);
  for (const row of rows) {
    const [, promise, mechanism, proof] = row.split(" | ").length === 3 ? ["", ...row.split(" | ")] : [];
    assert.ok(promise && mechanism?.includes("](src/") && proof?.includes("](test/"), row);
  }
});

test.run();
