import { emitAddedFunction } from "./added-functions.ts";
import { BinaryWriter } from "./binary-writer.ts";
import { BodyCosts } from "./body-costs.ts";
import type { MeterGlobals } from "./counter-code.ts";
import {
  EXPORT_KINDS,
  type IndexSpan,
  type LimitsSpan,
  type ModuleLayout,
  SECTION,
  type Section,
  type TypeVector,
} from "./layout.ts";
import { type Ledger, TRAIT } from "./ledger.ts";
import { afterLeb } from "./local-declarations.ts";
import { BodyRewriter } from "./rewrite.ts";
import { sectionPlace } from "./sections.ts";
import { Signatures } from "./signatures.ts";

/** Names under which the host finds what the meter added. */
export interface AddedExports {
  readonly fuel: string;
  readonly start: string;
  readonly growFailed: string;
  readonly unreachable: string;
}

/** The import by which the host gives the memory that the module defines. */
export interface AddedImport {
  readonly module: string;
  readonly name: string;
}

/** Maxima that replace larger or absent ones. */
export interface Maxima {
  readonly memoryPages: number;
  readonly tableElements: number;
}

const FUNCTION_KIND = 0;
const MEMORY_KIND = 2;
const GLOBAL_KIND = 3;
const FUNCTION_FORM = 0x60;
/** Flags of a declarative element segment of function indices (core spec 5.5.12). */
const DECLARATIVE = 3;
/** The counter is an i64. */
const COUNTER_TYPE = 0x7e;
/** `global i64 (mut) (i64.const 0)` and the same of i32: without fuel from the host, nothing runs. */
const FUEL_GLOBAL = Uint8Array.of(0x7e, 1, 0x42, 0, 0x0b);
const FLAG_GLOBAL = Uint8Array.of(0x7f, 1, 0x41, 0, 0x0b);

/**
 * Writes the metered module: sections as they were but for limits, the start section, what is appended, bodies, and the
 * memory, which becomes an import: it stays memory 0, and its export stays an export.
 */
export function emitModule(
  layout: ModuleLayout,
  ledger: Ledger,
  names: AddedExports,
  memoryName: AddedImport,
  maxima: Maxima,
): Uint8Array<ArrayBuffer> {
  const { bytes } = layout;
  const out = new BinaryWriter();
  const costs = new BodyCosts(layout, ledger);
  const signatures = new Signatures(layout);
  const globals: MeterGlobals = {
    fuel: layout.globals,
    growFailed: layout.globals + 1,
    unreachable: layout.globals + 2,
  };
  settleSignatures(layout, ledger, costs, signatures);
  out.copy(bytes, 0, 8);
  const sections = [...layout.sections];
  if (layout.memory !== undefined) addMissing(sections, SECTION.import);
  addMissing(sections, SECTION.global);
  addMissing(sections, SECTION.export);
  if (layout.codeReferences.size > 0) addMissing(sections, SECTION.element);
  for (const section of sections) {
    if (section.id === SECTION.start) continue;
    if (section.id === SECTION.memory && layout.memory !== undefined) continue;
    const size = section.end - section.start;
    out.reserve(16);
    out.byte(section.id);
    const span = out.open(section.id === SECTION.code ? size + (size >> 2) : size);
    switch (section.id) {
      case SECTION.type:
        emitTypes(out, layout, section, signatures);
        break;
      case SECTION.function:
        emitFunctions(out, layout, costs, signatures);
        break;
      case SECTION.table:
        emitTables(out, layout, section, maxima.tableElements);
        break;
      case SECTION.import:
        emitImports(out, layout, section, signatures, memoryName, maxima.memoryPages);
        break;
      case SECTION.tag:
        copyIndices(out, bytes, section.start, section.end, layout.tags, (type) => signatures.original(type));
        break;
      case SECTION.global:
        emitGlobals(out, layout, section, signatures);
        break;
      case SECTION.export:
        emitExports(out, layout, names, signatures, globals);
        break;
      case SECTION.element:
        emitElements(out, layout, section, signatures);
        break;
      case SECTION.code:
        out.reserve(5);
        out.u32(layout.functionTypes.length + signatures.added.length);
        new BodyRewriter(layout, ledger, costs, signatures, globals, out).all();
        for (const added of signatures.added) emitAddedFunction(out, layout, added, globals.fuel);
        break;
      default:
        out.copy(bytes, section.start, section.end);
    }
    out.close(span);
  }
  return out.finish();
}

/** Settles every type and function that will be added, since their sections come before the code that needs them. */
function settleSignatures(layout: ModuleLayout, ledger: Ledger, costs: BodyCosts, signatures: Signatures): void {
  const { functionTypes, imports, typeResults } = layout;
  for (const index of layout.referencedImports) signatures.inward(index);
  for (let i = 0; i < functionTypes.length; i++) {
    if (costs.paidByCaller(i + imports.length) > 0) signatures.original(functionTypes[i]!);
  }
  for (let i = 0; i < functionTypes.length; i++) {
    const type = functionTypes[i]!;
    if ((ledger.traits[i]! & TRAIT.branchesOut) !== 0 && typeResults[type]!.count > 1) signatures.results(type);
  }
}

/** Copies a part of the module with the indices that stand in it replaced. */
function copyIndices(
  out: BinaryWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
  spans: readonly IndexSpan[],
  replaced: (index: number) => number,
): void {
  let at = start;
  for (const span of spans) {
    if (span.start < at || span.end > end) continue;
    out.copy(bytes, at, span.start);
    out.reserve(5);
    out.u32(replaced(span.index));
    at = span.end;
  }
  out.copy(bytes, at, end);
}

function addMissing(sections: Section[], id: number): void {
  if (sections.some((section) => section.id === id)) return;
  const place = sectionPlace(id);
  const at = sections.findIndex((section) => sectionPlace(section.id) > place);
  sections.splice(at < 0 ? sections.length : at, 0, { id, start: 0, end: 0 });
}

/** Each function type with the counter behind its parameters and results, then what is appended. */
function emitTypes(out: BinaryWriter, layout: ModuleLayout, section: Section, signatures: Signatures): void {
  const { bytes, typeParameters, typeResults } = layout;
  out.reserve(5);
  out.u32(typeResults.length + signatures.appended.length + signatures.resultTypes.length);
  let at = afterLeb(bytes, section.start);
  for (let type = 0; type < typeResults.length; type++) {
    const results = typeResults[type]!;
    out.copy(bytes, at, typeParameters[type]!.start);
    emitLonger(out, bytes, typeParameters[type]!);
    emitLonger(out, bytes, results);
    at = results.end;
  }
  for (const type of signatures.appended) {
    out.reserve(1);
    out.byte(FUNCTION_FORM);
    out.copy(bytes, typeParameters[type]!.start, typeResults[type]!.end);
  }
  for (const type of signatures.resultTypes) {
    out.reserve(2);
    out.byte(FUNCTION_FORM);
    out.byte(0);
    out.copy(bytes, typeResults[type]!.start, typeResults[type]!.end);
  }
}

/** A vector of value types with the counter's behind it. */
function emitLonger(out: BinaryWriter, bytes: Uint8Array, vector: TypeVector): void {
  out.reserve(6);
  out.u32(vector.count + 1);
  out.copy(bytes, afterLeb(bytes, vector.start), vector.end);
  out.reserve(1);
  out.byte(COUNTER_TYPE);
}

function emitFunctions(out: BinaryWriter, layout: ModuleLayout, costs: BodyCosts, signatures: Signatures): void {
  const { functionTypes, imports } = layout;
  const { added } = signatures;
  out.reserve(5 + (functionTypes.length + added.length) * 5);
  out.u32(functionTypes.length + added.length);
  for (let i = 0; i < functionTypes.length; i++) {
    const type = functionTypes[i]!;
    out.u32(costs.paidByCaller(i + imports.length) > 0 ? signatures.original(type) : type);
  }
  for (const { direction, type } of added) out.u32(direction === "outward" ? signatures.original(type) : type);
}

/** The segments as they were, and one that declares what code refers to: exports declare other functions now. */
function emitElements(out: BinaryWriter, layout: ModuleLayout, section: Section, signatures: Signatures): void {
  const { bytes, codeReferences, importReferences, imports } = layout;
  const declares = codeReferences.size > 0;
  out.reserve(5);
  out.u32(layout.elementSegments + (declares ? 1 : 0));
  if (section.end > section.start) {
    const items = afterLeb(bytes, section.start);
    copyIndices(out, bytes, items, section.end, importReferences, (i) => signatures.inward(i));
  }
  if (!declares) return;
  out.reserve(7 + codeReferences.size * 5);
  out.byte(DECLARATIVE);
  out.byte(0);
  out.u32(codeReferences.size);
  for (const index of codeReferences) out.u32(index < imports.length ? signatures.inward(index) : index);
}

function emitGlobals(out: BinaryWriter, layout: ModuleLayout, section: Section, signatures: Signatures): void {
  const { bytes } = layout;
  out.reserve(5);
  out.u32(layout.globals + 3);
  if (section.end > section.start) {
    const items = afterLeb(bytes, section.start);
    copyIndices(out, bytes, items, section.end, layout.importReferences, (i) => signatures.inward(i));
  }
  out.copy(FUEL_GLOBAL, 0, FUEL_GLOBAL.length);
  out.copy(FLAG_GLOBAL, 0, FLAG_GLOBAL.length);
  out.copy(FLAG_GLOBAL, 0, FLAG_GLOBAL.length);
}

function emitTables(out: BinaryWriter, layout: ModuleLayout, section: Section, cap: number): void {
  out.reserve(5);
  out.u32(layout.tables.length);
  let at = afterLeb(layout.bytes, section.start);
  for (const table of layout.tables) {
    out.copy(layout.bytes, at, table.start);
    emitLimits(out, table, cap);
    at = table.end;
  }
}

function emitImports(
  out: BinaryWriter,
  layout: ModuleLayout,
  section: Section,
  signatures: Signatures,
  memoryName: AddedImport,
  cap: number,
): void {
  const { bytes, imports, memory } = layout;
  out.reserve(5);
  out.u32(imports.length + (memory === undefined ? 0 : 1));
  let at = section.end > section.start ? afterLeb(bytes, section.start) : 0;
  for (const { type, typeStart, typeEnd } of imports) {
    out.copy(bytes, at, typeStart);
    out.reserve(5);
    out.u32(signatures.original(type));
    at = typeEnd;
  }
  if (memory === undefined) return;
  out.name(memoryName.module);
  out.name(memoryName.name);
  out.reserve(1);
  out.byte(MEMORY_KIND);
  emitLimits(out, memory, cap);
}

function emitLimits(out: BinaryWriter, limits: LimitsSpan, cap: number): void {
  out.reserve(11);
  out.byte(1);
  out.u32(limits.min);
  out.u32(limits.max < 0 ? cap : Math.min(limits.max, cap));
}

function emitExports(
  out: BinaryWriter,
  layout: ModuleLayout,
  names: AddedExports,
  signatures: Signatures,
  globals: MeterGlobals,
): void {
  out.reserve(5);
  out.u32(layout.exports.length + (layout.start < 0 ? 3 : 4));
  for (const item of layout.exports) {
    emitExport(out, item.name, EXPORT_KINDS.indexOf(item.kind), signatures.exported(item));
  }
  emitExport(out, names.fuel, GLOBAL_KIND, globals.fuel);
  emitExport(out, names.growFailed, GLOBAL_KIND, globals.growFailed);
  emitExport(out, names.unreachable, GLOBAL_KIND, globals.unreachable);
  if (layout.start >= 0) emitExport(out, names.start, FUNCTION_KIND, signatures.outward(layout.start));
}

function emitExport(out: BinaryWriter, name: string, kind: number, index: number): void {
  out.name(name);
  out.reserve(6);
  out.byte(kind);
  out.u32(index);
}
