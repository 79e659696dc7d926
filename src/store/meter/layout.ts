/** Section ids (core spec 5.5.2; 13 is the tag section of the exception handling proposal). */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** Where a section's contents stand; `end` is exclusive. */
export interface Section {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** Limits of a memory or table with where they stand; `max` is -1 where none is declared. */
export interface LimitsSpan {
  readonly start: number;
  readonly end: number;
  readonly min: number;
  readonly max: number;
}

export interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly kind: "function";
  /** Type index, and where it stands. */
  readonly type: number;
  readonly typeStart: number;
  readonly typeEnd: number;
}

/** By the byte that stands for each. */
export const EXPORT_KINDS = ["function", "table", "memory", "global", "tag"] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

export interface ExportedItem {
  readonly name: string;
  readonly kind: ExportKind;
  readonly index: number;
}

/** A vector of value types: where it stands with its count, and the count. */
export interface TypeVector {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** An index that stands somewhere in a section. */
export interface IndexSpan {
  readonly start: number;
  readonly end: number;
  readonly index: number;
}

/** What the sections say, with the places that the rewrite needs. Function indices count imports first. */
export interface ModuleLayout {
  readonly bytes: Uint8Array;
  /** In file order, custom sections other than `name` left out. */
  readonly sections: Section[];
  readonly imports: ImportedFunction[];
  readonly exports: ExportedItem[];
  /** By type index: the vectors of a function type. */
  readonly typeParameters: TypeVector[];
  readonly typeResults: TypeVector[];
  /** Type index of each defined function. */
  functionTypes: Uint32Array;
  /** `[start, end)` of each body, two numbers a function. */
  bodies: Uint32Array;
  tables: LimitsSpan[];
  memory: LimitsSpan | undefined;
  exportedMemory: string | undefined;
  globals: number;
  elementSegments: number;
  /** The type index of each tag, where it stands. */
  readonly tags: IndexSpan[];
  /** Where elements and constant expressions refer to imported functions, in file order. */
  readonly importReferences: IndexSpan[];
  /** Imported functions that are reached in other ways than by a call or from the host. */
  readonly referencedImports: Set<number>;
  /** Functions that code refers to. */
  readonly codeReferences: Set<number>;
  /** Type indices that blocks have. */
  readonly blockTypes: Set<number>;
  /** Function index of the start function, or -1. */
  start: number;
  /** By function index: 1 where something but a direct call can reach it (export, element, reference, start, tail call). */
  readonly referenced: Uint8Array;
}
