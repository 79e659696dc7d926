import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Call } from "../../src/contract/call.ts";
import type { EventDraft } from "../../src/contract/chain-event.ts";
import type { Decision, DecisionRecord } from "../../src/contract/decision.ts";
import { type Fault, fault } from "../../src/contract/fault.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import type { Outcome } from "../../src/contract/outcome.ts";
import { createPermitOffice } from "../../src/contract/permit.ts";
import { callTool } from "../../src/host/call.ts";
import { openJournal } from "../../src/host/journal.ts";
import type { Tool } from "../../src/host/registry.ts";
import type { Stages } from "../../src/host/stages.ts";
import type { RunInput } from "../../src/store/run-input.ts";
import { BARE_AUTHORITY } from "../contract/bare-authority.ts";

const record: DecisionRecord = {
  verdict: "permit",
  layer: "environment",
  environment: "development",
  rules: ["rule"],
  reasons: ["because"],
  policyDigest: "00",
  resources: ["t.tool"],
};
const usage = { fuelConsumed: 5, memoryPeak: 65_536, durationMs: 1 };
const office = createPermitOffice();
const permit = () => office.mint("00", BARE_AUTHORITY);

interface Scene {
  readonly readOnly: boolean;
  readonly decision?: Decision;
  /** The append of this kind fails. */
  readonly unwritable?: string;
  readonly outcome?: Outcome;
}

/** The stages with everything that happens noted in order. */
function stage({ readOnly, decision, unwritable, outcome }: Scene): {
  stages: Stages;
  steps: string[];
  events: EventDraft[];
} {
  const steps: string[] = [];
  const events: EventDraft[] = [];
  const manifest = {
    name: "t.tool",
    annotations: { readOnlyHint: readOnly },
    resources: [],
  } as unknown as ToolManifest;
  const tool: Tool = {
    manifest,
    moduleHash: "00",
    moduleBytes: new Uint8Array(),
    checkArguments: (value) => (JSON.stringify(value) === "{}" ? undefined : '"x" is unknown'),
    checkAnswer: () => undefined,
  };
  const stages = {
    registry: new Map([["t.tool", tool]]),
    gate: {
      needsFacts: () => [],
      mostOf: () => BARE_AUTHORITY,
      decide: () => {
        steps.push("decide");
        return decision ?? { kind: "permit", permit: permit(), record };
      },
    },
    store: {
      warm: async () => {
        steps.push("warm");
      },
      run: async (_permit: unknown, input: RunInput) => {
        steps.push("run");
        input.onProgress?.({ done: 1, total: 2, message: "half" });
        input.onLog?.({ level: "info", message: "a line" });
        return (
          outcome ?? { kind: "exited", exitCode: 0, stdout: Buffer.from('{"ok":true}'), stderr: Buffer.of(), usage }
        );
      },
    },
    roots: [],
    protectedPaths: [],
    journal: (call: Call, args: string | Fault) =>
      openJournal(
        async (draft, durability) => {
          steps.push(`${draft.kind} ${durability}`);
          if (draft.kind === unwritable) return fault("chain", "chain-unwritable", "the disk is full");
          events.push(draft);
          return { sequence: events.length, hash: "00" };
        },
        "c-1",
        call,
        args,
      ),
  } as unknown as Stages;
  return { stages, steps, events };
}

const call = (overrides: Partial<Call> = {}): Call => ({
  principal: { kind: "client", id: "stdio" },
  tool: "t.tool",
  args: {},
  signal: new AbortController().signal,
  canAsk: false,
  ...overrides,
});

test("an effectful call: the intent is on disk before the guest runs, the outcome recorded before the answer", async () => {
  const { stages, steps, events } = stage({ readOnly: false });
  const answer = await callTool(stages, call());
  assert.equal(steps, ["decide", "call.intent flushed", "run", "call.outcome committed"]);
  assert.is(answer.kind, "result");
  assert.is(answer.sequence, 2);
  assert.is(events[0]?.payload.call_id, events[1]?.payload.call_id);
});

test("a question is recorded and the tool compiled meanwhile, and nothing runs", async () => {
  const deferral = { token: "t", question: "may it?", expiresAt: 1 };
  const { stages, steps } = stage({ readOnly: false, decision: { kind: "defer", deferral, record } });
  const answer = await callTool(stages, call({ canAsk: true }));
  assert.is(answer.kind, "deferral");
  assert.equal(steps, ["decide", "call.deferred committed", "warm"]);
});

test("what the guest tells while it runs is told to the caller before the answer", async () => {
  const { stages } = stage({ readOnly: true });
  const told: unknown[] = [];
  const onLog = (line: unknown) => told.push(line);
  await callTool(stages, call({ onProgress: (progress) => told.push(progress), onLog }));
  assert.equal(told, [
    { done: 1, total: 2, message: "half" },
    { level: "info", message: "a line" },
  ]);
});

test("a call that only reads has one record, its outcome", async () => {
  const { stages, steps } = stage({ readOnly: true });
  await callTool(stages, call());
  assert.equal(steps, ["decide", "run", "call.outcome committed"]);
});

test("no record, no execution: when the intent cannot be written, nothing runs", async () => {
  const { stages, steps } = stage({ readOnly: false, unwritable: "call.intent" });
  const answer = await callTool(stages, call());
  assert.not.ok(steps.includes("run"));
  assert.is(answer.kind === "fault" && answer.fault.code, "chain-unwritable");
});

test("no answer without its record: when the outcome cannot be written, the answer stays here", async () => {
  const { stages } = stage({ readOnly: true, unwritable: "call.outcome" });
  const answer = await callTool(stages, call());
  assert.is(answer.kind === "fault" && answer.fault.code, "chain-unwritable");
});

const refusals: readonly [why: string, overrides: Partial<Call>, scene: Scene, code: string][] = [
  ["a tool that does not exist", { tool: "t.other" }, { readOnly: true }, "tool-not-found"],
  ["a tool named like a member of every object", { tool: "constructor" }, { readOnly: true }, "tool-not-found"],
  ["arguments that do not meet the schema", { args: { x: 1 } }, { readOnly: true }, "invalid-arguments"],
  ["half of a surrogate pair in the arguments", { args: { x: "\ud800" } }, { readOnly: true }, "invalid-arguments"],
  [
    "a denial of the gate",
    {},
    { readOnly: false, decision: { kind: "deny", fault: fault("gate", "governance-denied", "no"), record } },
    "governance-denied",
  ],
];

for (const [why, overrides, scene, code] of refusals) {
  test(`${why} is refused with exactly one record, and nothing runs`, async () => {
    const { stages, steps, events } = stage(scene);
    const answer = await callTool(stages, call(overrides));
    assert.is(answer.kind === "fault" && answer.fault.code, code);
    assert.not.ok(steps.includes("run"));
    assert.equal(
      events.map(({ kind }) => kind),
      ["call.refused"],
    );
    assert.is((events[0]!.payload.fault as { code: string }).code, code);
  });
}

test("a misspelt tool, dotted or not, is told what it may have meant", async () => {
  for (const tool of ["t.tol", "t_tool"]) {
    const answer = await callTool(stage({ readOnly: true }).stages, call({ tool }));
    assert.match(answer.kind === "fault" ? answer.fault.message : "", /did you mean t\.tool\?/);
  }
});

test("neither arguments nor answers nor a fault's figures reach the chain, only digests", async () => {
  const secret = "s3cr3t-canary";
  const failing: Outcome = {
    kind: "exited",
    exitCode: 1,
    stdout: Buffer.from(JSON.stringify({ code: "x-y", message: secret, data: { secret } })),
    stderr: Buffer.from(secret),
    usage,
  };
  for (const outcome of [failing, { ...failing, exitCode: 0, stdout: Buffer.from(JSON.stringify({ secret })) }]) {
    const { stages, events } = stage({ readOnly: false, outcome });
    await callTool(stages, call());
    assert.is(events.length, 2);
    assert.not.match(JSON.stringify(events), new RegExp(secret));
  }
  const { stages, events } = stage({ readOnly: true });
  await callTool(stages, call({ args: { secret } }));
  assert.not.match(JSON.stringify(events), new RegExp(secret));
});

test.run();
