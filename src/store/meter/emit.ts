import { BinaryWriter } from "./binary-writer.ts";
import { type LimitsSpan, type ModuleLayout, SECTION, type Section } from "./layout.ts";
import { type Ledger, TRAIT } from "./ledger.ts";
import { BodyRewriter, type MeterIndices } from "./rewrite.ts";
import { sectionPlace } from "./sections.ts";

/** Names under which the host finds what the meter added. */
export interface AddedExports {
  readonly fuel: string;
  readonly start: string;
  readonly growFailed: string;
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

const MEMORY_KIND = 2;
const GLOBAL_KIND = 3;
const VOID = 0x40;
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
  const resultTypes = appendedResultTypes(layout, ledger);
  const indices: MeterIndices = {
    fuel: layout.globals,
    growFailed: layout.globals + 1,
    resultBlock: (type) => {
      const results = layout.typeResults[type]!;
      if (results.count === 0) return VOID;
      if (results.count === 1) return bytes[results.end - 1]!;
      return resultTypes.get(resultKey(layout, type))!;
    },
  };
  out.copy(bytes, 0, 8);
  const sections = [...layout.sections];
  if (layout.memory !== undefined) addMissing(sections, SECTION.import);
  addMissing(sections, SECTION.global);
  addMissing(sections, SECTION.export);
  for (const section of sections) {
    if (section.id === SECTION.start) continue;
    if (section.id === SECTION.memory && layout.memory !== undefined) continue;
    const size = section.end - section.start;
    out.reserve(16);
    out.byte(section.id);
    const span = out.open(section.id === SECTION.code ? size + (size >> 2) : size);
    switch (section.id) {
      case SECTION.type:
        emitTypes(out, layout, section, resultTypes);
        break;
      case SECTION.table:
        emitTables(out, layout, section, maxima.tableElements);
        break;
      case SECTION.import:
        emitImports(out, layout, section, memoryName, maxima.memoryPages);
        break;
      case SECTION.global:
        appendTo(out, layout, section, layout.globals, 2);
        out.copy(FUEL_GLOBAL, 0, FUEL_GLOBAL.length);
        out.copy(FLAG_GLOBAL, 0, FLAG_GLOBAL.length);
        break;
      case SECTION.export:
        emitExports(out, layout, section, names, indices);
        break;
      case SECTION.code:
        new BodyRewriter(layout, ledger, indices, out).all();
        break;
      default:
        out.copy(bytes, section.start, section.end);
    }
    out.close(span);
  }
  return out.finish();
}

function addMissing(sections: Section[], id: number): void {
  if (sections.some((section) => section.id === id)) return;
  const place = sectionPlace(id);
  const at = sections.findIndex((section) => sectionPlace(section.id) > place);
  sections.splice(at < 0 ? sections.length : at, 0, { id, start: 0, end: 0 });
}

/** Copies a vector section's items behind a count that is larger by `more`. */
function appendTo(out: BinaryWriter, layout: ModuleLayout, section: Section, count: number, more: number): void {
  out.reserve(5);
  out.u32(count + more);
  if (section.end > section.start) out.copy(layout.bytes, afterLeb(layout.bytes, section.start), section.end);
}

function afterLeb(bytes: Uint8Array, at: number): number {
  let next = at;
  while (bytes[next++]! >= 0x80);
  return next;
}

function resultKey(layout: ModuleLayout, type: number): string {
  const { start, end } = layout.typeResults[type]!;
  return layout.bytes.subarray(start, end).toString();
}

/** A wrapper of a function with several results needs a type without parameters: one index for each list of results. */
function appendedResultTypes(layout: ModuleLayout, ledger: Ledger): Map<string, number> {
  const added = new Map<string, number>();
  for (let i = 0; i < layout.functionTypes.length; i++) {
    const type = layout.functionTypes[i]!;
    if (layout.typeResults[type]!.count < 2 || (ledger.traits[i]! & TRAIT.returns) === 0) continue;
    const key = resultKey(layout, type);
    if (!added.has(key)) added.set(key, layout.typeResults.length + added.size);
  }
  return added;
}

function emitTypes(
  out: BinaryWriter,
  layout: ModuleLayout,
  section: Section,
  added: ReadonlyMap<string, number>,
): void {
  appendTo(out, layout, section, layout.typeResults.length, added.size);
  for (const key of added.keys()) {
    const results = Uint8Array.from(key.split(","), Number);
    out.reserve(2);
    out.byte(0x60);
    out.byte(0);
    out.copy(results, 0, results.length);
  }
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
  memoryName: AddedImport,
  cap: number,
): void {
  appendTo(out, layout, section, layout.imports.length, layout.memory === undefined ? 0 : 1);
  if (layout.memory === undefined) return;
  out.name(memoryName.module);
  out.name(memoryName.name);
  out.reserve(1);
  out.byte(MEMORY_KIND);
  emitLimits(out, layout.memory, cap);
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
  section: Section,
  names: AddedExports,
  indices: MeterIndices,
): void {
  appendTo(out, layout, section, layout.exports.length, layout.start < 0 ? 2 : 3);
  emitExport(out, names.fuel, GLOBAL_KIND, indices.fuel);
  emitExport(out, names.growFailed, GLOBAL_KIND, indices.growFailed);
  if (layout.start >= 0) emitExport(out, names.start, 0, layout.start);
}

function emitExport(out: BinaryWriter, name: string, kind: number, index: number): void {
  out.name(name);
  out.reserve(6);
  out.byte(kind);
  out.u32(index);
}
