import { PassThrough } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ask, canAskHere } from "../../src/cli/ask.ts";
import type { Ambient } from "../../src/host/settings.ts";

function terminal(): { ambient: Ambient; stdin: PassThrough; shown: () => string } {
  const stdin = new PassThrough();
  const stderr = new PassThrough();
  const ambient = { stdin, stderr } as unknown as Ambient;
  return { ambient, stdin, shown: () => String(stderr.read() ?? "") };
}

const deferral = { token: "t", question: "remove notes.txt?\n\u001b[2Jreally", expiresAt: 0 };
const never = new AbortController().signal;

for (const [typed, answer] of [
  ["y\n", "accept"],
  ["YES\n", "accept"],
  [" yes \r\n", "accept"],
  ["\n", "decline"],
  ["n\n", "decline"],
  ["yes please\n", "decline"],
  ["y", "accept"],
  ["", "cancel"],
] as const) {
  test(`${JSON.stringify(typed)} and the end of input means ${answer}`, async () => {
    const { ambient, stdin } = terminal();
    const asked = ask(ambient, deferral, never);
    stdin.end(typed);
    assert.equal(await asked, { token: "t", answer });
  });
}

test("an interruption cancels, also one that came before", async () => {
  const stop = new AbortController();
  const { ambient } = terminal();
  const asked = ask(ambient, deferral, stop.signal);
  stop.abort();
  assert.is((await asked).answer, "cancel");
  assert.is((await ask(terminal().ambient, deferral, stop.signal)).answer, "cancel");
});

test("the question is shown line by line without control codes", async () => {
  const { ambient, stdin, shown } = terminal();
  const asked = ask(ambient, deferral, never);
  stdin.end("n\n");
  await asked;
  assert.is(shown(), "remove notes.txt?\n\\u{1b}[2Jreally\napprove this one call? [y/N] ");
});

test("nobody is asked unless both ends are a terminal", () => {
  const at = (stdin: boolean, stderr: boolean): boolean =>
    canAskHere({ stdin: { isTTY: stdin }, stderr: { isTTY: stderr } } as unknown as Ambient);
  assert.equal([at(true, true), at(true, false), at(false, true), at(false, false)], [true, false, false, false]);
});

test.run();
