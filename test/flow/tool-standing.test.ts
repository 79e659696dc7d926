// Why a deployed tool does not run here, and that what was mended runs again: the command line beside a running host.
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { openChain } from "../../src/chain/chain.ts";
import type { Change } from "../../src/contract/state.ts";
import { activateVersion } from "../../src/kernel/tools/activate.ts";
import { deployVersion } from "../../src/kernel/tools/deploy.ts";
import { damageRows } from "./damaged-rows.ts";
import { chainEvents, type Message, run, type Scratch, type Served } from "./program.ts";
import { saying, toolFolder } from "./tool-folder.ts";
import { code, listed, serve, told, tool, toolSuite } from "./tool-ground.ts";

const NAME = "acme.greet";
const test = toolSuite("tool standing");

/** Changes the state as a host of another version, or an attacker with the disk, would. */
async function change(place: Scratch, work: Change<unknown>): Promise<void> {
  const opened = openChain({
    directory: place.state,
    clock: Date.now,
    random: (n) => crypto.getRandomValues(new Uint8Array(n)),
    host: { id: "other" },
  });
  if (!opened.ok) throw new Error(opened.fault.message);
  await opened.chain.commit(work, "flushed");
  await opened.chain.close();
}

const command = (place: Scratch, ...args: string[]): Promise<Message> => run(place, args, { cwd: place.home });

/** What `tool list` says of each tool that does not run, by name. */
async function quarantine(place: Scratch, ...args: string[]): Promise<Record<string, string>> {
  const all = await tool(place, "list", ...args);
  return Object.fromEntries(
    all.flatMap(({ tool, quarantined }: Message) => (quarantined === undefined ? [] : [[tool, quarantined]])),
  );
}

const withOwn = (served: Served) =>
  listed(served).then((names) => names.filter((name) => /^acme_/.test(name)).map((name) => name.slice(5)));

test("tool list and doctor say of each tool why it does not run, and the host says the same of each call", async ({
  place,
}) => {
  for (const name of ["greet", "bent", "half", "late"])
    await tool(place, "deploy", toolFolder(place, name, { name: `acme.${name}` }, saying(name)), "--activate");
  const { module_sha256 } = (await tool(place, "list")).find((one: Message) => one.tool === "acme.bent");
  // A name that clients would list as another tool's, as an earlier version might have let in.
  await change(place, (state) => {
    const record = deployVersion(state, {
      ...{ name: "acme.la.te", version: "1.0.0", moduleSha256: module_sha256, moduleBytes: 9 },
      ...{ statementSha256: "0".repeat(64), envelopeSha256: "0".repeat(64), envelope: "{}", unsigned: true },
      signer: { kind: "host", keyid: "0".repeat(64) },
    });
    return "code" in record ? record : activateVersion(state, "acme.la.te", "1.0.0");
  });
  await tool(place, "lock", place.root);
  await tool(place, "deploy", toolFolder(place, "more", { name: "acme.more" }), "--activate");
  writeFileSync(join(place.state, "modules", `${module_sha256}.wasm`), saying("evil"));
  await damageRows(place.state, [["tool-version", "acme.half", 1, 0, 0]]);

  const wrong = await quarantine(place, "--dir", place.root);
  assert.equal(Object.keys(wrong).sort(), ["acme.bent", "acme.half", "acme.la.te", "acme.late", "acme.more"]);
  assert.match(wrong["acme.bent"] as string, new RegExp(`${module_sha256}.wasm has `));
  assert.match(wrong["acme.half"] as string, /rows are damaged/);
  assert.match(wrong["acme.late"] as string, /it looks like acme\.la\.te, which is another tool/);
  assert.match(wrong["acme.more"] as string, /is not in .*tollgate\.lock: review it, then run tollgate tool lock/);
  assert.not.ok("acme.more" in (await quarantine(place, "--dir", place.home)), "where no lock is, none holds");
  const config = join(place.home, "away.json");
  writeFileSync(config, JSON.stringify({ roots: ["gone"] }));
  assert.ok("acme.bent" in (await quarantine(place, "--config", config)), "a root that is missing hides nothing");
  const unsigned = await quarantine(place, "--dir", place.root, "--environment", "production");
  assert.match(unsigned[NAME] as string, /came without a signature/);

  const doctor = await command(place, "doctor", "--dir", place.root);
  for (const says of [/acme\.bent 1\.0\.0: .*\.wasm has/, /acme\.half 1\.0\.0: its rows are damaged/])
    assert.match(doctor.stdout, says);
  for (const says of [/acme\.late .*looks like/, /acme\.more is not in/])
    assert.match(doctor.stdout, new RegExp(`does not run here: .*${says.source}`));
  const verify = await command(place, "tool", "verify");
  assert.is(verify.code, 1);
  assert.match(verify.stdout, /acme\.half 1\.0\.0: its rows are damaged/);

  const served = await serve(place);
  for (const name of Object.keys(wrong)) {
    const answer = await served.call(name, {});
    assert.is(code(answer), "tool-quarantined", name);
    const listedName = await served.call(name.replaceAll(".", "_"), {});
    assert.is(code(listedName), "tool-quarantined", `${name} as clients write it`);
    if (name === "acme.late" || name === "acme.more")
      assert.ok(answer.content[0].text.includes(wrong[name] as string), answer.content[0].text);
  }
  assert.equal(await withOwn(served), ["greet"]);
  assert.equal((await served.call(NAME, {})).structuredContent, { text: "greet" });
  await served.close();
});

test("what was found bad runs again as soon as it is mended, without a restart, and the client hears of it", async ({
  place,
}) => {
  const folder = toolFolder(place, "v1");
  const { module_sha256 } = await tool(place, "deploy", folder, "--activate");
  const path = join(place.state, "modules", `${module_sha256}.wasm`);
  const bytes = readFileSync(path);
  rmSync(path);
  const served = await serve(place);
  assert.is(code(await served.call(NAME, {})), "tool-quarantined");
  await told(served, 1);
  assert.is(code(await served.call(NAME, {})), "tool-quarantined", "and it stays so while nothing changes");

  // By hand, and nobody rings: the next call sees it.
  writeFileSync(path, bytes);
  assert.equal((await served.call(NAME, {})).structuredContent, { text: "hello" });
  await told(served, 2);

  const again = await serve(place);
  await tool(
    place,
    "deploy",
    toolFolder(place, "v2", { version: "1.1.0" }, saying("second")),
    "--activate",
    "--accept",
  );
  const second = (await tool(place, "list"))[0].module_sha256;
  writeFileSync(join(place.state, "modules", `${second}.wasm`), saying("evil!!"));
  assert.is(code(await again.call(NAME, {})), "tool-quarantined");
  await told(again, 2);
  // The command that deployed it mends it, and nobody calls it: the host looks by itself.
  assert.is((await tool(place, "deploy", join(place.home, "tools/v2"))).known, true);
  await told(again, 3);
  assert.equal((await again.call(NAME, {})).structuredContent, { text: "second" });
  await again.close();
  await served.close();
  const found = (await chainEvents(place)).filter(({ kind }) => kind === "tool.quarantine");
  assert.equal(
    found.map(({ payload }) => payload.version),
    ["1.0.0", "1.1.0"],
    "each is recorded once",
  );
});

test("the bounds of a key hold for what it has signed before: narrowed, it stops; widened, it runs again", async ({
  place,
}) => {
  const done = async (...args: string[]) => {
    const finished = await command(place, ...args);
    assert.is(finished.code, 0, finished.stderr);
  };
  await done("key", "new", "acme");
  const trust = (most: string) => done("key", "trust", "acme.pub", "--scope", "acme.*", "--max-effect", most);
  await trust("0.5");
  const folder = toolFolder(place, "v1", { effect: { risk: 0.3 } });
  await done("tool", "sign", folder, "--key", "acme.key");
  await done("tool", "deploy", folder, "--activate");
  const served = await serve(place);
  assert.equal((await served.call(NAME, {})).structuredContent, { text: "hello" });
  await trust("0.1");
  const refused = await served.call(NAME, {});
  assert.is(code(refused), "tool-quarantined");
  assert.match(refused.content[0].text, /effects up to 0\.1, and that of acme\.greet is 0\.3/);
  assert.match((await quarantine(place))[NAME] as string, /effects up to 0\.1/);
  await trust("0.5");
  assert.equal((await served.call(NAME, {})).structuredContent, { text: "hello" });
  await served.close();
});

test("a state directory that was copied whole runs what it ran, and its keys stay its own", async ({ place }) => {
  await tool(place, "deploy", toolFolder(place, "v1"), "--activate");
  const copy = join(place.home, "copy");
  cpSync(place.state, copy, { recursive: true });
  rmSync(join(copy, "host.key"));
  const lost = await command(place, "tool", "list", "--state-dir", copy);
  assert.is(lost.code, 3);
  cpSync(join(place.state, "host.key"), join(copy, "host.key"));
  const back = await command(place, "tool", "list", "--state-dir", copy);
  assert.match(back.stdout, /acme\.greet +1\.0\.0 +runs/);
});

test.run();
