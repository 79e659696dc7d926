// A deploy whose process is killed in each of its steps to the disk.
import { toolSuite } from "./tool-ground.ts";
import { interruptEachStep } from "./tool-interrupted.ts";

const test = toolSuite("tool killed");

test("a deploy that is killed in any of its steps leaves the old version active, or the new one whole, and can be done again", ({
  place,
}) => interruptEachStep(place, "torn"));

test.run();
