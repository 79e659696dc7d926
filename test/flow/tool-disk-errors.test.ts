// A deploy that the disk refuses each of its steps.
import { toolSuite } from "./tool-ground.ts";
import { interruptSteps } from "./tool-interrupted.ts";

const test = toolSuite("tool disk errors");

test("a deploy that is refused by the disk at any of its steps leaves the old version active, or the new one whole, and can be done again", async ({
  place,
}) => {
  await interruptSteps(place, "error");
});

test.run();
