import { test } from "uvu";
import * as assert from "uvu/assert";
import { PROMPT_MS, WorkerSet } from "../../src/store/worker-set.ts";
import type { WorkerSlot } from "../../src/store/worker-slot.ts";

interface Load {
  count: number;
  short: number;
  began: number;
  available: boolean;
}

/** What a set asks of a worker. */
function slotOf(load: Load): WorkerSlot {
  const slot = {
    load,
    ready: true,
    dead: false,
    waits: false,
    preparing: 0,
    get available() {
      return load.available;
    },
    runs: {
      get count() {
        return load.count;
      },
      get expectedUs() {
        return load.count * 100;
      },
    },
    keepsUp: (since: number) => load.count > 0 && load.short === load.count && load.began >= since,
    terminate: () => [],
    gone: Promise.resolve(),
  };
  return slot as unknown as WorkerSlot;
}

/** A set of two workers, the first at `first` and the second idle. */
function twoWorkers(first: Load, sharing: number): { set: WorkerSet; busy: WorkerSlot; idle: WorkerSlot } {
  const busy = slotOf(first);
  const idle = slotOf({ count: 0, short: 0, began: 0, available: true });
  const waiting = [busy, idle];
  const set = new WorkerSet({ workers: 2, sharing, waiting: 1 }, () => waiting.shift() as WorkerSlot);
  set.grow();
  assert.equal(set.slots.length, 2);
  return { set, busy, idle };
}

const NOW = 1000;
const PROMPT: Load = { count: 3, short: 3, began: NOW, available: true };

test("short runs go to the worker that is at them where one is to share them, else to one that is idle", () => {
  const one = twoWorkers(PROMPT, 1);
  assert.is(one.set.forRun(NOW, false), one.busy);
  const two = twoWorkers(PROMPT, 2);
  assert.is(two.set.forRun(NOW, false), two.idle);
});

test("what a worker that keeps up has no room for waits for it; nothing waits for one that does not keep up", () => {
  const full = twoWorkers({ ...PROMPT, available: false }, 1);
  assert.is(full.set.forRun(NOW, false), undefined);
  for (const late of [
    { ...PROMPT, began: NOW - PROMPT_MS - 1 },
    { ...PROMPT, short: 2 },
  ]) {
    const { set, idle } = twoWorkers(late, 1);
    assert.is(set.forRun(NOW, false), idle);
  }
});

test("nothing is handed behind a run while a preparation waits for a worker that is idle", () => {
  const { set } = twoWorkers(PROMPT, 1);
  assert.is(set.forRun(NOW, true), undefined);
});

test.run();
