// A deploy whose process is killed in each of its steps to the disk.
import { toolSuite } from "./tool-ground.ts";
import { interruptSteps } from "./tool-interrupted.ts";

const test = toolSuite("tool killed");

test("a deploy that is killed in any of its steps leaves the old version active, or the new one whole, and can be done again", async ({
  place,
}) => {
  await interruptSteps(place, "torn");
});

test.run();
