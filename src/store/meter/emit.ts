import { emitAddedFunction } from "./added-functions.ts";
import { BinaryWriter } from "./binary-writer.ts";
import { BodyCosts } from "./body-costs.ts";
import type { MeterGlobals } from "./counter-code.ts";
import { emitLimits, emitMemories, emitTables } from "./emit-limits.ts";
import { emitTypes } from "./emit-types.ts";
import { copyIndices } from "./index-copy.ts";
import { EXTERN_KINDS, givenMemory, type LimitsSpan, type ModuleLayout, SECTION, type Section } from "./layout.ts";
import { type Ledger, TRAIT } from "./ledger.ts";
import { afterLeb } from "./local-declarations.ts";
import { OP } from "./opcodes.ts";
import { BodyRewriter } from "./rewrite.ts";
import { sectionPlace } from "./sections.ts";
import { Signatures } from "./signatures.ts";

/** Names under which the host finds what the meter added. */
export interface AddedExports {
  readonly fuel: string;
  readonly start: string;
  readonly growFailed: string;
  readonly unreachable: string;
  readonly memory: string;
}

/** The import by which the host gives the memory that the module defines. */
export interface AddedImport {
  readonly module: string;
  readonly name: string;
}

/**
 * Maxima that replace larger or absent ones: one a memory, the same for every table, and the bytes that a run may
 * allocate where the module makes objects.
 */
export interface Maxima {
  readonly memoryPages: readonly number[];
  readonly tableElements: number;
  readonly heapBytes: number | undefined;
}

/** Most of what is added to a small module. */
const ADDED_BYTES = 1024;
const FUNCTION_KIND = 0;
const MEMORY_KIND = 2;
const GLOBAL_KIND = 3;
/** Flags of a declarative element segment of function indices (core spec 5.5.12). */
const DECLARATIVE = 3;
/** The counter is an i64. */
const COUNTER_TYPE = 0x7e;
/** `global i64 (mut) (i64.const 0)` and the same of i32: without fuel from the host, nothing runs. */
const FUEL_GLOBAL = Uint8Array.of(0x7e, 1, 0x42, 0, 0x0b);
const FLAG_GLOBAL = Uint8Array.of(0x7f, 1, 0x41, 0, 0x0b);

/**
 * Writes the metered module: sections as they were but for types, limits, the start section, what is appended, bodies,
 * and memory 0, which becomes an import unless its addresses are of 64 bits: its index and its exports stay.
 */
export function emitModule(
  layout: ModuleLayout,
  ledger: Ledger,
  names: AddedExports,
  memoryName: AddedImport,
  maxima: Maxima,
): Uint8Array<ArrayBuffer> {
  const { bytes } = layout;
  const out = new BinaryWriter(bytes.length + (bytes.length >> 1) + ADDED_BYTES);
  const costs = new BodyCosts(layout, ledger);
  const signatures = new Signatures(layout);
  const given = givenMemory(layout);
  const fuel = layout.imported.global + layout.globals;
  const globals: MeterGlobals = { fuel, growFailed: fuel + 1, unreachable: fuel + 2, heap: fuel + 3 };
  settleSignatures(layout, ledger, costs, signatures);
  out.copy(bytes, 0, 8);
  const sections = [...layout.sections];
  if (given !== undefined) addMissing(sections, SECTION.import);
  addMissing(sections, SECTION.global);
  addMissing(sections, SECTION.export);
  if (layout.codeReferences.size > 0) addMissing(sections, SECTION.element);
  for (const section of sections) {
    if (section.id === SECTION.start) continue;
    if (section.id === SECTION.memory && given !== undefined && layout.memories.length === 1) continue;
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
        emitTables(out, layout, section, signatures, maxima.tableElements);
        break;
      case SECTION.import:
        emitImports(out, layout, section, signatures, given === undefined ? 0 : 1);
        if (given !== undefined) emitMemoryImport(out, given, memoryName, maxima.memoryPages[0]!);
        break;
      case SECTION.memory:
        emitMemories(out, layout, maxima.memoryPages, given === undefined ? 0 : 1);
        break;
      case SECTION.tag:
        copyIndices(out, bytes, section.start, section.end, layout.tags, (type) => signatures.original(type));
        break;
      case SECTION.global:
        emitGlobals(out, layout, section, signatures, maxima.heapBytes);
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
  const { functionTypes, importedFunctions, typeResults } = layout;
  for (const index of layout.referencedImports) signatures.inward(index);
  for (let i = 0; i < functionTypes.length; i++) {
    if (costs.paidByCaller(i + importedFunctions.length) > 0) signatures.original(functionTypes[i]!);
  }
  for (let i = 0; i < functionTypes.length; i++) {
    const type = functionTypes[i]!;
    if ((ledger.traits[i]! & TRAIT.branchesOut) !== 0 && typeResults[type]!.count > 1) signatures.results(type);
  }
}

function addMissing(sections: Section[], id: number): void {
  if (sections.some((section) => section.id === id)) return;
  const place = sectionPlace(id);
  const at = sections.findIndex((section) => sectionPlace(section.id) > place);
  sections.splice(at < 0 ? sections.length : at, 0, { id, start: 0, end: 0 });
}

function emitFunctions(out: BinaryWriter, layout: ModuleLayout, costs: BodyCosts, signatures: Signatures): void {
  const { functionTypes, importedFunctions } = layout;
  const { added } = signatures;
  out.reserve(5 + (functionTypes.length + added.length) * 5);
  out.u32(functionTypes.length + added.length);
  for (let i = 0; i < functionTypes.length; i++) {
    const type = functionTypes[i]!;
    out.u32(costs.paidByCaller(i + importedFunctions.length) > 0 ? signatures.original(type) : type);
  }
  for (const { direction, type } of added) out.u32(direction === "outward" ? signatures.original(type) : type);
}

/** The segments as they were, and one that declares what code refers to: exports declare other functions now. */
function emitElements(out: BinaryWriter, layout: ModuleLayout, section: Section, signatures: Signatures): void {
  const { bytes, codeReferences, importReferences, importedFunctions } = layout;
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
  for (const index of codeReferences) out.u32(index < importedFunctions.length ? signatures.inward(index) : index);
}

function emitGlobals(
  out: BinaryWriter,
  layout: ModuleLayout,
  section: Section,
  signatures: Signatures,
  heapBytes: number | undefined,
): void {
  const { bytes } = layout;
  out.reserve(5);
  out.u32(layout.globals + (heapBytes === undefined ? 3 : 4));
  if (section.end > section.start) {
    const items = afterLeb(bytes, section.start);
    copyIndices(out, bytes, items, section.end, layout.importReferences, (i) => signatures.inward(i));
  }
  out.copy(FUEL_GLOBAL, 0, FUEL_GLOBAL.length);
  out.copy(FLAG_GLOBAL, 0, FLAG_GLOBAL.length);
  out.copy(FLAG_GLOBAL, 0, FLAG_GLOBAL.length);
  if (heapBytes === undefined) return;
  out.reserve(14);
  out.byte(COUNTER_TYPE);
  out.byte(1);
  out.byte(OP.i64Const);
  out.signed(heapBytes);
  out.byte(OP.end);
}

function emitImports(
  out: BinaryWriter,
  layout: ModuleLayout,
  section: Section,
  signatures: Signatures,
  more: number,
): void {
  const { bytes, imports, importedTypes } = layout;
  out.reserve(5);
  out.u32(imports.length + more);
  if (section.end === section.start) return;
  const items = afterLeb(bytes, section.start);
  copyIndices(out, bytes, items, section.end, importedTypes, (type) => signatures.original(type));
}

function emitMemoryImport(out: BinaryWriter, memory: LimitsSpan, name: AddedImport, max: number): void {
  out.name(name.module);
  out.name(name.name);
  out.reserve(1);
  out.byte(MEMORY_KIND);
  emitLimits(out, memory, max);
}

function emitExports(
  out: BinaryWriter,
  layout: ModuleLayout,
  names: AddedExports,
  signatures: Signatures,
  globals: MeterGlobals,
): void {
  const { memories } = layout;
  const from = givenMemory(layout) === undefined ? 0 : 1;
  const own = Math.max(0, memories.length - from);
  out.reserve(5);
  const kept = layout.exports.filter((item) => item.kept);
  out.u32(kept.length + (layout.start < 0 ? 3 : 4) + own);
  for (const item of kept) {
    emitExport(out, item.name, EXTERN_KINDS.indexOf(item.kind), signatures.exported(item));
  }
  for (let i = from; i < memories.length; i++)
    emitExport(out, `${names.memory}${i === 0 ? "" : i}`, MEMORY_KIND, layout.imported.memory + i);
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
