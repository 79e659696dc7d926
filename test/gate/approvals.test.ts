import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Call } from "../../src/contract/call.ts";
import type { Decision } from "../../src/contract/decision.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import { APPROVAL_LIFETIME_MS, createApprovals, MAX_ANSWERED } from "../../src/gate/approvals.ts";
import type { Gate } from "../../src/gate/gate.ts";
import { MAX_QUESTION, questionText } from "../../src/gate/question.ts";
import {
  ALLOW_ALL,
  agent,
  DEFAULT_POLICY,
  decide,
  gateOf,
  manifest,
  path,
  READ,
  REMOVE,
  told,
  WRITE,
} from "./fixtures.ts";

const test = suite("gate/approvals");
const NEW = { path: { kind: "missing" } } as const;

function tokenOf(decision: Decision): string {
  if (decision.kind !== "defer") throw new Error(`not deferred: ${told(decision)}`);
  return decision.deferral.token;
}
const ask = (gate: Gate, args: JsonObject = { path: "a.txt" }) => tokenOf(decide(gate, REMOVE, args));
const answer = (
  gate: Gate,
  token: string,
  changes: Partial<Call> & { args?: JsonObject } = {},
  how: "accept" | "decline" | "cancel" = "accept",
) => decide(gate, REMOVE, changes.args ?? { path: "a.txt" }, { ...changes, approval: { token, answer: how } });
const why = (decision: Decision) => (decision.kind === "deny" ? decision.fault.message : told(decision));

test("an accepted approval lets exactly that call through, once", () => {
  const gate = gateOf();
  const token = ask(gate);
  const approved = answer(gate, token);
  assert.is(told(approved), "permit");
  assert.is(approved.record.layer, "approval");
  assert.ok(approved.record.rules.includes("approval") && approved.record.rules.includes("ask-before-delete"));
  assert.match(why(answer(gate, token)), /used before/);
});
test("the order of the keys of the arguments does not matter", () => {
  const gate = gateOf();
  const token = ask(gate, { path: "a.txt", recursive: false });
  assert.is(told(answer(gate, token, { args: { recursive: false, path: "a.txt" } })), "permit");
});
for (const how of ["decline", "cancel"] as const) {
  test(`${how} refuses, and the token is used up`, () => {
    const gate = gateOf();
    const token = ask(gate);
    assert.is(told(answer(gate, token, {}, how)), "approval-declined");
    assert.match(why(answer(gate, token)), /used before/);
  });
}

const CHANGED: readonly [string, Partial<Call> & { args?: JsonObject }, RegExp][] = [
  ["other arguments", { args: { path: "b.txt" } }, /other arguments/],
  ["one more argument", { args: { path: "a.txt", recursive: false } }, /other arguments/],
  ["the same file spelt otherwise", { args: { path: "./a.txt" } }, /other arguments/],
  ["another client", { principal: { kind: "client", id: "other" } }, /another caller/],
  ["an agent of the same name", { principal: agent({}, "stdio") }, /another caller/],
];
for (const [name, changes, expected] of CHANGED) {
  test(`an approval does not hold for ${name}, and is not used up by the attempt`, () => {
    const gate = gateOf();
    const token = ask(gate);
    const refused = answer(gate, token, changes);
    assert.is(told(refused), "approval-invalid");
    assert.is(refused.record.layer, "approval");
    assert.match(why(refused), expected);
    assert.is(told(answer(gate, token)), "permit");
  });
}
test("a principal that only claims another name is still itself", () => {
  const gate = gateOf();
  const principal = { kind: "client", id: "stdio", claimed: { name: "x", version: "2" } } as const;
  assert.is(told(answer(gate, ask(gate), { principal })), "permit");
});
test("an approval does not hold for another tool", () => {
  const gate = gateOf({ thresholds: { development: 0 } });
  const approval = { token: ask(gate), answer: "accept" } as const;
  assert.match(why(decide(gate, READ, { path: "a.txt" }, { approval })), /another tool, fs\.remove/);
});
test("an approval holds until it expires, and not after", () => {
  let now = 5_000_000;
  const gate = gateOf({ clock: () => now });
  const [early, late] = [ask(gate), ask(gate)];
  now += APPROVAL_LIFETIME_MS;
  assert.is(told(answer(gate, early)), "permit");
  now += 1;
  assert.match(why(answer(gate, late)), /expired/);
});
test("a clock that is not a number accepts nothing", () => {
  let now = 1;
  const gate = gateOf({ clock: () => now });
  const token = ask(gate);
  now = Number.NaN;
  assert.is(told(answer(gate, token)), "approval-invalid");
});
test("an approval of another process, or under another policy, does not hold", () => {
  const token = ask(gateOf());
  assert.match(why(answer(gateOf(), token)), /not one that this host gave out/);
  const random = (bytes: number) => new Uint8Array(bytes).fill(7);
  const before = gateOf({ random });
  const after = gateOf({
    random,
    policies: [DEFAULT_POLICY, { name: "more.cedar", text: "permit (principal is Agent, action, resource);" }],
  });
  assert.match(why(answer(after, ask(before))), /policy has changed/);
});
test("an approval does not hold for a call that has come to do more", () => {
  const gate = gateOf({ thresholds: { development: 0.1 } });
  const token = tokenOf(decide(gate, WRITE, { path: "a" }, {}, NEW));
  const approval = { token, answer: "accept" } as const;
  assert.match(why(decide(gate, WRITE, { path: "a" }, { approval }, { path: { kind: "file" } })), /do more/);
  assert.is(told(decide(gate, WRITE, { path: "a" }, { approval }, NEW)), "permit");
});
test("an answer to a question that was not asked is refused, also where none was needed", () => {
  const gate = gateOf();
  assert.is(
    told(decide(gate, READ, { path: "a" }, { approval: { token: "AAAA", answer: "accept" } })),
    "approval-invalid",
  );
});
test("no approval lifts a refusal of the policies or of the roots", () => {
  const random = (bytes: number) => new Uint8Array(bytes).fill(7);
  const token = ask(gateOf({ random }));
  const strict = gateOf({
    random,
    policies: [{ name: "none.cedar", text: "permit (principal is Agent, action, resource);" }],
  });
  assert.is(told(answer(strict, token)), "governance-denied");
  assert.is(told(answer(gateOf({ random }), token, { args: { path: "/etc" } })), "permission-denied");
});
test("in production an approved call is measured by the whole threshold, another by half of it", () => {
  const tool = manifest("fs.touch", "tool.fs.write", { risk: 0.2 }, false, [path("path", "tool.fs.write")]);
  const gate = gateOf({ environment: "production", policies: [ALLOW_ALL], manifests: [tool] });
  const asked = decide(gate, tool, { path: "a" }, {}, NEW);
  assert.is(asked.record.effect?.threshold, 0.15);
  const approved = decide(gate, tool, { path: "a" }, { approval: { token: tokenOf(asked), answer: "accept" } }, NEW);
  assert.is(told(approved), "permit");
  assert.is(approved.record.effect?.threshold, 0.3);
});

test("a token with any one bit changed is refused", () => {
  const gate = gateOf();
  const token = ask(gate);
  const bytes = Buffer.from(token, "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit += 3) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.is(told(answer(gate, changed.toString("base64url"))), "approval-invalid");
  }
  assert.is(told(answer(gate, token)), "permit");
});
for (const [name, change] of [
  ["nothing", () => ""],
  ["cut short", (token: string) => token.slice(0, -4)],
  ["longer", (token: string) => `${token}AAAA`],
  ["padded", (token: string) => `${token}=`],
  ["in the other base64 alphabet with a break", (token: string) => `${token.slice(0, 8)}\n${token.slice(8)}`],
  ["huge", () => "A".repeat(1_000_000)],
  ["no text", () => 7 as unknown as string],
] as const) {
  test(`a token that is ${name} is refused`, () => {
    const gate = gateOf();
    assert.is(told(answer(gate, change(ask(gate)))), "approval-invalid");
  });
}

test("used approvals are remembered until they expire; when too many are, no more are accepted", () => {
  let now = 0;
  let drawn = 0;
  const random = (bytes: number) => {
    const drawnBytes = Buffer.alloc(bytes);
    drawnBytes.writeUInt32BE(drawn++);
    return drawnBytes;
  };
  const approvals = createApprovals(() => now, random);
  const binding = { principal: "p", tool: "t", args: "a", policy: "d", score: 0.5 };
  for (let i = 0; i < MAX_ANSWERED; i++) assert.is(approvals.spend(approvals.issue(binding).token, binding), undefined);
  now = 1;
  assert.match(approvals.spend(approvals.issue(binding).token, binding) ?? "", /in use already/);
  now += APPROVAL_LIFETIME_MS;
  assert.is(approvals.spend(approvals.issue(binding).token, binding), undefined);
});
test("a source of randomness that gives too little opens no gate", () => {
  assert.throws(
    () =>
      createApprovals(
        () => 0,
        () => new Uint8Array(3),
      ),
    /3 bytes for 32/,
  );
});

test("the question names tool, resource, reason and caller, on one plain line of at most 1024 characters", () => {
  const decision = decide(
    gateOf(),
    REMOVE,
    { path: `d\u202e\u001b[2J\n${"x".repeat(3000)}`, recursive: true },
    {
      principal: agent({}, "bot\u200b"),
    },
  );
  assert.ok(decision.kind === "defer");
  if (decision.kind !== "defer") return;
  const { question, expiresAt } = decision.deferral;
  assert.match(
    question,
    /^Allow fs\.remove .* on "\/w\/d\\u\{202e\}\\u\{1b\}\[2J\\u\{a\}x+…" for agent bot\\u\{200b\}\? Asked because policy ask-before-delete/,
  );
  assert.match(question, /nothing happens\.$/);
  assert.ok([...question].length <= 1024);
  assert.is(expiresAt, 1_000_000 + APPROVAL_LIFETIME_MS);
});
test("however much there is to say, the question keeps its end", () => {
  const word = "x".repeat(5000);
  const question = questionText({
    caller: word,
    tool: "t".repeat(40),
    title: word,
    resources: [word, word, word, word, word],
    reasons: [word, word, word, word, word],
  });
  assert.ok([...question].length <= MAX_QUESTION);
  assert.match(question, / and 2 more for .* nothing happens\.$/);
});
test("where nobody can be asked the refusal says what to do", () => {
  const decision = decide(gateOf(), REMOVE, { path: "a" }, { canAsk: false });
  assert.is(told(decision), "approval-required");
  assert.match(
    why(decision),
    /nobody can be asked here, so use a client that can ask its user, or have the operator change the policy$/,
  );
});

test.run();
