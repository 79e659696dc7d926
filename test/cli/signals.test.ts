// Signals and readers that go away, through the built program.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chainEvents, MAIN, run, type Scratch, Served, scratch } from "../flow/program.ts";

const test = suite<{ place: Scratch }>("signals");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

test("SIGTERM, SIGINT and SIGHUP end serve with exit 0, the stop on the chain and the chain intact", async ({
  place,
}) => {
  const ends = (["SIGTERM", "SIGINT", "SIGHUP"] as const).map(async (signal) => {
    const served = new Served(place);
    await served.initialize();
    await served.call("fs_stat", { path: "." });
    served.child.kill(signal);
    assert.is(await served.exit, 0, `${signal}: ${served.stderr}`);
  });
  await Promise.all(ends);
  const kinds = (await chainEvents(place)).map(({ kind }) => kind);
  assert.is(kinds.filter((kind) => kind === "host.start").length, 3);
  assert.is(kinds.filter((kind) => kind === "host.stop").length, 3);
  assert.is((await run(place, ["chain", "verify"])).code, 0);
});

test("chain tail --follow shows what comes, and ends when it is interrupted or its reader is gone", async ({
  place,
}) => {
  await run(place, ["call", "fs.stat", "path=."]);
  const follow = () =>
    spawn(process.execPath, [MAIN, "chain", "tail", "-f", "-n", "0", "--json"], { env: place.env, cwd: place.root });
  const interrupted = follow();
  const left = follow();
  const first = Promise.all([once(interrupted.stdout, "data"), once(left.stdout, "data")]);
  // Until both follow, events are made.
  let seen = false;
  void first.then(() => {
    seen = true;
  });
  while (!seen) await run(place, ["call", "fs.stat", "path=."]);
  interrupted.kill("SIGINT");
  left.stdout.destroy();
  let ended = false;
  const ends = Promise.all([once(interrupted, "exit"), once(left, "exit")]).then((codes) => {
    ended = true;
    return codes;
  });
  while (!ended) await run(place, ["call", "fs.stat", "path=."]); // a gone reader is noticed when there is something to say
  assert.equal(
    (await ends).map(([code]) => code),
    [0, 0],
  );
});

test.run();
