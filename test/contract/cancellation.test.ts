import { test } from "uvu";
import * as assert from "uvu/assert";
import { abortSignalOf, Cancellation } from "../../src/contract/cancellation.ts";

test("a cancellation tells each listener once, and none that was taken off", () => {
  const cancellation = new Cancellation();
  const told: string[] = [];
  const off = () => told.push("off");
  cancellation.addEventListener("abort", () => told.push("first"));
  cancellation.addEventListener("abort", off);
  cancellation.addEventListener("abort", () => told.push("second"));
  cancellation.removeEventListener("abort", off);
  assert.is(cancellation.aborted, false);
  cancellation.cancel();
  cancellation.cancel();
  assert.is(cancellation.aborted, true);
  assert.equal(told, ["first", "second"]);
});

test("a listener that takes itself or another off while it is told keeps no third from being told", () => {
  const cancellation = new Cancellation();
  const told: string[] = [];
  const first = () => {
    told.push("first");
    cancellation.removeEventListener("abort", first);
  };
  cancellation.addEventListener("abort", first);
  cancellation.addEventListener("abort", () => told.push("second"));
  cancellation.cancel();
  assert.equal(told, ["first", "second"]);
});

test("the engine's own signal of a cancellation aborts with it, also where it was cancelled before", () => {
  const cancellation = new Cancellation();
  const signal = abortSignalOf(cancellation);
  assert.is(signal.aborted, false);
  cancellation.cancel();
  assert.is(signal.aborted, true);
  assert.is(abortSignalOf(cancellation).aborted, true);
  assert.is(abortSignalOf(signal), signal);
});

test.run();
