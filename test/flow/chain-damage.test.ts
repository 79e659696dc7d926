import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeOf } from "./decisions.ts";
import { chainEvents, run, type Scratch, Served, scratch } from "./program.ts";
import { HANDSHAKE } from "./refused-start.ts";
import { mount, smallDisk } from "./small-disk.ts";

/** A copy as private as a state directory has to be; what mode cpSync gives a folder differs between Nodes. */
function copyState(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  chmodSync(to, 0o700);
}

const test = suite<{ place: Scratch }>("chain damage");
test.before.each((context) => {
  context.place = scratch();
});
test.after.each(({ place }) => place.remove());

const WRITE = {
  jsonrpc: "2.0",
  id: "w",
  method: "tools/call",
  params: { name: "fs_write_file", arguments: { path: "after", content: "x" } },
};
const STATE = "state.mdb";

/** Serves a few calls; the end signs a checkpoint. */
async function history(place: Scratch, name: string, options: readonly string[] = []): Promise<void> {
  const served = new Served(place, [place.root, ...options]);
  await served.initialize();
  for (let i = 0; i < 5; i++) await served.call("fs_write_file", { path: `${name}${i}`, content: name });
  assert.is(await served.close(), 0);
}

/** Replaces text of the same length everywhere in a file. */
function editBytes(file: string, from: string, to: string): void {
  const bytes = readFileSync(file);
  for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + 1)) bytes.write(to, at, "latin1");
  writeFileSync(file, bytes);
}

type Damage = readonly [name: string, damage: (state: string, earlier: string) => void, problem: RegExp];
const damages: readonly Damage[] = [
  [
    "an edited event",
    (state) => editBytes(join(state, STATE), "fs.write_file", "fs.read_file_"),
    /event-(edited|damaged) at \d+: event \d+/,
  ],
  [
    "an edited verdict",
    (state) => editBytes(join(state, STATE), '"verdict":"permit"', '"verdict":"refuse"'),
    /event-edited at \d+/,
  ],
  ["a file that was cut", (state) => truncateSync(join(state, STATE), 8192), /unreadable|truncated|damaged/],
  ["an emptied file", (state) => truncateSync(join(state, STATE), 0), /unreadable|truncated|checkpoint/],
  ["a file that is gone", (state) => rmSync(join(state, STATE)), /no chain|unreadable|truncated|checkpoint/],
  [
    "the database of an earlier day",
    (state, earlier) => copyFileSync(join(earlier, STATE), join(state, STATE)),
    /truncated at \d+|rolled back/,
  ],
  [
    "the key of another chain",
    (state) =>
      writeFileSync(
        join(state, "host.pub"),
        readFileSync(join(state, "host.pub"), "utf8").replace(/.{20}$/m, "A".repeat(20)),
      ),
    /key: /,
  ],
];

test("every damage is found by verify with exit 1, and the first bad event or the checkpoint is named", async ({
  place,
}) => {
  await history(place, "a");
  const earlier = join(place.home, "earlier");
  copyState(place.state, earlier);
  await history(place, "b");
  const whole = join(place.home, "whole");
  copyState(place.state, whole);
  for (const [name, damage, problem] of damages) {
    rmSync(place.state, { recursive: true });
    copyState(whole, place.state);
    damage(place.state, earlier);
    const { code, stdout, stderr } = await run(place, ["chain", "verify"]);
    assert.is(code, 1, `${name}: ${stdout}${stderr}`);
    assert.match(stdout + stderr, problem, name);
    assert.not.match(stdout, /^intact/, name);
  }
  rmSync(place.state, { recursive: true });
  copyState(whole, place.state);
  assert.is((await run(place, ["chain", "verify"])).code, 0);
});

test("a state directory put back from an earlier copy is found by a kept checkpoint and by a witness, and no host starts on it", async ({
  place,
}) => {
  const witness = join(place.home, "witness");
  const withWitness = [place.root, "--witness", witness];
  await history(place, "a", ["--witness", witness]);
  const earlier = join(place.home, "earlier");
  copyState(place.state, earlier);
  await history(place, "b", ["--witness", witness]);
  const notes = readFileSync(join(place.state, "checkpoints"), "utf8").trimEnd().split("\n\n");
  const kept = join(place.home, "kept.note");
  writeFileSync(kept, `${notes.slice(-2).join("\n\n")}\n`);
  const key = join(place.home, "kept.pub");
  copyFileSync(join(place.state, "host.pub"), key);
  const verify = (...options: string[]) => run(place, ["chain", "verify", ...options]);
  assert.is((await verify("--checkpoint", kept, "--public-key", key, "--witness", witness)).code, 0);

  rmSync(place.state, { recursive: true });
  copyState(earlier, place.state);
  const silent = await verify();
  assert.is(silent.code, 0, "consistent in itself");
  assert.match(silent.stderr, /not known +no checkpoint from outside/, "and verify says what it cannot know");
  for (const options of [
    ["--checkpoint", kept],
    ["--witness", witness],
  ]) {
    const { code, stdout } = await verify(...options);
    assert.is(code, 1, options[0]);
    assert.match(stdout, /NOT INTACT/);
    assert.match(stdout, /rolled back|cut off/);
  }
  const refused = new Served(place, withWitness);
  refused.send(HANDSHAKE);
  refused.send(WRITE);
  assert.is(await refused.exit, 3);
  assert.match(refused.stderr, /^tollgate: [^\n]*rolled back: restore the state directory[^\n]*\n$/);
  assert.not(refused.messages.some(({ id }) => id === "w"));
  assert.not(existsSync(join(place.root, "after")));

  const stranger = scratch();
  await history(stranger, "c");
  const other = await run(stranger, ["chain", "verify", "--public-key", key]);
  assert.is(other.code, 1, "another chain under the same name");
  assert.is((await verify("--checkpoint", join(place.home, "none"))).code, 2);
  stranger.remove();
});

const unwritable: readonly (readonly [name: string, spoil: (disk: string) => void])[] = [
  [
    "a full disk",
    (disk) => {
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(join(disk, "filler"), Buffer.alloc(Math.max(0, bavail * bsize - 4 * 1_048_576)));
    },
  ],
  ["a disk that became read-only", (disk) => mount("remount,ro", disk)],
];

for (const [name, spoil] of unwritable) {
  test(`${name}: no record, no execution; nothing starts, and what is there verifies`, async ({ place }) => {
    const disk = join(place.home, "disk");
    const unmount = smallDisk(disk);
    if (unmount === undefined) return;
    const there = { ...place, state: join(disk, "s") };
    const options = [place.root, "--state-dir", there.state];
    const verify = () => run(place, ["chain", "verify", "--state-dir", there.state]);
    try {
      const served = new Served(place, options);
      await served.initialize();
      assert.is(codeOf(await served.call("fs_write_file", { path: "before", content: "x" })), "ok");
      const ro = name.includes("read-only");
      // A file that is open for writing keeps a remount from happening: the host of this row is ended first.
      if (ro) await served.close();
      spoil(disk);
      if (!ro) {
        await new Promise((resolve) => setTimeout(resolve, 400));
        served.send(WRITE);
        const answer = await Promise.race([
          served.response("w").catch(() => undefined),
          served.exit.then(() => undefined),
        ]);
        if (answer !== undefined) assert.is(codeOf(answer), "chain-unwritable", JSON.stringify(answer));
        const ended = setTimeout(() => served.child.stdin.end(), 3000);
        assert.is(await served.exit, 3, served.stderr);
        clearTimeout(ended);
        assert.match(served.stderr, /^tollgate: [^\n]*free[^\n]*\n$/);
      }
      const next = new Served(place, options);
      next.send(HANDSHAKE);
      next.send(WRITE);
      assert.is(await next.exit, 3, next.stderr);
      assert.not(next.messages.some(({ result }) => result?.structuredContent !== undefined));
      assert.match(next.stderr, /^tollgate: [^\n]+\n$/);
      assert.not(existsSync(join(place.root, "after")), "nothing ran without a record");
      assert.is((await verify()).code, 0);
    } finally {
      unmount();
    }
  });
}

test("without a chain verify says so with exit 1, and reads nothing into being", async ({ place }) => {
  const { code, stderr, stdout } = await run(place, ["chain", "verify"]);
  assert.equal([code, stdout], [1, ""]);
  assert.match(stderr, /^tollgate: there is no chain in [^\n]+\n$/);
  assert.not(existsSync(place.state));
  await history(place, "a");
  assert.ok((await chainEvents(place)).length > 10);
});

test.run();
