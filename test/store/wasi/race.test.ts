import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "./guest.ts";
import { race } from "./race.ts";

const test = suite("wasi race");

test("a swapping thread gets no path function outside: nothing read, seen, listed, made, changed or removed there", async () => {
  // the containment by paths does not promise this, and says so
  if (process.platform !== "linux") return;
  const place = scratch();
  const report = await race({ place: place.path, opens: 60_000, maxMs: 4_000, seed: 1 });
  assert.equal(report.escapes, [], `${report.opens} opens, ${report.swaps} swaps`);
  assert.ok(report.inside > 0, "the path was readable at least sometimes");
  assert.ok(report.swaps > 0 && report.others > 0);
  assert.is(report.leaks, 0);
  place.remove();
});

test.run();
