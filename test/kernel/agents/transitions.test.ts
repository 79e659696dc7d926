import { test } from "uvu";
import * as assert from "uvu/assert";
import { illegalMove } from "../../../src/kernel/agents/transitions.ts";
import { AGENT_STATES } from "../../../src/kernel/records.ts";

/** Rows: from; columns: to, both in the order of AGENT_STATES. */
const LEGAL = [
  // starting running suspended stopping exited
  [false, true, false, true, true], // starting
  [false, false, true, true, true], // running
  [false, true, false, true, true], // suspended
  [false, false, false, false, true], // stopping
  [false, false, false, false, false], // exited
];

test("exactly the moves of the table are legal; every other names both states and what could be done", () => {
  AGENT_STATES.forEach((from, row) => {
    AGENT_STATES.forEach((to, column) => {
      const problem = illegalMove({ pid: 3, agent_id: "a", state: from }, to);
      if (LEGAL[row]?.[column]) assert.is(problem, undefined, `${from} to ${to}`);
      else {
        assert.is(problem?.code, "illegal-transition", `${from} to ${to}`);
        assert.equal(problem?.data, { pid: 3, from, to });
        assert.match(problem?.message ?? "", new RegExp(`is ${from} and cannot become ${to}: `));
      }
    });
  });
});

test.run();
