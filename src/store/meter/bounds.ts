import { MIB } from "../../contract/units.ts";

/**
 * Static bounds on a module, all inclusive. They keep compilation, which neither fuel nor a deadline can interrupt,
 * short and small. `localsTimesControl` bounds (parameters + locals) × (block, loop, if, try, br_table) of one
 * function: a one-pass compiler merges every local at every one of those. Depths count nested constructs, `brTable…`
 * counts branch targets, `tableElements` bounds the sum of table minima and each table's maximum.
 */
export interface ModuleBounds {
  readonly moduleBytes: number;
  readonly functionBytes: number;
  readonly locals: number;
  readonly localsTimesControl: number;
  readonly localsTimesControlPerModule: number;
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
  readonly imports: number;
  readonly exports: number;
  readonly globals: number;
  readonly tags: number;
  readonly dataSegments: number;
  readonly elementSegments: number;
}

/** Bounds that every one of 81 real modules measured fits, and no known compile bomb does. */
export const DEFAULT_MODULE_BOUNDS: ModuleBounds = {
  moduleBytes: 10 * MIB,
  functionBytes: MIB,
  locals: 10_000,
  localsTimesControl: 8_000_000,
  localsTimesControlPerModule: 200_000_000,
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
  imports: 10_000,
  exports: 10_000,
  globals: 10_000,
  tags: 1_000,
  dataSegments: 100_000,
  elementSegments: 10_000,
};
