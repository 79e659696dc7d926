const MIB = 1024 * 1024;
const MANY = 1_000_000_000;

/**
 * What the shell bounds by itself. How long anything runs and how much it holds is bounded by the store, in fuel, time
 * and memory; these keep an overrun of the commonest kind a message of the shell's, and recursion within its stack.
 */
export const LIMITS = {
  maxSourceBytes: 8 * MIB,
  maxHeredocSize: 8 * MIB,
  maxExecDepth: 40,
  maxCallDepth: 150,
  maxSourceDepth: 40,
  maxSubstitutionDepth: 40,
  maxCommandCount: MANY,
  maxLoopIterations: MANY,
  maxAwkIterations: MANY,
  maxSedIterations: MANY,
  maxJqIterations: MANY,
  maxWorkUnits: MANY,
  maxGlobOperations: MANY,
  maxTraversalWork: MANY,
  maxOutputSize: 16 * MIB,
  maxStringLength: 16 * MIB,
  maxExecutionTimeMs: Number.POSITIVE_INFINITY,
} as const;
