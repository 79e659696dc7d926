import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Environment } from "../../src/contract/decision.ts";
import type { FuelShare, History } from "../../src/contract/history.ts";
import type { JsonObject } from "../../src/contract/json.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import { FREE_FUEL } from "../../src/gate/fairness.ts";
import { FAMILIAR } from "../../src/gate/novelty.ts";
import { THRESHOLDS } from "../../src/gate/options.ts";
import {
  ALLOW_ALL,
  agent,
  COPY,
  call,
  gateOf,
  KERNEL,
  MANIFESTS,
  manifest,
  path,
  policy,
  READ,
  SEND,
  told,
  WRITE,
  ZERO,
} from "./fixtures.ts";

const test = suite("gate/history");
const IDLE: FuelShare = { own: 0, total: 0, principals: 0 };
const seen = (uses: number, touches = uses, share: FuelShare = IDLE): History => ({
  actionSeen: () => uses,
  directorySeen: () => touches,
  fuelShare: () => share,
});
const using = (own: number, total: number, principals: number): History =>
  seen(FAMILIAR, FAMILIAR, { own, total, principals });

const gate = gateOf({ policies: [ALLOW_ALL], manifests: [...MANIFESTS, ...KERNEL] });
const decide = (history: History | undefined, tool: ToolManifest = READ, args: JsonObject = { path: "d/a" }) =>
  gate.decide(call(tool, args), tool, { targets: { path: { kind: "missing" } }, ...(history && { history }) });
const vectorOf = (history: History | undefined, tool?: ToolManifest, args?: JsonObject) =>
  decide(history, tool, args).record.effect?.vector ?? ZERO;

test("novelty halves with each use and ends with the fifth; the reasons say it in words", () => {
  const amounts = [0, 1, 2, 3, 4, 1000].map((uses) => vectorOf(seen(uses)).novelty);
  assert.equal(amounts, [0.1, 0.05, 0.025, 0.0125, 0, 0]);
  const reasons = (history: History) => decide(history).record.effect?.terms.map(({ reason }) => reason);
  assert.equal(reasons(seen(0)), [
    "client stdio has not used tool.fs.read before",
    "client stdio has not used tool.fs.read in /w/d before",
  ]);
  assert.equal(reasons(seen(1, FAMILIAR)), ["client stdio has used tool.fs.read only once before"]);
  assert.equal(reasons(seen(FAMILIAR, 3)), ["client stdio has used tool.fs.read in /w/d only 3 times before"]);
});
test("history is asked about this principal, these actions and the directories that these things are in", () => {
  const asked: string[] = [];
  const listening: History = {
    actionSeen: (...of) => asked.push(of.join(" ")) && FAMILIAR,
    directorySeen: (...of) => asked.push(of.join(" ")) && FAMILIAR,
    fuelShare(of) {
      asked.push(of);
      return IDLE;
    },
  };
  decide(listening, COPY, { src: "/w/x/y/z", dst: "/w" });
  assert.equal(asked.sort(), [
    "client:stdio",
    "client:stdio tool.fs.read",
    "client:stdio tool.fs.read /w/x/y",
    "client:stdio tool.fs.write",
    "client:stdio tool.fs.write /w",
  ]);
  asked.length = 0;
  const bot = { ...call(SEND, { topic: "t" }), principal: agent() };
  gate.decide(bot, SEND, { targets: {}, history: listening });
  assert.equal(asked.sort(), ["agent:bot", "agent:bot tool.ipc.send"]);
});
test("of several actions and directories the newest counts, once", () => {
  const history: History = {
    ...seen(FAMILIAR),
    actionSeen: (_, action) => (action === "tool.fs.write" ? 1 : FAMILIAR),
    directorySeen: (_, action, directory) => (action === "tool.fs.read" && directory === "/w/x" ? 0 : 2),
  };
  assert.is(vectorOf(history, COPY, { src: "x/a", dst: "b" }).novelty, 0.07);
});
for (const odd of [Number.NaN, -5, Number.NEGATIVE_INFINITY]) {
  test(`a count of ${odd} is taken for never`, () => assert.is(vectorOf(seen(odd)).novelty, 0.1));
}

/** Base effects of the catalog whose verdict a first use could tip, by environment: those just below a threshold. */
const BASES = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, Math.hypot(0.2, 0.3), Math.hypot(0.7, 0.3), Math.hypot(0.7, 0.4)];
for (const environment of ["development", "staging", "production"] as Environment[]) {
  test(`in ${environment} a first use passes wherever repeated use of the catalog's tools does`, () => {
    const threshold = THRESHOLDS[environment] / (environment === "production" ? 2 : 1);
    const tools = BASES.map((risk, i) =>
      manifest(`t.t${i}`, "tool.fs.read", { risk: Math.min(1, risk) }, true, [path("path", "tool.fs.read")]),
    );
    const strict = gateOf({ environment, policies: [ALLOW_ALL], manifests: tools });
    for (const [i, tool] of tools.entries()) {
      const verdict = (history: History) =>
        strict.decide({ ...call(tool, { path: "a" }), canAsk: false }, tool, { targets: {}, history }).kind;
      const passes = (BASES[i] as number) <= threshold;
      assert.is(verdict(seen(FAMILIAR)), passes ? "permit" : "deny", `${BASES[i]} repeated`);
      assert.is(verdict(seen(0)), passes ? "permit" : "deny", `${BASES[i]} at first`);
    }
  });
}
test("a policy can ask a person about first uses", () => {
  const careful = gateOf(
    policy(
      'permit (principal, action, resource); @decision("defer") forbid (principal, action, resource) when { context.effect.novelty >= 60 };',
    ),
  );
  const verdict = (history: History) => told(careful.decide(call(READ, { path: "a" }), READ, { targets: {}, history }));
  assert.equal([verdict(seen(0)), verdict(seen(1)), verdict(seen(FAMILIAR))], ["defer", "permit", "permit"]);
});

const FAIR: readonly [string, FuelShare, number][] = [
  ["nobody has used any", IDLE, 0],
  ["it alone has", { own: 1e12, total: 1e12, principals: 1 }, 0],
  ["both have used the same", { own: 1e12, total: 2e12, principals: 2 }, 0],
  ["it has used less", { own: 1e11, total: 1e12, principals: 2 }, 0],
  ["it has used three quarters of two", { own: 75e10, total: 1e12, principals: 2 }, 0.25],
  ["it has used nearly all of two", { own: 999e9, total: 1e12, principals: 2 }, 0.499],
  ["it has used half of ten", { own: 5e11, total: 1e12, principals: 10 }, 0.4],
  ["all of it is little", { own: FREE_FUEL, total: FREE_FUEL + 1, principals: 2 }, 0],
  ["it is just beyond little", { own: FREE_FUEL * 1.25, total: FREE_FUEL * 1.25 + 1, principals: 2 }, 0.2],
  ["the figures are none", { own: Number.NaN, total: Number.NaN, principals: Number.NaN }, 0],
];
for (const [name, { own, total, principals }, amount] of FAIR) {
  test(`fairness is ${amount} where ${name}`, () => {
    const decision = decide(using(own, total, principals));
    assert.is(decision.record.effect?.vector.fairness, amount);
    const words = decision.record.reasons.join();
    if (amount > 0)
      assert.match(words, /client stdio has used \d+ % of this host's fuel over the last minute, shared by/);
    else assert.not.match(words, /fuel/);
  });
}

test("with a history every dimension is scored; without one two are not, and it says so", () => {
  assert.equal(decide(seen(0)).record.effect?.unscored, []);
  assert.equal(decide(undefined).record.effect?.unscored, ["fairness", "novelty"]);
});
test("where history is required a call without it is refused", () => {
  const strict = gateOf({ policies: [ALLOW_ALL], historyRequired: true });
  const refused = strict.decide(call(READ, { path: "a" }), READ, { targets: {} });
  assert.is(told(refused), "permission-denied");
  assert.match(refused.record.reasons.join(), /history that effects are scored by cannot be read/);
  assert.is(told(strict.decide(call(READ, { path: "a" }), READ, { targets: {}, history: seen(FAMILIAR) })), "permit");
});
test("an approval holds though its caller has used more fuel meanwhile; not though the call would do more", () => {
  const careful = gateOf({ thresholds: { development: 0.1 }, policies: [ALLOW_ALL] });
  const ask = (history: History, kind: "missing" | "file", approval?: { token: string; answer: "accept" }) =>
    careful.decide({ ...call(WRITE, { path: "a" }), ...(approval && { approval }) }, WRITE, {
      targets: { path: { kind } },
      history,
    });
  const asked = ask(seen(FAMILIAR), "missing");
  assert.ok(asked.kind === "defer");
  if (asked.kind !== "defer") return;
  const approval = { token: asked.deferral.token, answer: "accept" } as const;
  assert.is(told(ask(seen(FAMILIAR), "file", approval)), "approval-invalid");
  assert.is(told(ask(using(9e11, 1e12, 2), "missing", approval)), "permit");
});

test("property: history never lowers a score, and novelty is at most 0.1", () => {
  const count = fc.oneof(fc.integer({ min: -2, max: 8 }), fc.double());
  fc.assert(
    fc.property(
      count,
      count,
      fc.double(),
      fc.double(),
      fc.oneof(fc.nat(20), fc.double()),
      (uses, touches, own, total, principals) => {
        const history = seen(uses, touches, { own, total, principals });
        for (const tool of [READ, COPY]) {
          const args = { path: "a", src: "a", dst: "b" };
          const [plain, scored] = [
            decide(undefined, tool, args).record.effect,
            decide(history, tool, args).record.effect,
          ];
          assert.ok(plain !== undefined && scored !== undefined && scored.score >= plain.score);
          assert.ok(scored.vector.novelty - scored.base.novelty <= 0.1 + 1e-9);
          assert.ok(scored.vector.fairness >= 0 && scored.vector.fairness <= 1);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test.run();
