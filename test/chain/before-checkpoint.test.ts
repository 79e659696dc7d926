import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Chain } from "../../src/chain/chain.ts";
import { fault } from "../../src/contract/fault.ts";
import type { Change } from "../../src/contract/state.ts";
import { fill, mustOpen, stateDirectory } from "./fixture.ts";

const root: Change<null> = (state) => {
  state.event({ source: "kernel", kind: "tree.root", payload: { events: state.range(["t"]).length } });
  return null;
};
const kinds = (chain: Chain) => chain.query({ count: 1000 }).events.map((one) => one.kind);

test("a checkpoint covers the event that was made before it, and none is made where nothing is unsigned", async () => {
  const directory = stateDirectory();
  const chain = mustOpen(directory, { beforeCheckpoint: () => root });
  assert.is(await chain.checkpoint(), undefined);
  await fill(chain, 3);
  const written = await chain.checkpoint();
  assert.ok(written !== undefined && !("code" in written) && written.size === 4);
  assert.is(kinds(chain)[3], "tree.root");
  assert.is(await chain.checkpoint(), undefined);
  assert.is(chain.status().event_count, 4);
  await fill(chain, 1);
  await chain.close();
  const again = mustOpen(directory, { beforeCheckpoint: () => root });
  assert.equal(kinds(again).slice(3), ["tree.root", "call.refused", "tree.root"]);
  assert.is(again.status().verified_to, 6);
  await again.close();
  const third = mustOpen(directory);
  assert.is(third.status().event_count, 6);
  await third.close();
});

test("each checkpoint of a chain that goes on has its event, and those events call for no checkpoint of their own", async () => {
  const chain = mustOpen(stateDirectory(), { beforeCheckpoint: () => root, checkpointEvery: 10 });
  for (let i = 0; i < 200; i++) await fill(chain, 1);
  await chain.checkpoint();
  const roots = kinds(chain).filter((kind) => kind === "tree.root").length;
  assert.is(roots, chain.status().checkpoint_count);
  assert.ok(roots > 1 && roots <= 21, `${roots} checkpoints`);
  await chain.close();
});

test("a change that fails or throws does not keep a checkpoint from being signed", async () => {
  const bug = () => {
    throw new Error("bug");
  };
  const wrong: (() => Change<null>)[] = [() => () => fault("host", "internal", "no"), () => bug, bug];
  for (const beforeCheckpoint of wrong) {
    const chain = mustOpen(stateDirectory(), { beforeCheckpoint });
    await fill(chain, 2);
    const written = await chain.checkpoint();
    assert.ok(written !== undefined && !("code" in written) && written.size === 2);
    await chain.close();
  }
});

test.run();
