import type { Deferral } from "./call.ts";
import type { EffectScore } from "./effect.ts";
import type { Fault } from "./fault.ts";
import type { Permit } from "./permit.ts";
import type { AskingRun } from "./question.ts";

export type Environment = "development" | "staging" | "production";

export type Verdict = "permit" | "warn" | "defer" | "deny";

/** The layer of the gate that decided; `capability` is what the principal and the manifest hold at all. */
export type GateLayer = "capability" | "governance" | "environment" | "approval";

/** Why the gate decided as it did. This is what goes on the chain and into a refusal's text. */
export interface DecisionRecord {
  readonly verdict: Verdict;
  readonly layer: GateLayer;
  readonly environment: Environment;
  /** Identifiers of the policies and rules that determined the verdict, sorted. */
  readonly rules: readonly string[];
  /** Sentences for a person, most important first. */
  readonly reasons: readonly string[];
  /** Absent when a capability refused before anything was scored. */
  readonly effect?: EffectScore;
  /** SHA-256 over policies, schema, environment and thresholds in force. */
  readonly policyDigest: string;
  /** Normalised resources the decision speaks about, at most 8, each cut to 512 characters. */
  readonly resources: readonly string[];
}

/** What the gate answers. Only `permit` carries a permit. */
export type Decision =
  | { readonly kind: "permit"; readonly permit: Permit; readonly record: DecisionRecord; readonly asking?: AskingRun }
  | { readonly kind: "defer"; readonly deferral: Deferral; readonly record: DecisionRecord }
  | { readonly kind: "deny"; readonly fault: Fault; readonly record: DecisionRecord };
