import { MIB } from "../../contract/units.ts";

/**
 * Static bounds on a module, all inclusive. They keep compilation, which neither fuel nor a deadline can interrupt,
 * short and small, and so what every instantiation costs.
 *
 * Depths count nested constructs, `brTable…` branch targets; `tableElements` bounds the sum of table minima and each
 * table's maximum. A compiler has values in hand: parameters, locals, and operands on the stack. They are summed
 *
 * - in `mergedValues` over loop, if, try, catch and br_table: a one-pass compiler copies and merges them all
 * - in `branchedValues` over each target of a branch, and over calls inside of a try, which may branch to its handler:
 *   an optimizing compiler makes a phi of those that differ
 * - in `carriedValues` over calls: each is walked over, and saved if it is in a register
 *
 * `callValues` sums up parameters and results of the calls in one function.
 * `localsTimesLoops` bounds (parameters + locals) × loops, `callsPerFunction` calls, bulk operations, grows,
 * conversions to integers, `ref.func` and trys, which become several basic blocks or calls each, and up to
 * 13 times their size by metering. `typeValues` bounds parameters and results of one
 * function type, `wrappedTypes` the function types of imports and exports: for each, the engine compiles an adapter.
 */
export interface ModuleBounds {
  readonly moduleBytes: number;
  readonly functionBytes: number;
  readonly locals: number;
  readonly localsPerModule: number;
  readonly localsTimesLoops: number;
  readonly loopsPerFunction: number;
  readonly callsPerFunction: number;
  readonly callsPerModule: number;
  readonly mergedValues: number;
  readonly mergedValuesPerModule: number;
  readonly branchedValues: number;
  readonly branchedValuesPerModule: number;
  readonly callValues: number;
  readonly carriedValues: number;
  readonly carriedValuesPerModule: number;
  readonly blockDepth: number;
  readonly loopDepth: number;
  readonly brTablePerTable: number;
  readonly brTablePerFunction: number;
  readonly brTablePerModule: number;
  readonly functions: number;
  readonly memories: number;
  readonly tables: number;
  readonly tableElements: number;
  readonly types: number;
  readonly typeValues: number;
  readonly typeValuesPerModule: number;
  readonly wrappedTypes: number;
  readonly imports: number;
  readonly exports: number;
  readonly globals: number;
  readonly tags: number;
  readonly dataSegments: number;
  readonly elementSegments: number;
  readonly elements: number;
}

/**
 * Bounds that every real module measured fits (more than 100, of up to 44 MB, but for the size of the largest), most by
 * a factor of 2 to 10, and no known compile bomb does: within them, one function takes the first compiler less than half
 * a second and 250 MB.
 */
export const DEFAULT_MODULE_BOUNDS: ModuleBounds = {
  moduleBytes: 10 * MIB,
  functionBytes: MIB,
  locals: 10_000,
  localsPerModule: 2_000_000,
  localsTimesLoops: 250_000,
  loopsPerFunction: 1_000,
  callsPerFunction: 20_000,
  callsPerModule: 1_000_000,
  mergedValues: 4_000_000,
  mergedValuesPerModule: 30_000_000,
  branchedValues: 10_000_000,
  branchedValuesPerModule: 60_000_000,
  callValues: 200_000,
  carriedValues: 20_000_000,
  carriedValuesPerModule: 100_000_000,
  blockDepth: 5_000,
  loopDepth: 100,
  brTablePerTable: 30_000,
  brTablePerFunction: 100_000,
  brTablePerModule: 500_000,
  functions: 50_000,
  memories: 8,
  tables: 10,
  tableElements: 100_000,
  types: 10_000,
  typeValues: 128,
  typeValuesPerModule: 20_000,
  wrappedTypes: 500,
  imports: 10_000,
  exports: 10_000,
  globals: 10_000,
  tags: 1_000,
  dataSegments: 100_000,
  elementSegments: 10_000,
  elements: 200_000,
};
