import type { Call } from "../contract/call.ts";
import { digestJson } from "../contract/canonical-json.ts";
import type { Decision } from "../contract/decision.ts";
import { type Fault, fault } from "../contract/fault.ts";
import type { Json } from "../contract/json.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { Authority } from "../contract/permit.ts";
import type { Sha256 } from "../contract/units.ts";
import { createApprovals } from "./approvals.ts";
import { createDecider, type Decider } from "./decide.ts";
import { type GateOptions, manifestProblem, optionsProblem, THRESHOLDS } from "./options.ts";
import type { CallFacts } from "./placed-paths.ts";
import { digestOfCheck } from "./policies.ts";
import { createPolicyEngine, type PolicyEngine } from "./policy-engine.ts";
import { formatProblem, type Problem } from "./problem.ts";
import { createQuestions } from "./questions.ts";
import { rehearsalOf } from "./rehearsal.ts";
import { knownActions, schemaOf, unknownAction } from "./schema.ts";
import { profileOf, type ToolProfile } from "./tool-profile.ts";

export type { AgentFact, AgentRelation } from "./named-resources.ts";
export type { CallFacts } from "./placed-paths.ts";

/** Decides calls. No decision reads anything but its arguments, the clock and the source of randomness. */
export interface Gate {
  /**
   * Permits, defers or denies one call; capabilities first, then policy, effect and approval. Never throws for what a
   * caller or a policy can cause. Loads Cedar, which takes some 100 ms, where nothing has done so before.
   */
  decide(call: Call, manifest: ToolManifest, facts: CallFacts): Decision;
  /** SHA-256 over policies, schema, Cedar's version, environment, threshold and sudo. */
  readonly policyDigest: Sha256;
  /** Names of path arguments whose targets the host should look up before it asks; none for tools that only read. */
  needsFacts(manifest: ToolManifest): readonly string[];
  /**
   * Decides calls of a deployed tool from now on, by this manifest, in the place of its last version. Answers what is wrong
   * with it, and then does not: the actions that it is decided by must be known to every policy.
   */
  learn(manifest: ToolManifest, module: Sha256): Fault | undefined;
  /** Refuses every call of a deployed tool from now on. What ships is not forgotten. */
  forget(name: string): void;
  /** The most that a tool may ever be permitted; undefined for one that is not of this gate. It permits nothing. */
  mostOf(manifest: ToolManifest): Authority | undefined;
  /** Loads and exercises Cedar in the background, so that the first decision is as quick as the later ones. */
  warm(): Promise<void>;
}

/** Remembers digests of policies and schema that passed their check, where no tool can reach. */
export interface ValidatedDigests {
  has(digest: Sha256): boolean;
  add(digest: Sha256): void;
}

export type OpenedGate = { readonly ok: true; readonly gate: Gate } | { readonly ok: false; readonly fault: Fault };

const MAX_SHOWN = 5;

/**
 * Opens a gate whose options and policies have been checked here and now: `configuration-invalid` or
 * `policy-invalid`, with one line per problem in `data.problems`, where anything is in doubt.
 */
export function openGate(options: GateOptions): OpenedGate {
  return prepareGate(options, { has: () => false, add: () => {} });
}

/**
 * As {@link openGate}, but policies that passed their check before, by this Cedar against this schema, are not
 * checked again, and Cedar is not loaded until {@link Gate.warm} or the first decision.
 */
export function prepareGate(options: GateOptions, validated: ValidatedDigests): OpenedGate {
  const wrong = optionsProblem(options);
  if (wrong !== undefined) {
    return { ok: false, fault: fault("gate", "configuration-invalid", `the gate cannot be opened: ${wrong}`) };
  }
  const schema = schemaOf(options.manifests);
  const policies = options.policies.map(({ name, text }) => ({ name, text }));
  const checked = digestOfCheck(policies, schema);
  const wasValidated = validated.has(checked);
  const engine = createPolicyEngine({ sources: policies, schema, wasValidated, rehearsal: rehearsalOf(options) });
  if (!wasValidated) {
    const errors = engine.validate().filter(({ severity }) => severity === "error");
    if (errors.length > 0) return { ok: false, fault: policyFault(errors) };
    validated.add(checked);
  }

  const threshold = options.thresholds?.[options.environment] ?? THRESHOLDS[options.environment];
  const sudo = options.sudo === true;
  const policyDigest = digestJson({ checked, environment: options.environment, threshold, sudo } satisfies Json);
  const profiles = new Map<string, ToolProfile>();
  for (const manifest of options.manifests) profiles.set(manifest.name, profileOf(manifest, options));
  const decider = createDecider({
    ...pick(options),
    engine,
    profiles,
    threshold,
    sudo,
    historyRequired: options.historyRequired === true,
    policyDigest,
    approvals: createApprovals(options.clock, options.random),
    questions: createQuestions(options.clock, options.random),
  });
  return { ok: true, gate: gateOf(decider, engine, profiles, policyDigest, options) };
}

function gateOf(
  decider: Decider,
  engine: PolicyEngine,
  profiles: Map<string, ToolProfile>,
  policyDigest: Sha256,
  options: GateOptions,
): Gate {
  const known = knownActions(options.manifests);
  return {
    learn(manifest, module) {
      const wrong =
        (profiles.get(manifest.name)?.module === undefined && profiles.has(manifest.name)
          ? "a tool that ships has its name"
          : undefined) ??
        manifestProblem(manifest) ??
        unknownAction(manifest, known);
      if (wrong !== undefined)
        return fault("gate", "permission-denied", `${manifest.name} cannot be decided on: ${wrong}`);
      profiles.set(manifest.name, profileOf(manifest, options, module));
      return undefined;
    },
    forget(name) {
      if (profiles.get(name)?.module !== undefined) profiles.delete(name);
    },
    decide: decider,
    policyDigest,
    needsFacts: (manifest) => profiles.get(manifest.name)?.needsFacts ?? [],
    mostOf: ({ name }) => profiles.get(name)?.authority,
    warm: () => engine.warm(),
  };
}

const pick = ({ mint, environment, roots, moduleHash, envNames = [] }: GateOptions) => ({
  mint,
  environment,
  roots: roots.map((root) => Object.freeze({ ...root })),
  moduleHash,
  envNames: new Set(envNames),
});

function policyFault(errors: readonly Problem[]): Fault {
  const problems = errors.map(formatProblem);
  const more = problems.length > 1 ? `, and ${problems.length - 1} more: see tollgate policy check` : "";
  return fault("gate", "policy-invalid", `${problems[0]}${more}`, { problems: problems.slice(0, MAX_SHOWN) });
}
