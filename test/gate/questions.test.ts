// Rounds of a tool that asks: the answers continue the call that was decided on, and no other.
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Call } from "../../src/contract/call.ts";
import type { Decision } from "../../src/contract/decision.ts";
import { PLUGIN_ACTION, type ToolManifest } from "../../src/contract/manifest.ts";
import { MAX_ROUNDS, QUESTION_LIFETIME_MS } from "../../src/gate/questions.ts";
import { ALLOW_ALL, decide, gateOf, manifest, told } from "./fixtures.ts";

const MODULE = "1a".repeat(32);
const ASKED = { questions: { who: { message: "Who?", schema: { type: "object" } } }, state: { step: 1 } };
const asker = (changes: Partial<ToolManifest> = {}): ToolManifest => ({
  ...manifest("acme.ask", PLUGIN_ACTION, { risk: 0.2 }, true, []),
  version: "1.0.0",
  folders: [],
  result: "content",
  asks: true,
  ...changes,
});

function learnt(tool = asker(), changes: Parameters<typeof gateOf>[0] = {}) {
  const gate = gateOf({ policies: [ALLOW_ALL], ...changes });
  assert.is(gate.learn(tool, MODULE), undefined);
  return gate;
}
function askingOf(decision: Decision) {
  if (decision.kind !== "permit" || decision.asking === undefined) throw new Error(`may not ask: ${told(decision)}`);
  return decision.asking;
}
const tokenOf = (decision: Decision): string => askingOf(decision).issue(ASKED)?.token as string;
const inputs = (token: string): Partial<Call> => ({ inputs: { token, responses: {} }, canAnswer: true });
const why = (decision: Decision) => (decision.kind === "deny" ? decision.fault.message : told(decision));

test("only a tool whose manifest says so may ask", () => {
  const tool = asker();
  const { asks: _, ...silent } = tool;
  const decision = decide(learnt(silent), silent, {});
  assert.ok(decision.kind === "permit" && decision.asking === undefined);
  assert.is(askingOf(decide(learnt(tool), tool, {})).before, undefined);
});

test("the next round is told what was asked and the state, once", () => {
  const tool = asker();
  const gate = learnt(tool);
  const token = tokenOf(decide(gate, tool, { a: 1 }));
  const next = decide(gate, tool, { a: 1 }, inputs(token));
  assert.equal(askingOf(next).before, { ...ASKED, round: 1 });
  assert.match(why(decide(gate, tool, { a: 1 }, inputs(token))), /its state was used before/);
});

test("a state is good for its caller, its tool, its arguments, its version and its policy, unchanged", () => {
  const tool = asker();
  const gate = learnt(tool);
  const token = () => tokenOf(decide(gate, tool, { a: 1 }));
  assert.match(why(decide(gate, tool, { a: 2 }, inputs(token()))), /for other arguments/);
  const other = { principal: { kind: "client", id: "other" } } as const;
  assert.match(why(decide(gate, tool, { a: 1 }, { ...inputs(token()), ...other })), /to another caller/);
  const twin = asker({ name: "acme.twin" });
  gate.learn(twin, MODULE);
  assert.match(why(decide(gate, twin, { a: 1 }, inputs(token()))), /for another tool, acme\.ask/);
  const open = token();
  const later = asker({ version: "1.0.1" });
  gate.learn(later, MODULE);
  assert.match(why(decide(gate, later, { a: 1 }, inputs(open))), /policy has changed/);
  gate.learn(tool, "2b".repeat(32));
  assert.match(why(decide(gate, tool, { a: 1 }, inputs(open))), /policy has changed/);

  const gate2 = learnt(tool);
  for (const bad of [open, `${open}A`, open.slice(1), "", "e30", "A".repeat(70_000)]) {
    assert.match(why(decide(gate2, tool, { a: 1 }, inputs(bad))), /not one that this host gave out/);
  }
});

test("a state expires", () => {
  let now = 1_000_000;
  const tool = asker();
  const gate = learnt(tool, { clock: () => now });
  const token = tokenOf(decide(gate, tool, {}));
  now += QUESTION_LIFETIME_MS + 1;
  assert.match(why(decide(gate, tool, {}, inputs(token))), /has expired/);
});

test("what was refused leaves the state as it was, so that the person's answers are not lost", () => {
  const tool = asker();
  const gate = learnt(tool);
  const token = tokenOf(decide(gate, tool, { a: 1 }));
  assert.match(why(decide(gate, tool, { a: 2 }, inputs(token))), /other arguments/);
  assert.is(told(decide(gate, tool, { a: 1 }, inputs(token))), "permit");
});

test(`a tool asks ${MAX_ROUNDS} times in one call at most`, () => {
  const tool = asker();
  const gate = learnt(tool);
  let decision = decide(gate, tool, {});
  for (let round = 1; round <= MAX_ROUNDS; round++) decision = decide(gate, tool, {}, inputs(tokenOf(decision)));
  assert.is(askingOf(decision).issue(ASKED), undefined);
});

test("a call that a person approved stays approved through its rounds, and only then", () => {
  const tool = asker({ effect: { risk: 0.8, fairness: 0, privacy: 0, novelty: 0, security: 0 } });
  const gate = learnt(tool, { environment: "staging" });
  const asked = decide(gate, tool, {}, { canAsk: true });
  assert.is(asked.kind, "defer");
  const approval = { token: asked.kind === "defer" ? asked.deferral.token : "", answer: "accept" } as const;
  const approved = decide(gate, tool, {}, { canAsk: true, approval });
  const next = decide(gate, tool, {}, inputs(tokenOf(approved)));
  assert.is(next.kind, "permit");
  assert.is(next.record.layer, "approval");
  assert.match(next.record.reasons[0] ?? "", /a person approved this call before the tool asked/);
  const more = decide(gate, tool, { more: true }, inputs(tokenOf(next)));
  assert.is(more.kind, "deny");
  // A token of an approval is no state of a question, and the other way round.
  const second = decide(gate, tool, {}, { canAsk: true });
  const token = second.kind === "defer" ? second.deferral.token : "";
  assert.match(why(decide(gate, tool, {}, inputs(token))), /not one that this host gave out/);
  const crossed = { token: tokenOf(next), answer: "accept" } as const;
  assert.match(why(decide(gate, tool, {}, { canAsk: true, approval: crossed })), /not one that this host gave out/);
});

test.run();
