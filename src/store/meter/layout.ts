import type { FeatureUse } from "./features.ts";

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

/**
 * Limits of a memory or table with where they stand; `max` is -1 where none is declared. Above 2⁵³ they are not exact.
 */
export interface LimitsSpan {
  readonly start: number;
  readonly end: number;
  readonly min: number;
  readonly max: number;
  /** Whether addresses, indices and lengths are of type i64. */
  readonly wide: boolean;
}

/** By the byte that stands for each. */
export const EXTERN_KINDS = ["function", "table", "memory", "global", "tag"] as const;
export type ExternKind = (typeof EXTERN_KINDS)[number];

/** An import. The store lets only functions in. */
export interface ImportedItem {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
}

export interface ExportedItem {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
  /** Whether the metered module exports it as well. */
  readonly kept: boolean;
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

/** A type as the type section has it: where it stands, its supertypes, and the group that it is declared in. */
export interface TypeEntry {
  readonly start: number;
  readonly end: number;
  readonly supertypes: readonly IndexSpan[];
  /** Index of the first type of the group, and how many there are; several only where they refer to each other. */
  readonly group: number;
  readonly groupSize: number;
  /** Whether the group is written as one. */
  readonly recursive: boolean;
  /** Whether it has, or may have, supertypes and subtypes. */
  readonly open: boolean;
}

/** What the sections say, with the places that the rewrite needs. Function indices count imports first. */
export interface ModuleLayout {
  readonly bytes: Uint8Array;
  /** What it may use of the proposals, and what it does use. */
  readonly use: FeatureUse;
  /** In file order, custom sections other than `name` left out. */
  readonly sections: Section[];
  readonly imports: ImportedItem[];
  /** How many of the imports are functions, tables and so on. */
  readonly imported: Record<ExternKind, number>;
  /** Type index of each imported function. */
  readonly importedFunctions: number[];
  /** The type indices of imported functions and tags, where they stand. */
  readonly importedTypes: IndexSpan[];
  readonly exports: ExportedItem[];
  /** Items of the type section: a group of types that refer to each other is one. */
  typeItems: number;
  readonly types: TypeEntry[];
  /** By type index: the vectors of a function type; empty ones that end at 0 for structs and arrays. */
  readonly typeParameters: TypeVector[];
  readonly typeResults: TypeVector[];
  /** By type index: the most bytes that a struct takes, or an element of an array. */
  readonly typeBytes: number[];
  /** The most bytes that objects made by constant expressions take. */
  constantBytes: number;
  /** Type index of each defined function. */
  functionTypes: Uint32Array;
  /** `[start, end)` of each body, two numbers a function. */
  bodies: Uint32Array;
  /** The tables and memories that the module defines, behind those that it imports. */
  readonly tables: LimitsSpan[];
  readonly memories: LimitsSpan[];
  /** By index, imported ones first: whether lengths are of type i64. */
  readonly wideTables: boolean[];
  readonly wideMemories: boolean[];
  /** Under which name memory 0 is exported. */
  exportedMemory: string | undefined;
  /** The globals that the module defines, behind those that it imports. */
  globals: number;
  elementSegments: number;
  /** The type index of each tag that the module defines, where it stands. */
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

/** The memory that the host gives each instance: memory 0, where the module defines it and addresses it by i32. */
export function givenMemory(layout: ModuleLayout): LimitsSpan | undefined {
  const first = layout.memories[0];
  return layout.imported.memory > 0 || first === undefined || first.wide ? undefined : first;
}
