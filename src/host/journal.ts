import { hash } from "node:crypto";
import type { Call } from "../contract/call.ts";
import { canonicalJson } from "../contract/canonical-json.ts";
import type { Durability, EventDraft } from "../contract/chain-event.ts";
import type { DecisionRecord } from "../contract/decision.ts";
import type { Fault } from "../contract/fault.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { Outcome, Usage } from "../contract/outcome.ts";
import type { ToolInputs, ToolQuestions } from "../contract/question.ts";
import { safeText } from "../contract/safe-text.ts";
import type { Change, StateTransaction } from "../contract/state.ts";
import type { ReadAnswer } from "./answer.ts";

/**
 * Where events go: onto the chain, in one transaction with a change of the state where there is one. Where that ends in a
 * fault of its own, the event is recorded alone: what happened happened.
 */
export type Append = (
  draft: EventDraft,
  durability: Durability,
  change?: Change<unknown>,
) => Promise<{ readonly sequence: number } | Fault>;

/** What the end of a call means for the state: a change that is committed with the record of it. */
export type Conclude = (read: ReadAnswer, usage: Usage | undefined) => Change<unknown>;

/**
 * Writes what happened to one call. Arguments and answers never reach the chain, only their digests, so that a
 * secret in a file does not become a secret in a log. Each method answers the event's sequence, or the fault that
 * kept it from being written.
 */
export interface Journal {
  readonly decision: DecisionRecord | undefined;
  decided(record: DecisionRecord): void;
  refused(reason: Fault): Promise<number | Fault>;
  deferred(): Promise<number | Fault>;
  /** The tool is given these answers of a person; what follows is of this round. Their content never reaches the chain. */
  answered(round: number, inputs: ToolInputs): void;
  /** The answers will not do, and the same is asked again without a run. */
  askedAgain(questions: ToolQuestions): Promise<number | Fault>;
  /** Before an effect: on disk when it answers, so that even a loss of power leaves the intent. */
  intended(): Promise<number | Fault>;
  /** `remember` is done in the same transaction. */
  ended(outcome: Outcome, read: ReadAnswer, remember?: (state: StateTransaction) => void): Promise<number | Fault>;
}

/**
 * Opens the journal of one call; `callId` is unique on this chain, `args` the canonical text of its arguments. How the call
 * ends, refused or not, is recorded together with what `conclude` makes of it.
 */
export function openJournal(
  append: Append,
  callId: string,
  call: Call,
  args: string | Fault,
  conclude?: Conclude,
): Journal {
  let decision: DecisionRecord | undefined;
  let answers: JsonObject | undefined;

  const write = async (
    kind: string,
    durability: Durability,
    payload: Record<string, Json>,
    change?: Change<unknown>,
  ): Promise<number | Fault> => {
    const written = await append(
      {
        source: "gate",
        kind,
        payload: {
          ...about(callId, call, args),
          ...answers,
          ...(decision && { decision: summary(decision) }),
          ...payload,
        },
      },
      durability,
      change,
    );
    return "sequence" in written ? written.sequence : written;
  };

  return {
    get decision() {
      return decision;
    },
    decided(record) {
      decision = record;
    },
    refused: (reason) =>
      write("call.refused", "committed", { fault: brief(reason) }, conclude?.({ fault: reason }, undefined)),
    deferred: () => write("call.deferred", "committed", {}),
    answered(round, inputs) {
      const given = Object.fromEntries(Object.entries(inputs).map(([key, { action }]) => [key, action]));
      answers = { round: round + 1, inputs: given, inputs_sha256: sha256(canonicalJson(inputs as unknown as Json)) };
    },
    askedAgain: (questions) => write("call.deferred", "committed", { asked: Object.keys(questions) }),
    intended: () => write("call.intent", "flushed", {}),
    ended: (outcome, read, remember) =>
      write("call.outcome", "committed", ended(outcome, read), both(remember, conclude?.(read, outcome.usage))),
  };
}

function both(
  remember: ((state: StateTransaction) => void) | undefined,
  change: Change<unknown> | undefined,
): Change<unknown> | undefined {
  if (remember === undefined) return change;
  return (state) => {
    remember(state);
    return change?.(state) ?? null;
  };
}

const ended = (outcome: Outcome, read: ReadAnswer): Record<string, Json> => ({
  ...("json" in read
    ? {
        ...statusOf(read),
        answer_sha256: sha256(read.json),
        answer_bytes: read.json.byteLength,
      }
    : { status: "fault", fault: brief(read.fault) }),
  fuel: outcome.usage.fuelConsumed,
  memory_bytes: outcome.usage.memoryPeak,
  duration_us: Math.round(outcome.usage.durationMs * 1000),
});

function statusOf({ asked, content }: Extract<ReadAnswer, { json: unknown }>): JsonObject {
  if (asked !== undefined) return { status: "asked", asked: Object.keys(asked.questions) };
  return { status: content?.isError === true ? "error" : "ok" };
}

function about(callId: string, call: Call, args: string | Fault): Record<string, Json> {
  const { principal } = call;
  return {
    call_id: callId,
    principal: `${principal.kind}:${principal.id}`,
    ...(principal.via !== undefined && { via: safeText(principal.via, 64) }),
    ...(principal.claimed && { claimed: `${principal.claimed.name} ${principal.claimed.version}` }),
    tool: safeText(call.tool, 64),
    ...(typeof args === "string" && { args_sha256: sha256(args) }),
    ...(call.approval && { approval: call.approval.answer }),
  };
}

function summary(record: DecisionRecord): JsonObject {
  const { effect } = record;
  return {
    verdict: record.verdict,
    layer: record.layer,
    environment: record.environment,
    rules: record.rules,
    reasons: record.reasons,
    resources: record.resources,
    policy_sha256: record.policyDigest,
    ...(effect && {
      effect: {
        vector: { ...effect.vector },
        score: round(effect.score),
        threshold: effect.threshold,
        unscored: effect.unscored,
        terms: effect.terms.map((term) => ({
          dimension: term.dimension,
          amount: round(term.amount),
          reason: term.reason,
        })),
      },
    }),
  };
}

/** A fault without its data: data may carry figures of a file that only the caller should see. */
const brief = (reason: Fault): JsonObject => ({ code: reason.code, layer: reason.layer });

/** Six decimals: the same text on every machine, whatever the last bit of a square root. */
const round = (value: number): number => Math.round(value * 1e6) / 1e6;

const sha256 = (value: string | Uint8Array): string => hash("sha256", value, "hex");
