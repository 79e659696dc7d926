import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DOORBELL_FILE, openDoorbell } from "../../../src/kernel/ipc/doorbell.ts";
import { stateDirectory } from "../../chain/fixture.ts";

/** Far beyond the time that this file may take: who is heard within a test was not heard by a poll. */
const NO_POLL = 2 ** 30;

function bell(directory: string, pollMs = NO_POLL, moved: () => unknown = () => 0) {
  let rings = 0;
  let wake = () => {};
  const open = openDoorbell({
    directory,
    pollMs,
    moved,
    onRing: () => {
      rings++;
      wake();
    },
  });
  const heard = () =>
    rings > 0
      ? Promise.resolve()
      : new Promise<void>((resolve) => {
          wake = resolve;
        });
  return { ...open, heard, rings: () => rings };
}

test("a ring is heard by the others on the directory and not by who rang; the file is private", async () => {
  const directory = stateDirectory();
  const a = bell(directory);
  const b = bell(directory);
  const alive = setInterval(() => {}, 1000);
  for (let i = 0; i < 100; i++) a.ring();
  await b.heard();
  assert.ok(statSync(join(directory, DOORBELL_FILE)).size <= 2, "a hundred rings in one turn are two at most");
  for (let i = 0; i < 200; i++) {
    a.ring();
    await new Promise((done) => setTimeout(done, i % 2));
  }
  assert.is(a.rings(), 0);
  b.ring();
  await a.heard();
  assert.is(a.rings(), 1);
  assert.is(statSync(join(directory, DOORBELL_FILE)).mode & 0o777, 0o600);
  a.close();
  b.close();
  clearInterval(alive);
});

test("where nobody rings, the poll finds that the state has moved", async () => {
  let sequence = 1;
  const a = bell(stateDirectory(), 1, () => sequence);
  const alive = setInterval(() => {}, 1000);
  sequence = 2;
  await a.heard();
  a.close();
  clearInterval(alive);
});

test("a directory that cannot be written leaves the poll, and ringing does nothing", async () => {
  if (process.getuid?.() === 0) return; // root may write everywhere
  const directory = stateDirectory();
  chmodSync(directory, 0o500);
  let sequence = 1;
  const a = bell(directory, 1, () => sequence);
  const alive = setInterval(() => {}, 1000);
  a.ring();
  sequence = 2;
  await a.heard();
  a.close();
  clearInterval(alive);
  chmodSync(directory, 0o700);
});

test.run();
