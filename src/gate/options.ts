import type { Environment } from "../contract/decision.ts";
import { LARGEST_SCORE } from "../contract/effect.ts";
import type { Limits, ToolLimits } from "../contract/limits.ts";
import { RESOURCE_KINDS, type ToolManifest } from "../contract/manifest.ts";
import type { PermitOffice, RootGrant } from "../contract/permit.ts";
import { safeText } from "../contract/safe-text.ts";
import type { Sha256 } from "../contract/units.ts";
import { effectProblem } from "./effect.ts";
import { normalise } from "./paths.ts";
import type { PolicySource } from "./policies.ts";

/** Everything that a gate decides by. Fixed while it is open. */
export interface GateOptions {
  readonly mint: PermitOffice["mint"];
  /** Cedar sources; all of them hold together. */
  readonly policies: readonly PolicySource[];
  readonly manifests: readonly ToolManifest[];
  readonly environment: Environment;
  /** Thresholds of the operator's own, finite, from 0 to √5. */
  readonly thresholds?: Partial<Record<Environment, number>> | undefined;
  /** All roots of the host; the first is what a relative path is relative to. Empty grants nothing. */
  readonly roots: readonly RootGrant[];
  readonly ceilings: Limits;
  /** What the operator says of the limits of single tools. */
  readonly toolLimits?: ToolLimits;
  /** Environment variables that the operator lists; no principal may read another. None where absent. */
  readonly envNames?: readonly string[] | undefined;
  /** The values of those that are set. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** Lifts the environment layer, and nothing else. */
  readonly sudo?: boolean | undefined;
  /** Refuses calls for which no history was handed in, so that novelty and fairness are always scored. */
  readonly historyRequired?: boolean | undefined;
  readonly moduleHash: (manifest: ToolManifest) => Sha256;
}

/** The score up to which a call is permitted without a person, by environment. */
export const THRESHOLDS: Readonly<Record<Environment, number>> = { development: 0.9, staging: 0.6, production: 0.3 };

const ACTION = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+$/;

/** Says what is wrong with the options, or nothing. Policies are looked at elsewhere. */
export function optionsProblem(options: GateOptions): string | undefined {
  if (!Object.hasOwn(THRESHOLDS, options.environment)) {
    return `unknown environment ${show(options.environment)}: it is development, staging or production`;
  }
  for (const [environment, threshold] of Object.entries(options.thresholds ?? {})) {
    if (!Object.hasOwn(THRESHOLDS, environment)) return `threshold for the unknown environment ${show(environment)}`;
    if (typeof threshold !== "number" || !(threshold >= 0 && threshold <= LARGEST_SCORE)) {
      return `threshold of ${environment} is not a number from 0 to ${LARGEST_SCORE.toFixed(3)}`;
    }
  }
  for (const { guestPath, hostPath } of options.roots) {
    for (const path of [guestPath, hostPath]) {
      if (!path.startsWith("/") || normalise(path) !== path || path.includes("\0")) {
        return `root ${show(path)} is not an absolute path in normal form`;
      }
    }
  }
  for (const [name, limit] of Object.entries(options.ceilings)) {
    if (!Number.isSafeInteger(limit) || limit < 1) return `ceiling ${name} is not a positive whole number`;
  }
  for (const [tool, limits] of Object.entries(options.toolLimits ?? {})) {
    for (const [name, limit] of Object.entries(limits)) {
      if (!Number.isSafeInteger(limit) || limit < 1)
        return `limit ${name} of ${show(tool)} is not a positive whole number`;
    }
  }
  const names = new Set<string>();
  for (const manifest of options.manifests) {
    const { name } = manifest;
    const problem = manifestProblem(manifest);
    if (problem !== undefined) return `manifest ${show(name)}: ${problem}`;
    if (names.has(name)) return `manifest ${show(name)} is given twice`;
    names.add(name);
  }
  return undefined;
}

/** Says what in a manifest cannot be decided on, or nothing. */
export function manifestProblem({ action, effect, filesystem, limits, resources }: ToolManifest): string | undefined {
  const wrong = effectProblem(effect);
  if (wrong !== undefined) return wrong;
  if (!ACTION.test(action)) return `gate action ${show(action)} is not a dotted name`;
  if (filesystem !== "none" && filesystem !== "read-only" && filesystem !== "read-write") {
    return `filesystem need ${show(filesystem)} is not none, read-only or read-write`;
  }
  for (const [name, limit] of Object.entries(limits)) {
    if (!Number.isSafeInteger(limit) || limit < 1) return `limit ${name} is not a positive whole number`;
  }
  for (const resource of resources) {
    if (!RESOURCE_KINDS.includes(resource.kind))
      return `argument ${show(resource.argument)} has an unknown kind of resource`;
    if (resource.kind === "agent" && resource.default !== undefined) {
      return `argument ${show(resource.argument)} names an agent and has a default, which no pid can be`;
    }
    if (resource.actions.length === 0) return `argument ${show(resource.argument)} is decided by no action`;
    const odd = resource.actions.find((named) => !ACTION.test(named));
    if (odd !== undefined) return `gate action ${show(odd)} is not a dotted name`;
  }
  return undefined;
}

const show = (value: unknown): string => JSON.stringify(safeText(String(value), 80));
