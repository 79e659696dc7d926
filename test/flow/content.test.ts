// What names, contents and clients say: never raw where a person reads it, never as a second line, and no content of
// a file on the chain, in a log or in an error.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { quickScratch } from "./files/ground.ts";
import { permitAll } from "./permit-all.ts";
import { chainEvents, MAIN, type Message, run, type Scratch, Served } from "./program.ts";

/** Names that move a cursor, hide, reorder or forge, each a name that a file can have. */
const HOSTILE = [
  "\x1b[2J\x1b[1;31mred",
  "\x1b]0;title\x07bell",
  "\x1b]8;;http://evil.example\x1b\\link",
  "\x9b31mc1",
  "back\b\b\bspace\x7f",
  "cr\roverwritten",
  "nl\n#999  2026-01-01T00:00:00.000Z  call.outcome  operator:cli  fs.remove  permit  ok",
  "tab\tstop",
  "\u202egpj.exe",
  "\u2066isolate\u2069",
  "zero\u200bwidth\u200d\u2060\ufeff",
  "ls\u2028ps\u2029",
  "tag\u{e0041}\u{e0042}\u{e007f}",
  "variation\ufe0f",
  "hangul\u3164filler",
  "soft\u00adhyphen",
  "nbsp\u00a0\u2003",
  `quote"'\`$(id);&|`,
] as const;

/** What may stand in no text for a person: controls, format characters, what has no shape or changes that of others. */
const RAW = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u;

function readable(text: string, what: string): void {
  const found = RAW.exec(text.replaceAll("\n", ""));
  assert.is(found, null, `${what}: U+${found?.[0].codePointAt(0)?.toString(16)} in ${JSON.stringify(text)}`);
}

const test = suite<{ place: Scratch }>("content");
test.before.each((context) => {
  context.place = quickScratch();
});
test.after.each(({ place }) => {
  // a test that failed has not closed its server
  for (const { child } of started.splice(0)) child.kill("SIGKILL");
  place.remove();
});

const started: Served[] = [];
function serve(place: Scratch): Served {
  const served = new Served(place);
  started.push(served);
  return served;
}

const text = (answer: Message): string => answer.content[0].text;

/** Every file below a directory, by its path from there. */
const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));

test("an error about a hostile name is one line in which every character can be seen", async ({ place }) => {
  permitAll(place);
  const served = serve(place);
  await served.initialize();
  for (const name of HOSTILE) {
    for (const [tool, args] of [
      ["fs.read_file", { path: name }],
      ["fs.read_file", { path: `../${name}` }],
      ["fs.write_file", { path: `missing/${name}`, content: "x" }],
      ["fs.remove", { path: name }],
      ["fs.copy", { src: name, dst: `${name}2` }],
      ["fs.glob", { pattern: `[${name.replaceAll("]", "")}` }],
      ["fs.stat", { path: ".", [name]: 1 }],
      ["fs.stat", { path: { [name]: name } }],
      [name, {}],
    ] as const) {
      const answer = await served.call(tool, args);
      const said = answer.error?.message ?? text(answer);
      assert.ok(answer.isError === true || answer.error !== undefined, `${tool} ${JSON.stringify(args)}`);
      readable(said, `${tool} ${JSON.stringify(args)}`);
      assert.not.ok(said.includes("\n"), said);
      if (answer.error === undefined)
        readable(JSON.stringify(answer._meta["dev.tollgate/fault"].reasons ?? []), "reasons");
    }
  }
  assert.is(await served.close(), 0);
  readable(served.stderr, "stderr");
});

test("chain tail shows what hostile names, tools and clients did on one line an event, and forges none", async ({
  place,
}) => {
  permitAll(place);
  const served = serve(place);
  const clientInfo = { name: `evil\x1b[2J\n#1 forged\u202e`, version: "\x9b1\u200b" };
  await served.request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
  served.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  for (const name of HOSTILE) {
    await served.call("fs.write_file", { path: name, content: "x" });
    await served.call("fs.read_file", { path: `../${name}` });
    await served.call(name, {});
  }
  assert.is(await served.close(), 0);
  const events = await chainEvents(place);
  const tail = await run(place, ["chain", "tail", "-n", "100000"]);
  readable(tail.stdout, "chain tail");
  const lines = tail.stdout.trimEnd().split("\n");
  assert.is(lines.length, events.length);
  for (const [at, line] of lines.entries()) assert.ok(line.startsWith(`#${at + 1}  `), line);
  for (const command of [["chain", "status"], ["chain", "verify"], ["doctor"]]) {
    const done = await run(place, command);
    readable(done.stdout + done.stderr, command.join(" "));
  }
  assert.is((await run(place, ["chain", "verify"])).code, 0);
});

test("call says why on standard error in one readable line, and JSON on standard output with controls escaped", async ({
  place,
}) => {
  permitAll(place);
  writeFileSync(join(place.root, "esc"), HOSTILE.join("\n"));
  const done = await run(place, ["call", "fs.read_file", "path=esc"]);
  assert.is(JSON.parse(done.stdout).content, HOSTILE.join("\n"), "the value is the file's");
  assert.ok(
    [...done.stdout.trimEnd()].every((character) => character >= " "),
    "a control is raw in the JSON",
  );
  readable(done.stderr, "stderr");
  for (const name of [HOSTILE[0], HOSTILE[6], HOSTILE[8]]) {
    const refused = await run(place, ["call", "fs.read_file", `path=${name}`]);
    assert.is(refused.code, 1);
    readable(refused.stderr, name);
    assert.is(refused.stderr.split("\n").length, 3, refused.stderr);
    readable(JSON.parse(refused.stdout).error.message, name);
    const misused = await run(place, ["call", name]);
    readable(misused.stderr, name);
  }
});

test("on a terminal nothing of a file's content or name is anything but text", async ({ place }) => {
  permitAll(place);
  try {
    execFileSync("script", ["--version"], { stdio: "ignore" });
  } catch {
    return; // no way to give the program a terminal here
  }
  writeFileSync(join(place.root, "esc"), HOSTILE.join("\n"));
  for (const name of HOSTILE) writeFileSync(join(place.root, `x${name.replaceAll("/", "")}`), "");
  for (const args of ["call fs.read_file path=esc", "call fs.read_dir path=.", "chain tail", "chain tail --json"]) {
    const command = `${process.execPath} ${MAIN} ${args}`;
    const { stdout, status } = spawnSync("script", ["-qec", command, "/dev/null"], {
      env: { ...place.env, TERM: "xterm", SHELL: "/bin/sh" },
      cwd: place.root,
      encoding: "utf8",
      input: "",
    });
    assert.is(status, 0, stdout);
    assert.ok(stdout.length > 100, stdout);
    // the terminal's own line discipline turns a line feed into two characters
    readable(stdout.replaceAll("\r\n", "\n").replaceAll("^D\b\b", ""), args);
  }
});

test("the question to a person shows a hostile name for what it is, on one line, and a refusal changes nothing", async ({
  place,
}) => {
  const served = serve(place);
  await served.initialize({ elicitation: {} });
  for (const name of HOSTILE) {
    const path = `${name.replaceAll("/", "")}`;
    writeFileSync(join(place.root, path), "keep");
    const id = `ask ${HOSTILE.indexOf(name)}`;
    served.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "fs_remove", arguments: { path } } });
    const question = await served.next((message) => message.method === "elicitation/create");
    served.messages.splice(served.messages.indexOf(question), 1);
    readable(question.params.message, "question");
    assert.not.ok(question.params.message.includes("\n"));
    assert.ok(question.params.message.length <= 1024);
    assert.match(question.params.message, /^Allow fs\.remove /);
    served.send({ jsonrpc: "2.0", id: question.id, result: { action: "decline" } });
    const answer = await served.next((message) => message.id === id && message.method === undefined);
    assert.is(answer.result._meta["dev.tollgate/fault"].code, "approval-declined");
    readable(text(answer.result), "refusal");
    assert.is(readFileSync(join(place.root, path), "utf8"), "keep");
  }
  assert.is(await served.close(), 0);
  const calls = (await chainEvents(place)).filter(({ kind }) => kind.startsWith("call."));
  const kinds = calls.map(({ kind }) => kind);
  assert.equal(
    kinds,
    HOSTILE.flatMap(() => ["call.deferred", "call.refused"]),
  );
  for (const { payload, kind } of calls) {
    assert.is(payload.decision.verdict, kind === "call.deferred" ? "defer" : "deny");
    readable(JSON.stringify(payload.decision.reasons), "reasons on the chain");
  }
});

const SECRET = "hunter2-s3cr3t-c4n4ry-content";

test("a secret in a file, in what is written or in arguments that fail is nowhere in the state, in an error or on stderr", async ({
  place,
}) => {
  permitAll(place);
  writeFileSync(join(place.root, ".env"), `TOKEN=${SECRET}\n`);
  writeFileSync(join(place.root, "binary"), Buffer.concat([Buffer.from(SECRET), Buffer.of(0xff)]));
  mkdirSync(join(place.root, "folder"));
  const base64 = Buffer.from(SECRET).toString("base64");
  const served = serve(place);
  await served.initialize();
  const read = await served.call("fs.read_file", { path: ".env" });
  assert.is(read.structuredContent.content, `TOKEN=${SECRET}\n`);
  const fine: readonly (readonly [string, Record<string, unknown>])[] = [
    ["fs.write_file", { path: "a", content: SECRET }],
    ["fs.write_file", { path: "a", content: SECRET, append: true }],
    ["fs.write_file", { path: "b", content: base64, encoding: "base64" }],
    ["fs.copy", { src: ".env", dst: "c" }],
    ["fs.move", { src: "c", dst: "d" }],
    ["fs.glob", { pattern: "**" }],
    ["fs.remove", { path: "d" }],
  ];
  for (const [tool, args] of fine) assert.not.ok((await served.call(tool, args)).isError, tool);
  const failing: readonly (readonly [string, Record<string, unknown>])[] = [
    ["fs.read_file", { path: "binary" }],
    ["fs.write_file", { path: "folder", content: SECRET }],
    ["fs.write_file", { path: "missing/x", content: SECRET }],
    ["fs.write_file", { path: "../x", content: SECRET }],
    ["fs.write_file", { path: "a", content: `%${SECRET}`, encoding: "base64" }],
    ["fs.write_file", { path: "a", content: SECRET, encoding: SECRET }],
    ["fs.write_file", { path: "a", content: [SECRET] }],
    ["fs.write_file", { path: "a", content: SECRET, append: SECRET }],
    ["fs.write_file", { content: SECRET }],
    ["fs.write_file", { path: "a", content: SECRET, more: SECRET }],
  ];
  for (const [tool, args] of failing) {
    const answer = await served.call(tool, args);
    assert.ok(answer.isError, JSON.stringify(args));
    const said = JSON.stringify(answer);
    assert.not.ok(said.includes(SECRET) || said.includes(base64), said);
  }
  assert.is(await served.close(), 0);
  assert.not.ok(served.stderr.includes(SECRET));
  const tail = await run(place, ["chain", "tail", "-n", "1000", "--json"]);
  assert.not.ok(tail.stdout.includes(SECRET) || tail.stdout.includes(base64));
  const files = filesIn(place.state);
  assert.ok(files.includes("state.mdb") && existsSync(join(place.state, "checkpoints")));
  for (const file of files) {
    const bytes = readFileSync(join(place.state, file));
    for (const form of [SECRET, base64, Buffer.from(SECRET).toString("hex")]) {
      assert.not.ok(bytes.includes(form), `${file} holds the secret`);
    }
  }
  const ends = (await chainEvents(place)).filter(({ kind }) => kind === "call.outcome" || kind === "call.refused");
  assert.is(ends.length, 1 + fine.length + failing.length);
});

test("a secret in the environment of the program is in no answer, and reaches no guest", async ({ place }) => {
  const served = serve({ ...place, env: { ...place.env, API_TOKEN: SECRET } });
  await served.initialize();
  for (const [tool, args] of [
    ["fs.read_file", { path: "/proc/self/environ" }],
    ["fs.read_file", { path: "$API_TOKEN" }],
    ["fs.glob", { pattern: "$API_TOKEN" }],
    ["fs.exists", { path: "$(API_TOKEN)" }],
    ["fs.write_file", { path: "$API_TOKEN", content: "$API_TOKEN" }],
  ] as const) {
    assert.not.ok(JSON.stringify(await served.call(tool, args)).includes(SECRET), tool);
  }
  assert.is(await served.close(), 0);
  assert.equal(readdirSync(place.root), ["$API_TOKEN"]);
  assert.is(readFileSync(join(place.root, "$API_TOKEN"), "utf8"), "$API_TOKEN");
  for (const file of filesIn(place.state)) {
    assert.not.ok(readFileSync(join(place.state, file)).includes(SECRET), file);
  }
});

test.run();
