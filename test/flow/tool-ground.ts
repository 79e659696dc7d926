// Where deployed tools are tested: a place of its own for each test, hosts that end with it, the command line beside them.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { quickScratch } from "./files/ground.ts";
import { type Message, run, type Scratch, Served } from "./program.ts";

/** Whatever is put here is killed when the test is over. */
export const started: { kill(signal: NodeJS.Signals): boolean }[] = [];

/** A suite whose tests have a place each. */
export function toolSuite(name: string) {
  const test = suite<{ place: Scratch }>(name);
  test.before.each((context) => {
    context.place = quickScratch();
  });
  test.after.each(({ place }) => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
    place.remove();
  });
  return test;
}

/** A host that serves, open. */
export async function serve(place: Scratch, ...args: string[]): Promise<Served> {
  const served = new Served(place, [place.root, ...args]);
  started.push(served.child);
  await served.initialize();
  await served.request("tools/list");
  return served;
}

/** A command that must succeed, and what it prints as JSON. */
export async function tool(place: Scratch, ...args: string[]): Promise<Message> {
  const done = await run(place, ["tool", ...args, "--json"]);
  assert.is(done.code, 0, done.stderr);
  return JSON.parse(done.stdout);
}

/** A command that must be refused with such a sentence. */
export async function refused(place: Scratch, says: RegExp, ...args: string[]): Promise<void> {
  const done = await run(place, ["tool", ...args]);
  assert.is(done.code, 1, `${args.join(" ")}: ${done.stdout}${done.stderr}`);
  assert.match(done.stderr, says);
}

export const listed = async (served: Served): Promise<string[]> =>
  (await served.request("tools/list")).result.tools.map(({ name }: Message) => name);

/** How often the client was told that the list has changed. */
export const changes = (served: Served): number =>
  served.messages.filter(({ method }) => method === "notifications/tools/list_changed").length;

/** Waits until the client was told so often. */
export async function told(served: Served, count: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (changes(served) < count) {
    assert.ok(Date.now() < deadline, `the client was told ${changes(served)} times, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The code of what a call was refused with; `ok` for one that was answered. */
export const code = (answer: Message): string =>
  answer._meta?.["dev.tollgate/fault"]?.code ?? answer.error?.message ?? "ok";
