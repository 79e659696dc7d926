// Who vouches for a deployed tool: keys, certificates, locks and packages, through the command line and a running host.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { chainEvents, type Finished, type Message, run, type Scratch, type Served } from "./program.ts";
import { saying, toolFolder } from "./tool-folder.ts";
import { code, serve, toolSuite } from "./tool-ground.ts";

const test = toolSuite("tool trust");

const at = (place: Scratch, ...args: string[]): Promise<Finished> => run(place, args, { cwd: place.home });

/** A command that must succeed, and what it prints as JSON. */
async function done(place: Scratch, ...args: string[]): Promise<Message> {
  const finished = await at(place, ...args, "--json");
  assert.is(finished.code, 0, `${args.join(" ")}: ${finished.stderr}`);
  return JSON.parse(finished.stdout);
}

async function refused(place: Scratch, says: RegExp, ...args: string[]): Promise<void> {
  const finished = await at(place, ...args);
  assert.is(finished.code, 1, `${args.join(" ")}: ${finished.stdout}${finished.stderr}`);
  assert.match(finished.stderr, says);
}

const named = async (served: Served): Promise<string[]> =>
  (await served.request("tools/list")).result.tools
    .map(({ name }: Message) => name)
    .filter((name: string) => /^acme_/.test(name));

test("a tool runs by the signature of a trusted key, within its bounds, until the key is revoked", async ({
  place,
}) => {
  const key = await done(place, "key", "new", "acme");
  const secret = readFileSync(join(place.home, "acme.key"), "utf8");
  assert.is((await at(place, "key", "new", "acme")).code, 1, "a key is never overwritten");
  const folder = toolFolder(place, "v1");
  await done(place, "tool", "sign", folder, "--key", "acme.key");
  await refused(place, /whom nobody here trusts: if you do, run tollgate key trust/, "tool", "deploy", folder);

  for (const [says, ...bounds] of [
    [/may sign for other\.\*, not for acme\.greet/, "--scope", "other.*"],
    [/may sign for acme\.gree, not/, "--scope", "acme.gree"],
  ] as const) {
    await done(place, "key", "trust", "acme.pub", ...bounds);
    await refused(place, says, "tool", "deploy", folder);
  }
  await done(place, "key", "trust", "acme.pub", "--scope", "acme.*", "--max-effect", "0.05");
  const effectful = toolFolder(place, "loud", { name: "acme.loud", effect: { risk: 0.3 } });
  await done(place, "tool", "sign", effectful, "--key", "acme.key");
  await refused(place, /effects up to 0\.05, and that of acme\.loud is 0\.3/, "tool", "deploy", effectful);

  const taken = await done(place, "tool", "deploy", folder, "--activate", "--environment", "production");
  assert.equal([taken.signer, taken.signed_by, taken.unsigned], ["key", key.key_id, false]);
  const served = await serve(place, "--require-signatures", "yes");
  assert.equal(await named(served), ["acme_greet"]);
  assert.equal((await served.call("acme.greet", {})).structuredContent, { text: "hello" });
  assert.match((await at(place, "tool", "verify")).stdout, /1 of 1 versions are/);

  // Bytes that were signed, under everything else that could be said of them.
  const signed = readFileSync(join(folder, "tool.dsse.json"), "utf8");
  for (const [what, changed, module] of [
    ["version", { version: "1.0.1" }],
    ["name", { name: "acme.other" }],
    ["limits", { version: "1.0.1", limits: { fuel: 9_000_000 } }],
    ["description", { description: "Another." }],
    ["effect", { version: "2.0.0", effect: { privacy: 0.01 } }],
    ["module", { version: "3.0.0" }, saying("evil")],
  ] as const) {
    const other = toolFolder(place, `swap-${what}`, changed, module);
    writeFileSync(join(other, "tool.dsse.json"), signed);
    await refused(place, /is over something else/, "tool", "deploy", other);
  }
  const cut = toolFolder(place, "cut");
  const envelope = JSON.parse(signed);
  const sig = Buffer.from(envelope.signatures[0].sig, "base64");
  sig[0] = (sig[0] as number) ^ 1;
  envelope.signatures[0].sig = sig.toString("base64");
  writeFileSync(join(cut, "tool.dsse.json"), JSON.stringify(envelope));
  await refused(place, /is not valid/, "tool", "deploy", cut);

  const untrusted = await done(place, "key", "untrust", "acme", "--reason", "the laptop was stolen");
  assert.equal(untrusted.stopped, ["acme.greet 1.0.0"]);
  assert.is(code(await served.call("acme.greet", {})), "tool-quarantined");
  assert.equal(await named(served), []);
  await refused(place, /was revoked/, "tool", "deploy", folder);
  await refused(place, /was revoked: the laptop was stolen/, "key", "trust", "acme.pub", "--scope", "acme.*");
  await refused(place, /already|before/, "key", "untrust", key.key_id, "--reason", "again");
  assert.match((await at(place, "tool", "list")).stdout, /quarantined: .*the laptop was stolen/);
  await done(place, "key", "trust", "acme.pub", "--scope", "acme.*", "--again");
  assert.equal((await served.call("acme.greet", {})).structuredContent, { text: "hello" });
  await served.close();

  const events = await chainEvents(place);
  const keys = events.filter(({ kind }) => kind.startsWith("key."));
  assert.equal(
    keys.map(({ kind }) => kind),
    ["key.trust", "key.trust", "key.trust", "key.untrust", "key.trust"],
  );
  for (const { payload } of keys) assert.is(payload.key_id, key.key_id);
  assert.not.ok(JSON.stringify(events).includes(secret.split("+")[4]?.trim() as string), "no secret is on the chain");
});

test("a tool runs by a certificate that leads to a trusted key, and by no other", async ({ place }) => {
  for (const name of ["root", "team", "ci"]) await done(place, "key", "new", name);
  const issue = (subject: string, by: string, out: string, ...more: string[]) =>
    done(
      place,
      "cert",
      "issue",
      `${subject}.pub`,
      "--key",
      `${by}.key`,
      "--scope",
      "acme.*",
      "--days",
      "30",
      "--out",
      out,
      ...more,
    );
  await issue("team", "root", "team.cert", "--may-issue", "1");
  const leaf = await issue("ci", "team", "ci.cert");
  await issue("team", "root", "leaf-only.cert");
  assert.match((await at(place, "cert", "show", "ci.cert")).stdout, /ci · [0-9a-f]{64}\n {2}issued by/);
  await refused(
    place,
    /does not vouch for itself/,
    "cert",
    "issue",
    "ci.pub",
    "--key",
    "ci.key",
    "--scope",
    "acme.*",
    "--days",
    "1",
  );
  await refused(place, /not trusted/, "cert", "verify", "ci.cert", "team.cert");
  await done(place, "key", "trust", "root.pub", "--scope", "acme.*");
  await refused(place, /may not issue/, "cert", "verify", "ci.cert", "team.cert");
  await done(place, "key", "trust", "root.pub", "--scope", "acme.*", "--may-issue", "2");
  assert.equal((await done(place, "cert", "verify", "ci.cert", "team.cert")).ok, true);
  await refused(place, /may not issue/, "cert", "verify", "ci.cert", "leaf-only.cert");
  await refused(place, /certificate is missing/, "cert", "verify", "ci.cert");

  const folder = toolFolder(place, "v1");
  await refused(place, /of another key/, "tool", "sign", folder, "--key", "ci.key", "--cert", "team.cert");
  await done(place, "tool", "sign", folder, "--key", "ci.key", "--cert", "ci.cert");
  await refused(place, /certificate is missing/, "tool", "deploy", folder);
  await done(place, "tool", "sign", folder, "--key", "ci.key", "--cert", "ci.cert", "--cert", "team.cert");
  const taken = await done(place, "tool", "deploy", folder, "--activate", "--require-signatures", "yes");
  assert.is(taken.signer, "certificate");
  const served = await serve(place, "--require-signatures", "yes");
  assert.equal((await served.call("acme.greet", {})).structuredContent, { text: "hello" });
  assert.match((await at(place, "tool", "verify")).stdout, /1 of 1 versions are/);

  const team = (await done(place, "cert", "show", "team.cert")).subject.key_id;
  await done(place, "key", "untrust", team, "--reason", "left the company");
  assert.is(code(await served.call("acme.greet", {})), "tool-quarantined");
  await served.close();
  const deployed = (await chainEvents(place)).find(({ kind }) => kind === "tool.deploy");
  assert.is(deployed.payload.certificates_sha256[0], leaf.sha256);
  assert.is(deployed.payload.via.length, 2);
});

test("a project's lock lets exactly what it pins run, and a tool cannot write it", async ({ place }) => {
  await done(place, "tool", "deploy", toolFolder(place, "one"), "--activate");
  await done(place, "tool", "lock", place.root);
  await done(place, "tool", "deploy", toolFolder(place, "two", { name: "acme.two" }), "--activate");
  const locked = await serve(place);
  assert.equal(await named(locked), ["acme_greet"]);
  assert.is(code(await locked.call("acme.two", {})), "tool-quarantined");
  const path = join(place.root, "tollgate.lock");
  for (const name of ["tollgate.lock", "sub/../tollgate.lock", "Tollgate.lock/../tollgate.lock"]) {
    assert.is((await locked.call("fs.write_file", { path: name, content: "{}" })).isError, true, name);
  }
  assert.is((await at(place, "tool", "lock", place.root, "--check")).code, 1);

  await done(
    place,
    "tool",
    "deploy",
    toolFolder(place, "next", { version: "1.1.0" }, saying("next")),
    "--activate",
    "--accept",
  );
  assert.match(code(await locked.call("acme.greet", {})), /tool-quarantined/, "what is pinned is not active any more");
  await done(place, "tool", "lock", place.root);
  assert.is((await at(place, "tool", "lock", place.root, "--check")).code, 0);
  await locked.close();

  const again = await serve(place);
  assert.equal(await named(again), ["acme_greet", "acme_two"]);
  await again.close();
  const text = readFileSync(path, "utf8");
  for (const [what, other] of [
    [
      "another statement",
      text.replace(/("statement_sha256": ")./, "$1f").replace(/("statement_sha256": ")f([^"]{63})/, "$1e$2"),
    ],
    ["no JSON", text.slice(1)],
    ["another form", text.replace('"lockfile": 1', '"lockfile": 2')],
    ["a pin that lacks something", text.replace(/ {6}"signed_by".*\n/, "").replace(/,\n {4}\}/, "\n    }")],
  ] as const) {
    writeFileSync(path, other);
    const served = await serve(place);
    assert.not.ok((await named(served)).includes("acme_greet"), what);
    await served.close();
  }
});

test("the tools of an npm package are taken in without running any of it or leaving it", async ({ place }) => {
  const bag = join(place.home, "node_modules/@acme/bag");
  mkdirSync(join(bag, "tools"), { recursive: true });
  cpSync(toolFolder(place, "one", { name: "acme.one" }), join(bag, "tools/one"), { recursive: true });
  cpSync(toolFolder(place, "two", { name: "acme.two" }), join(bag, "tools/two"), { recursive: true });
  const manifest = (tools: unknown) => {
    const scripts = { install: `touch ${join(place.home, "ran")}`, prepare: `touch ${join(place.home, "ran")}` };
    writeFileSync(
      join(bag, "package.json"),
      JSON.stringify({ name: "@acme/bag", version: "3.0.0", scripts, tollgate: { tools } }),
    );
  };
  manifest(["tools/one", "tools/two"]);
  const taken = await done(place, "tool", "add", "node_modules/@acme/bag", "--activate");
  assert.equal(
    taken.map(({ tool }: Message) => tool),
    ["acme.one", "acme.two"],
  );
  assert.equal(
    (await done(place, "tool", "list")).map(({ tool, active }: Message) => [tool, active]),
    [
      ["acme.one", "1.0.0"],
      ["acme.two", "1.0.0"],
    ],
  );
  assert.throws(() => readFileSync(join(place.home, "ran")), /ENOENT/);
  const outside = toolFolder(place, "outside", { name: "acme.outside" });
  symlinkSync(outside, join(bag, "tools/link"));
  for (const [tools, says] of [
    [["../../../tools/outside"], /leads out of the package/],
    [["tools/link"], /leads out of the package/],
    [["tools/none"], /is not there/],
    ["tools/one", /is not \{"tools"/],
    [[1], /is not \{"tools"/],
    [[], /is not \{"tools"/],
  ] as const) {
    manifest(tools);
    await refused(place, says, "tool", "add", "node_modules/@acme/bag");
  }
  await refused(place, /install the package first/, "tool", "add", "node_modules/none");
});

test("a module alone is inspected, and a manifest proposed that grants nothing and can be deployed", async ({
  place,
}) => {
  const folder = join(place.home, "bare");
  mkdirSync(folder);
  writeFileSync(join(folder, "My Tool.wasm"), saying("hi"));
  const { module, proposal } = await done(place, "tool", "inspect", join(folder, "My Tool.wasm"));
  assert.equal(module.wasi, ["fd_write"]);
  assert.equal([proposal.name, proposal.filesystem, proposal.hostCalls], ["local.my_tool", "none", []]);
  writeFileSync(join(folder, "tool.wasm"), readFileSync(join(folder, "My Tool.wasm")));
  writeFileSync(join(folder, "tool.json"), JSON.stringify({ ...proposal, module: "tool.wasm" }));
  assert.is((await done(place, "tool", "inspect", folder)).signed_by, null);
  assert.is((await done(place, "tool", "deploy", folder)).tool, "local.my_tool");
  await refused(place, /cannot be deployed/, "tool", "inspect", writeText(folder, "text.wasm"));
  await refused(place, /is not there/, "tool", "inspect", join(folder, "none.wasm"));
});

function writeText(folder: string, name: string): string {
  writeFileSync(join(folder, name), "no module");
  return join(folder, name);
}

test.run();
