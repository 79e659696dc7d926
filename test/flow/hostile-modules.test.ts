// Hostile modules as tools of the built program, called over stdio. A copy of the package is sealed with them, so that
// everything but the seal's contents is what ships.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { callEvents, chainTells, codeOf, snapshot } from "./decisions.ts";
import { HOSTILE_TOOLS, type HostileTool } from "./hostile-tools.ts";
import { copyPackage, type PackageCopy } from "./package-copy.ts";
import { plantTools } from "./planted-tool.ts";
import { type Message, type Scratch, Served, scratch } from "./program.ts";
import { CALL, HANDSHAKE } from "./refused-start.ts";

interface Context {
  place: Scratch;
  copy: PackageCopy;
}

const test = suite<Context>("hostile modules");
const started: Served[] = [];
test.before.each((context) => {
  const place = scratch();
  context.copy = copyPackage(place);
  context.place = context.copy.place;
  writeFileSync(join(place.home, "canary"), "outside");
  writeFileSync(join(place.root, "inside"), "inside");
});
test.after.each(({ place }) => {
  // a test that failed has not closed its server
  for (const { child } of started.splice(0)) child.kill("SIGKILL");
  place.remove();
});

async function serve({ place, copy }: Context): Promise<Served> {
  plantTools(copy, HOSTILE_TOOLS);
  const served = new Served(place);
  started.push(served);
  await served.initialize();
  return served;
}

const listed = (name: string): string => name.replaceAll(".", "_");
const told = ({ fault }: HostileTool): string => `call.outcome ${fault}`;
const GOOD = "call.outcome ok";

/** Asserts that a call came to the tool's fault, in words that name no file of the host. */
function failed({ name, fault, says }: HostileTool, answer: Message): void {
  assert.is(codeOf(answer), fault, `${name}: ${JSON.stringify(answer)}`);
  assert.is(answer.isError, true, name);
  const { text } = answer.content[0];
  if (says !== undefined) assert.match(text, says, name);
  assert.not.match(text, /\bat .*\.js:\d|node:internal|\n/, name);
}

async function works(served: Served, after: string): Promise<void> {
  const { structuredContent } = await served.call("fs_exists", { path: "inside" });
  assert.equal(structuredContent, { exists: true, is_file: true, is_dir: false }, `after ${after}`);
}

test("each call ends as a typed fault, with one record and the same fuel each time; the next call works, and nothing changed", async (context) => {
  const served = await serve(context);
  const { place, copy } = context;
  const world = (): string[] => [place.root, join(place.home, "canary"), copy.directory].map(snapshot);
  const before = world();
  const expected: string[] = [];
  for (const tool of HOSTILE_TOOLS) {
    for (let time = 0; time < 2; time++) failed(tool, await served.call(listed(tool.name), { path: "inside" }));
    await works(served, tool.name);
    expected.push(told(tool), told(tool), GOOD);
  }
  assert.is(await served.close(), 0);
  const events = await chainTells(place, expected);
  for (const [i, tool] of HOSTILE_TOOLS.entries()) {
    const [first, second] = events.slice(3 * i, 3 * i + 2).map(({ payload }) => payload);
    assert.is(first.tool, tool.name);
    assert.is(second.tool, tool.name);
    if (tool.uneven === true) continue;
    assert.is(second.fuel, first.fuel, tool.name);
    if (tool.fault === "fuel-exhausted") assert.is(first.fuel, tool.limits?.fuel ?? 1_000_000, tool.name);
  }
  assert.equal(world(), before);
  assert.is(served.stderr, "");
});

test("called all at once, with good calls between, they come to the same", async (context) => {
  const served = await serve(context);
  const answers = HOSTILE_TOOLS.map(async (tool) => {
    const good = works(served, tool.name);
    failed(tool, await served.call(listed(tool.name), { path: "inside" }));
    await good;
  });
  await Promise.all(answers);
  await works(served, "all of them");
  assert.is(await served.close(), 0);
  const events = await callEvents(context.place);
  for (const tool of HOSTILE_TOOLS) {
    const own = events.filter(({ payload }) => payload.tool === tool.name);
    assert.equal(
      own.map(({ kind, payload }) => `${kind} ${payload.fault?.code}`),
      [told(tool)],
      tool.name,
    );
  }
  assert.is(events.length, 2 * HOSTILE_TOOLS.length + 1);
});

const NO_MODULES: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ["a script", Buffer.from("#!/bin/sh\ntouch ran\n")],
  ["nothing", new Uint8Array()],
  ["the header cut short", Buffer.from("\0asm\x01")],
];

test("what is no WebAssembly module ends the start by the tool's name, also when it was sealed, and no call is answered", async ({
  place,
  copy,
}) => {
  for (const [what, bytes] of NO_MODULES) {
    plantTools(copy, [{ name: "hostile.fake", bytes }]);
    const served = new Served(place);
    started.push(served);
    served.send(HANDSHAKE);
    served.send(CALL);
    assert.is(await served.exit, 3, what);
    assert.match(served.stderr, /^tollgate: tool hostile\.fake: module is not WebAssembly: [^\n]+\n$/, what);
    assert.equal(
      served.messages.map(({ id }) => id),
      [HANDSHAKE.id],
      what,
    );
  }
  assert.equal(await callEvents(place), []);
});

test.run();
