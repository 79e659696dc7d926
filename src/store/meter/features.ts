import { Refusal } from "./refusal.ts";

interface Proposal {
  readonly title: string;
  readonly on: boolean;
}

/** Every proposal that the meter instruments, what it is called, and whether it is on unless the host says otherwise. */
const PROPOSALS = {
  simd: { title: "SIMD", on: true },
  relaxedSimd: { title: "relaxed SIMD, whose results differ between machines", on: false },
  bulkMemory: { title: "bulk memory", on: true },
  referenceTypes: { title: "reference types", on: true },
  multiValue: { title: "multi-value", on: true },
  signExtension: { title: "sign extension", on: true },
  saturatingConversions: { title: "saturating conversions", on: true },
  tailCalls: { title: "tail calls", on: true },
  legacyExceptions: { title: "legacy exception handling", on: true },
  exceptions: { title: "exception references", on: true },
  extendedConstants: { title: "extended constants", on: true },
  multiMemory: { title: "multi-memory", on: true },
  memory64: { title: "memory64", on: true },
  functionReferences: { title: "typed function references", on: true },
  gc: { title: "garbage collection", on: false },
} as const satisfies Readonly<Record<string, Proposal>>;

export type Feature = keyof typeof PROPOSALS;

/** For each proposal, whether a module may use it. */
export type FeatureSet = Readonly<Record<Feature, boolean>>;

export const FEATURES = Object.keys(PROPOSALS) as readonly Feature[];

/**
 * What a module may use unless the host says otherwise: every proposal whose results and fuel are the same on every
 * machine, but for garbage collection, the engine's largest and youngest part. Threads are in no set: see {@link THREADS}.
 */
export const DEFAULT_FEATURES: FeatureSet = featureSet({});

/** Why nothing turns threads on. */
export const THREADS = "threads, which no option turns on, because what they do differs from run to run";

/**
 * The default with some proposals turned on or off. Throws a RangeError that names a proposal which does not exist, or
 * a value that is not a boolean, and what it could be: a typo in a configuration must not leave something on.
 */
export function featureSet(changes: Readonly<Partial<Record<Feature, boolean>>>): FeatureSet {
  const set = {} as Record<Feature, boolean>;
  for (const name of FEATURES) set[name] = PROPOSALS[name].on;
  for (const [name, value] of Object.entries(changes)) {
    if (name === "threads" && value === false) continue;
    if (name === "threads") throw new RangeError(`features.threads cannot be true: ${THREADS}: leave it out`);
    if (!Object.hasOwn(PROPOSALS, name))
      throw new RangeError(
        `features.${name} is not a proposal that the store knows: use one of ${FEATURES.join(", ")}`,
      );
    if (typeof value !== "boolean") throw new RangeError(`features.${name} is ${value}: use true or false`);
    set[name as Feature] = value;
  }
  return set;
}

/** A proposal's name in messages. */
export function featureTitle(feature: Feature): string {
  return PROPOSALS[feature].title;
}

/** Holds what a module uses against what it may use, and remembers it. */
export class FeatureUse {
  readonly allowed: FeatureSet;
  readonly used = new Set<Feature>();

  constructor(allowed: FeatureSet) {
    this.allowed = allowed;
  }

  /** Throws a {@link Refusal} that names the proposal and how to turn it on, unless it is on. */
  need(feature: Feature, what: string): void {
    if (this.allowed[feature]) {
      this.used.add(feature);
      return;
    }
    throw new Refusal(
      "module-refused",
      `module refused: ${what} (${featureTitle(feature)}): turn it on with features.${feature}, or build the module without`,
      { feature },
    );
  }
}
