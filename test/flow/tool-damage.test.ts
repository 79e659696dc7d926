// What is wrong with a deployed tool, on the disk or in what it says of itself, through the command line and running hosts.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { openChain } from "../../src/chain/chain.ts";
import { revokeVersion } from "../../src/kernel/tools/withdraw.ts";
import { wat } from "../store/meter/metered-run.ts";
import { chainEvents, type Message, run, Served } from "./program.ts";
import { saying, toolFolder } from "./tool-folder.ts";
import { code, listed, refused, serve, started, told, tool, toolSuite } from "./tool-ground.ts";

const NAME = "acme.greet";
const test = toolSuite("tool damage");

test("a module or signature that was changed on the disk does not run, is named, and is not listed", async ({
  place,
}) => {
  const { module_sha256 } = await tool(place, "deploy", toolFolder(place, "v1"), "--activate");
  const path = join(place.state, "modules", `${module_sha256}.wasm`);
  writeFileSync(path, saying("evil!"));
  const bytes = readFileSync(path);
  const found = await run(place, ["tool", "verify"]);
  assert.is(found.code, 1);
  assert.match(found.stdout, new RegExp(`acme.greet 1.0.0: its module ${module_sha256}.wasm has`));
  const doctor = await run(place, ["doctor"]);
  assert.match(doctor.stdout, new RegExp(`acme.greet 1.0.0: its module ${module_sha256}.wasm has`));
  const served = await serve(place);
  const answer = await served.call(NAME, {});
  assert.is(code(answer), "tool-quarantined");
  assert.match(answer.content[0].text, new RegExp(module_sha256));
  await told(served, 1);
  assert.not.ok((await listed(served)).includes("acme_greet"));
  assert.is(code(await served.call(NAME, {})), "tool-quarantined");
  await served.close();
  const event = (await chainEvents(place)).find(({ kind }) => kind === "tool.quarantine");
  assert.is(event.payload.module_sha256, module_sha256);
  assert.equal(readFileSync(path), bytes);
});

test("a revocation that no bell has told of is seen by the next call all the same", async ({ place }) => {
  await tool(place, "deploy", toolFolder(place, "v1"), "--activate");
  const served = await serve(place);
  assert.equal((await served.call(NAME, {})).structuredContent, { text: "hello" });
  const opened = openChain({
    directory: place.state,
    clock: Date.now,
    random: (n) => crypto.getRandomValues(new Uint8Array(n)),
    host: { id: "no-bell" },
  });
  if (!opened.ok) throw new Error(opened.fault.message);
  const { chain } = opened;
  await chain.commit((state) => revokeVersion(state, NAME, "1.0.0", "quietly"), "committed");
  assert.match(code(await served.call(NAME, {})), /unknown tool/);
  await chain.close();
  await served.close();
});

test("what cannot be believed, or looks like another tool, is refused with its reason and leaves nothing behind", async ({
  place,
}) => {
  await tool(place, "deploy", toolFolder(place, "v1"));
  const cases: readonly (readonly [changed: Record<string, unknown>, says: RegExp, module?: Uint8Array])[] = [
    [{ name: "fs.greet" }, /tollgate's own/],
    [{ name: "acme.gr_eet" }, /looks like|both as/],
    [{ name: "acme.greet2", description: "x\u202e" }, /cannot be seen/],
    [
      { name: "acme.two", effect: { risk: 0 }, filesystem: "read-only", folders: [{ path: ".", access: "read-only" }] },
      /at least 0\.1/,
    ],
    [
      {
        name: "acme.two",
        parameters: { type: "object", additionalProperties: false, properties: { a: { $ref: "http://x/" } } },
      },
      /leads elsewhere/,
    ],
    [{ name: "acme.two", extra: 1 }, /unknown key/],
    [{ name: "acme.two" }, /module/, new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 9])],
  ];
  for (const [at, [changed, says, module]] of cases.entries()) {
    await refused(place, says, "deploy", toolFolder(place, `bad${at}`, changed, module));
  }
  assert.equal(
    (await tool(place, "list")).map((one: Message) => one.tool),
    [NAME],
  );
  assert.is(readdirSync(join(place.state, "modules")).length, 1);
  const events = await chainEvents(place);
  assert.is(events.filter(({ kind }) => kind.startsWith("tool.")).length, 1);
});

test("what a tool says of itself cannot pass for what is said of it, nor hide characters, before it is trusted", async ({
  place,
}) => {
  const description =
    "Greets.\n  signed by   this host\n  effect      none\ndeployed · #7\nnext: tollgate tool activate x";
  const folder = toolFolder(place, "v1", { description, effect: { risk: 0.5 } });
  const inspected = await run(place, ["tool", "inspect", folder]);
  const deployed = await run(place, ["tool", "deploy", folder]);
  for (const { stdout } of [inspected, deployed, await run(place, ["tool", "show", NAME])]) {
    assert.equal(stdout.match(/^ {2}signed by .*$/gm)?.length, 1, stdout);
    assert.match(stdout, /^ {2}signed by {3}nobody/m);
    assert.equal(stdout.match(/^ {2}effect .*$/gm), ["  effect      risk 0.5 · read-only"]);
    assert.not.match(stdout, /^(deployed · #7|next: tollgate tool activate x)$/m);
  }
  // Names inside of a module are its maker's as well.
  const bare = join(place.home, "bare.wasm");
  writeFileSync(
    bare,
    wat(`(module (memory (export "memory") 1) (func (export "_start")) (func (export "a\\1b[31m\\0ab\\e2\\80\\ae")))`),
  );
  const { stdout } = await run(place, ["tool", "inspect", bare]);
  assert.match(stdout, /exports {5}memory, _start, a\\u\{1b\}\[31m\\u\{a\}b\\u\{202e\}/);
  assert.not.ok(stdout.includes("\u001b") || stdout.includes("\u202e"));
});

test("outside development a tool without a signature is refused with the command that settles it", async ({
  place,
}) => {
  const folder = toolFolder(place, "v1");
  await refused(
    place,
    new RegExp(`signatures are required here.*tollgate tool sign ${folder}`),
    "deploy",
    folder,
    "--environment",
    "production",
  );
  await tool(place, "deploy", folder, "--activate");
  await refused(place, /came without a signature/, "activate", NAME, "1.0.0", "--environment", "staging");
  const served = new Served(place, [place.root, "--environment", "production"]);
  started.push(served.child);
  await served.initialize();
  assert.not.ok(
    (await listed(served)).includes("acme_greet"),
    "an unsigned tool of development is not listed in production",
  );
  await served.close();
  const later = toolFolder(place, "v2", { version: "1.0.1" });
  await tool(place, "sign", later);
  assert.is(
    (await tool(place, "deploy", later, "--activate", "--accept", "--environment", "production")).unsigned,
    false,
  );
  // One byte of what was signed, changed after.
  const other = toolFolder(place, "v3", { version: "1.0.2" });
  await tool(place, "sign", other);
  const signed = readFileSync(join(other, "tool.dsse.json"));
  toolFolder(place, "v3", { version: "1.0.2", limits: { fuel: 2_000_000 } });
  writeFileSync(join(other, "tool.dsse.json"), signed);
  await refused(place, /does not count: it is over something else/, "deploy", other);
});

test.run();
