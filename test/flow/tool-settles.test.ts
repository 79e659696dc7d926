// Each refusal prints the command that settles it: the command is taken from the refusal as it stands there and run, and
// then what was refused goes through.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type Finished, run, type Scratch } from "./program.ts";
import { saying, toolFolder } from "./tool-folder.ts";
import { code, serve, told, toolSuite } from "./tool-ground.ts";

const NAME = "acme.greet";
const test = toolSuite("tool settles");

const at = (place: Scratch, ...args: string[]): Promise<Finished> => run(place, args, { cwd: place.home });

async function done(place: Scratch, ...args: string[]): Promise<Finished> {
  const finished = await at(place, ...args);
  assert.is(finished.code, 0, `${args.join(" ")}: ${finished.stdout}${finished.stderr}`);
  return finished;
}

/** Runs the command that a text names, with what it leaves open filled in. */
async function settle(place: Scratch, text: string, filled: Readonly<Record<string, string>> = {}): Promise<string> {
  const found = /tollgate ((?:tool|key) .*?)(?=,|$|: |\n| if you| again)/m.exec(text)?.[1];
  assert.ok(found, `no command is named: ${text}`);
  const whole = Object.entries(filled).reduce(
    (command, [open, value]) => command.replace(open, value),
    found as string,
  );
  await done(place, ...whole.split(" "));
  return whole;
}

/** A command that is refused, settled by what it prints, and then done. */
async function settled(
  place: Scratch,
  args: readonly string[],
  filled?: Readonly<Record<string, string>>,
): Promise<string> {
  const before = await at(place, ...args);
  assert.is(before.code, 1, `${args.join(" ")} was not refused: ${before.stdout}`);
  const command = await settle(place, before.stderr, filled);
  await done(place, ...args);
  return command;
}

test("from a module and nothing else to a tool that runs, by the commands that are printed and one edit", async ({
  place,
}) => {
  const folder = join(place.home, "bare");
  mkdirSync(folder);
  writeFileSync(join(folder, "hello.wasm"), saying("hi"));
  const command = await settled(place, ["tool", "deploy", folder]);
  assert.is(command, `tool inspect ${join(folder, "hello.wasm")} --write`);
  const manifest = join(folder, "tool.json");
  const written = readFileSync(manifest, "utf8");
  const kept = await at(place, "tool", "inspect", join(folder, "hello.wasm"), "--write");
  assert.is(kept.code, 1);
  assert.match(kept.stderr, /is there already, and is left as it is/);
  assert.is(readFileSync(manifest, "utf8"), written);

  const { output, ...rest } = JSON.parse(written);
  const answered = { ...output, properties: { text: { type: "string" } } };
  writeFileSync(manifest, JSON.stringify({ ...rest, output: answered, version: "0.1.1" }));
  const deployed = await done(place, "tool", "deploy", join(folder, "hello.wasm"), "--activate");
  const next = /next: tollgate (call .*)/.exec(deployed.stdout)?.[1] as string;
  assert.match((await done(place, ...next.split(" "), "--dir", place.root)).stdout, /"text":"hi"/);
  // A file that is not the tool is not taken for it.
  writeFileSync(join(folder, "other.wasm"), saying("evil"));
  const other = await at(place, "tool", "deploy", join(folder, "other.wasm"));
  assert.match(other.stderr, /other\.wasm is no tool: the tool\.json beside it names hello\.wasm/);

  const revoked = await done(place, "tool", "revoke", "local.hello", "0.1.1", "--reason", "wrong");
  assert.match(revoked.stdout, /next: tollgate tool deploy <folder>/, "there is nothing to go back to");
});

test("what is not built, not signed or not accepted is, by the command that is printed", async ({ place }) => {
  await done(place, "tool", "new", "acme.words");
  rmSync(join(place.home, "words/tool.wasm"));
  assert.match(await settled(place, ["tool", "deploy", join(place.home, "words")]), /^tool build /);
  const folder = toolFolder(place, "v1");
  const strict = ["--environment", "production"];
  assert.match(await settled(place, ["tool", "deploy", folder, "--activate", ...strict]), /^tool sign /);
  const second = toolFolder(place, "v2", { version: "1.1.0", description: "Another." });
  await done(place, "tool", "deploy", second);
  const unaccepted = await at(place, "tool", "activate", NAME, "1.1.0");
  assert.is(await settle(place, unaccepted.stderr), `tool activate ${NAME} 1.1.0 --accept`);
});

test("what a lock, a key or a damaged file keeps from running runs by the command that the refused call prints, in the host that runs", async ({
  place,
}) => {
  await done(place, "key", "new", "acme");
  const folder = toolFolder(place, "v1");
  await done(place, "tool", "sign", folder, "--key", "acme.key");
  const key = { "<its .pub file>": "acme.pub" };
  const trusting = await settled(place, ["tool", "deploy", folder], key);
  assert.is(trusting, `key trust acme.pub --scope ${NAME}`);
  await done(place, "tool", "lock", place.root);
  await done(place, "tool", "activate", NAME, "1.0.0");
  const served = await serve(place);
  const call = async (): Promise<string> => {
    const answer = await served.call(NAME, {});
    return code(answer) === "ok" ? answer.structuredContent.text : answer.content[0].text;
  };
  assert.is(await settle(place, await call()), `tool lock ${place.root}`);
  await told(served, 1);
  assert.is(await call(), "hello");

  await done(place, "key", "trust", "acme.pub", "--scope", "other.*");
  assert.is(await settle(place, await call(), key), trusting);
  assert.is(await call(), "hello");

  const [shown] = JSON.parse((await done(place, "tool", "list", "--json")).stdout);
  await served.close();
  writeFileSync(join(place.state, "modules", `${shown.module_sha256}.wasm`), "gone");
  const again = await serve(place);
  const damaged = await again.call(NAME, {});
  assert.match(damaged.content[0].text, /run tollgate tool deploy on its folder again/);
  await done(place, "tool", "deploy", folder);
  assert.equal((await again.call(NAME, {})).structuredContent, { text: "hello" });
  await again.close();
});

test.run();
