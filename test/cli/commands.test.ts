// Every command through the built program: what it prints, where, and its exit code.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAIN, run, type Scratch, scratch } from "../flow/program.ts";

const test = suite<{ place: Scratch }>("commands");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

const onlyLine = (stderr: string): string => {
  assert.match(stderr, /^tollgate: [^\n]+\n$/);
  return stderr;
};

test("help goes where it was asked for, and a bare start is a mistake", async ({ place }) => {
  const [asked, bare, version, word] = await Promise.all([
    run(place, ["--help"]),
    run(place, []),
    run(place, ["--version"]),
    run(place, ["help", "chain", "tail"]),
  ]);
  assert.is(asked.code, 0);
  assert.match(asked.stdout, /^tollgate gives/);
  assert.is(asked.stderr, "");
  assert.equal([bare.code, bare.stdout], [2, ""]);
  assert.is(bare.stderr, asked.stdout);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  assert.match(word.stdout, /^Usage: tollgate chain tail/);
});

const mistakes: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
  [["serv"], 2, /unknown command "serv": did you mean "serve"\?/],
  [["chain"], 2, /there is chain status, chain tail, chain verify/],
  [["chain", "verfy"], 2, /unknown command "chain verfy"/],
  [["serve", "--rootz"], 2, /unknown option --rootz/],
  [["serve", "missing"], 2, /root .*missing does not exist: create it, or name another/],
  [["serve", "--config", "missing.json"], 2, /missing.json: cannot be read: ENOENT/],
  [["serve", "--environment=prod"], 2, /must be one of development, staging, production/],
  [["serve", "--policy", "missing.cedar"], 2, /missing.cedar cannot be read: ENOENT/],
  [["call"], 2, /something is missing/],
  [["call", "fs.stat", "path=.", "--json", "{}"], 2, /give key=value pairs or --json, not both/],
  [["call", "fs.stat", "--json", "[]"], 2, /must be one JSON object/],
  [["call", "fs.stat", "path"], 2, /"path" is not key=value/],
  [["tools", "fs.statt"], 1, /there is no tool "fs.statt": did you mean fs.stat\?/],
  [["chain", "status"], 1, /there is no chain in/],
  [["chain", "verify"], 1, /there is no chain in/],
  [["chain", "tail"], 1, /there is no chain in/],
  [["policy", "check", "missing.cedar"], 2, /missing.cedar cannot be read: ENOENT/],
  [["init", "emacs"], 2, /unknown client "emacs": known are claude-desktop/],
  [["init", "codex", "--scope", "project"], 2, /Codex has no configuration of scope project/],
  [["init", "cursor", "--name", "a b"], 2, /a name has letters/],
  [["init", "cursor", "--dir", "missing"], 2, /does not exist/],
];
test("a mistake is one line and an exit code: nothing on standard output or on disk", async ({ place }) => {
  const waiting = [...mistakes];
  const next = async (): Promise<void> => {
    for (let mistake = waiting.shift(); mistake !== undefined; mistake = waiting.shift()) {
      const [args, code, says] = mistake;
      const done = await run(place, args);
      assert.match(onlyLine(done.stderr), says, args.join(" "));
      assert.equal([done.code, done.stdout], [code, ""], args.join(" "));
    }
  };
  await Promise.all([next(), next(), next()]);
  assert.not.ok(existsSync(join(place.home, "state/tollgate/state.mdb")));
});

test("a wrong configuration stops every command that needs it with the same line", async ({ place }) => {
  writeFileSync(join(place.root, "tollgate.json"), '{\n  "rootz": []\n}');
  const commands = [["serve"], ["call", "fs.stat", "path=."], ["tools"], ["chain", "status"], ["policy", "show"]];
  for (const done of await Promise.all(commands.map((args) => run(place, args)))) {
    assert.match(onlyLine(done.stderr), /tollgate.json:2: unknown key "rootz": did you mean "roots"\?/);
    assert.equal([done.code, done.stdout], [2, ""]);
  }
});

test("a state directory that others can reach is exit 3 with the command that mends it", async ({ place }) => {
  mkdirSync(place.state, { recursive: true });
  chmodSync(place.state, 0o755);
  for (const args of [["call", "fs.stat", "path=."], ["chain", "status"], ["serve"]]) {
    const done = await run(place, args);
    assert.match(onlyLine(done.stderr), /mode 0755\): run chmod 700/);
    assert.equal([done.code, done.stdout], [3, ""]);
  }
});

test("a policy that names an unknown action is exit 2 at a start and exit 1 at a check", async ({ place }) => {
  const policy = join(place.root, "odd.cedar");
  writeFileSync(policy, 'permit (principal, action == Action::"tool.fs.reed", resource);\n');
  const served = await run(place, ["serve", "--policy", policy]);
  assert.match(onlyLine(served.stderr), /odd.cedar:1:/);
  assert.is(served.code, 2);
  const checked = await run(place, ["policy", "check", policy, "--json"]);
  assert.is(checked.code, 1);
  const report = JSON.parse(checked.stdout);
  assert.is(report.ok, false);
  assert.is(report.problems[0].line, 1);
  const plain = await run(place, ["policy", "check", policy]);
  assert.match(plain.stdout, /^error: odd.cedar:1:\d+: /);
});

test("the built-in policy is shown and checks", async ({ place }) => {
  const shown = await run(place, ["policy", "show"]);
  assert.is(shown.code, 0);
  const copy = join(place.root, "copy.cedar");
  writeFileSync(copy, shown.stdout);
  const [own, inForce] = await Promise.all([run(place, ["policy", "check", copy]), run(place, ["policy", "check"])]);
  assert.equal([own.code, own.stdout], [0, "ok: copy.cedar\n"]);
  assert.equal([inForce.code, inForce.stdout], [0, "ok: default.cedar\n"]);
});

test("tools lists all with effect and hints, and shows one with its schema in either spelling", async ({ place }) => {
  const [list, json, one, other] = await Promise.all([
    run(place, ["tools"]),
    run(place, ["tools", "--json"]),
    run(place, ["tools", "fs.read_file"]),
    run(place, ["tools", "fs_read_file", "--json"]),
  ]);
  const manifests = JSON.parse(json.stdout) as { name: string }[];
  for (const { name } of manifests) assert.match(list.stdout, new RegExp(`^${name.replaceAll(".", "\\.")} `, "m"));
  assert.match(one.stdout, /action +tool.fs.read\n/);
  assert.match(one.stdout, /limits +fuel [\d ]+ · memory /);
  assert.match(one.stdout, /"additionalProperties": false/);
  assert.equal(
    JSON.parse(other.stdout),
    manifests.find(({ name }) => name === "fs.read_file"),
  );
});

test("limits of the configuration are the ones that tools shows", async ({ place }) => {
  writeFileSync(join(place.root, "tollgate.json"), '{"limits": {"deadlineMs": 1234}}');
  const { stdout } = await run(place, ["tools", "fs.stat", "--json"]);
  assert.is(JSON.parse(stdout).limits.deadlineMs, 1234);
});

test("call answers JSON on standard output and says what it used on standard error", async ({ place }) => {
  writeFileSync(join(place.root, "a.txt"), "hello");
  const done = await run(place, ["call", "fs.read_file", "path=a.txt", "limit=4"]);
  assert.is(done.code, 0, done.stderr);
  assert.is(JSON.parse(done.stdout).content, "hell");
  assert.match(done.stderr, /^fuel [\d ]+ · memory \d+ KiB · [\d.]+ ms · chain event \d+\n$/);
  const piped = await run(place, ["call", "fs_read_file", "--json", "-", "--quiet"], { stdin: '{"path": "a.txt"}' });
  assert.is(JSON.parse(piped.stdout).content, "hello");
  assert.is(piped.stderr, "");
});

test("call refuses with exit 1, the reason on standard error and the fault as JSON", async ({ place }) => {
  const outside = await run(place, ["call", "fs.read_file", "path=../x"]);
  assert.is(outside.code, 1);
  assert.is(JSON.parse(outside.stdout).error.code, "permission-denied");
  assert.match(outside.stderr, /^tollgate: permission-denied: /);
  const unknown = await run(place, ["call", "fs.reed", "path=x"]);
  assert.is(unknown.code, 1);
  assert.is(JSON.parse(unknown.stdout).error.code, "tool-not-found");
  const misspelt = await run(place, ["call", "fs.stat", "pth=."]);
  assert.is(JSON.parse(misspelt.stdout).error.code, "invalid-arguments");
  const missing = await run(place, ["call", "fs.read_file", "path=none"]);
  assert.is(JSON.parse(missing.stdout).error.code, "file-not-found");
});

test("a deferred call is refused where nobody can be asked, and nothing happens", async ({ place }) => {
  const file = join(place.root, "keep.txt");
  writeFileSync(file, "keep");
  const done = await run(place, ["call", "fs.remove", "path=keep.txt"], { stdin: "y\n" });
  assert.is(done.code, 1);
  assert.is(JSON.parse(done.stdout).error.code, "approval-required");
  assert.is(readFileSync(file, "utf8"), "keep");
});

test("the chain is there after a call: status, tail and verify agree", async ({ place }) => {
  await run(place, ["call", "fs.stat", "path=."]);
  const [status, tail, last, verify] = await Promise.all([
    run(place, ["chain", "status", "--json"]),
    run(place, ["chain", "tail", "--json"]),
    run(place, ["chain", "tail", "-n", "1"]),
    run(place, ["chain", "verify", "--json"]),
  ]);
  const { sequence, chain_id } = JSON.parse(status.stdout);
  const events = tail.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.is(events.length, sequence);
  assert.equal(
    events.map(({ kind }) => kind).filter((kind) => kind !== "tree.root"), // one before each checkpoint
    ["host.start", "call.outcome", "host.stop"],
  );
  assert.match(last.stdout, new RegExp(`^#${sequence}  \\S+Z  tree.root[^\n]*\n$`));
  const report = JSON.parse(verify.stdout);
  assert.equal([verify.code, report.ok, report.verified_to, report.chain_id], [0, true, sequence, chain_id]);
});

test("the chain can be read when nothing else is in order", async ({ place }) => {
  await run(place, ["call", "fs.stat", "path=."]);
  writeFileSync(join(place.root, "tollgate.json"), '{"policies": ["missing.cedar"], "roots": ["missing"]}');
  assert.is((await run(place, ["serve"])).code, 2);
  assert.is((await run(place, ["chain", "verify"])).code, 0);
  assert.is((await run(place, ["chain", "status"])).code, 0);
});

test("init prints what it would write, writes it once, and keeps what was there", async ({ place }) => {
  const file = join(place.root, ".mcp.json");
  writeFileSync(file, '{\n  // ours\n  "mcpServers": { "x": { "command": "y" } }\n}\n');
  const printed = await run(place, ["init", "claude-code"]);
  const entry = JSON.parse(printed.stdout).mcpServers.tollgate;
  assert.equal([entry.command, ...entry.args.slice(0, 3)], [process.execPath, MAIN, "serve", place.root]);
  assert.match(printed.stderr, /\.mcp\.json:\n/);
  const written = await run(place, ["init", "claude-code", "--write"]);
  assert.is(written.code, 0, written.stderr);
  const backup = /^backup (.*)$/m.exec(written.stdout)?.[1] as string;
  assert.match(readFileSync(backup, "utf8"), /"x": \{ "command": "y" \}/);
  const text = readFileSync(file, "utf8");
  assert.ok(text.includes("// ours") && text.includes('"tollgate"'));
  const again = await run(place, ["init", "claude-code", "--write"]);
  assert.match(again.stdout, /has this entry already/);
  assert.is(readFileSync(file, "utf8"), text);
});

test("what init prints starts a server that a client can use", async ({ place }) => {
  const printed = await run(place, ["init", "cursor", "--dir", "."]);
  const { args } = JSON.parse(printed.stdout).mcpServers.tollgate;
  const request = {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
  };
  const done = await run(place, args.slice(1), { stdin: `${JSON.stringify(request)}\n`, cwd: "/" });
  assert.is(done.code, 0, done.stderr);
  assert.is(JSON.parse(done.stdout).result.serverInfo.name, "tollgate");
});

test("doctor finds everything in order on a fresh machine, and says what is not", async ({ place }) => {
  const fresh = await run(place, ["doctor", "--json"]);
  const report = JSON.parse(fresh.stdout);
  assert.equal([fresh.code, report.ok], [0, true], fresh.stdout);
  assert.ok(
    report.checks.every(({ status }: { status: string }) => status === "ok"),
    fresh.stdout,
  );
  assert.is(report.checks.at(-1).check, "test call");
  chmodSync(place.state, 0o755);
  const open = await run(place, ["doctor"]);
  assert.is(open.code, 1);
  assert.match(open.stdout, /^fail {2}state .*chmod 700/m);
});

test.run();
