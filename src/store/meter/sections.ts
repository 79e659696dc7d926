import { BinaryReader } from "./binary-reader.ts";
import type { ModuleBounds } from "./bounds.ts";
import { skipConstantExpression } from "./constant-expression.ts";
import { skipElements } from "./element-section.ts";
import type { FeatureUse } from "./features.ts";
import { type ExternKind, type ModuleLayout, SECTION } from "./layout.ts";
import { malformed, overBound, unsupported } from "./refusal.ts";
import {
  boundWrappedTypes,
  decodeExports,
  decodeImports,
  decodeMemories,
  decodeTables,
  knownType,
} from "./section-items.ts";
import { decodeTypes } from "./type-section.ts";
import { valueType } from "./value-types.ts";

/** The order in which sections may stand, by id (core spec 5.5.15, tags between memories and globals). */
const PLACE: Readonly<Record<number, number>> = {
  [SECTION.type]: 1,
  [SECTION.import]: 2,
  [SECTION.function]: 3,
  [SECTION.table]: 4,
  [SECTION.memory]: 5,
  [SECTION.tag]: 6,
  [SECTION.global]: 7,
  [SECTION.export]: 8,
  [SECTION.start]: 9,
  [SECTION.element]: 10,
  [SECTION.dataCount]: 11,
  [SECTION.code]: 12,
  [SECTION.data]: 13,
};

/** Place of a section in the order above; 0 for a custom one. */
export function sectionPlace(id: number): number {
  return PLACE[id] ?? 0;
}

/** What a module may import, and what of its exports is kept. */
export interface InterfaceRule {
  /** Whether the store gives the module this import. */
  allowed(module: string, name: string): boolean;
  /** Whether it may import memories, tables, globals and tags too; no store allows it. */
  readonly otherKinds: boolean;
  keepsExport(name: string, kind: ExternKind): boolean;
}

/**
 * Decodes every section but the bodies in the code section, and holds each figure against its bound before anything
 * is allocated for it. Throws a {@link Refusal}; the engine still has to validate what passes.
 */
export function decodeSections(
  bytes: Uint8Array,
  bounds: ModuleBounds,
  use: FeatureUse,
  rule: InterfaceRule,
): ModuleLayout {
  if (bytes.length > bounds.moduleBytes)
    throw overBound("the module's size in bytes", bytes.length, bounds.moduleBytes);
  const reader = new BinaryReader(bytes, 0, bytes.length);
  if (
    bytes.length < 8 ||
    reader.byte() !== 0 ||
    reader.byte() !== 0x61 ||
    reader.byte() !== 0x73 ||
    reader.byte() !== 0x6d
  )
    throw malformed("no WebAssembly magic number", 0);
  const version = reader.byte() | (reader.byte() << 8) | (reader.byte() << 16) | (reader.byte() << 24);
  if (version === 0x1_000d) throw unsupported("it is a component, only core modules run");
  if (version !== 1) throw malformed("unknown binary version", 4);
  const layout: ModuleLayout = {
    bytes,
    use,
    sections: [],
    imports: [],
    imported: { function: 0, table: 0, memory: 0, global: 0, tag: 0 },
    importedFunctions: [],
    importedTypes: [],
    exports: [],
    typeItems: 0,
    types: [],
    typeParameters: [],
    typeResults: [],
    typeBytes: [],
    constantBytes: 0,
    functionTypes: new Uint32Array(0),
    bodies: new Uint32Array(0),
    tables: [],
    memories: [],
    wideTables: [],
    wideMemories: [],
    exportedMemory: undefined,
    globals: 0,
    elementSegments: 0,
    tags: [],
    importReferences: [],
    referencedImports: new Set(),
    codeReferences: new Set(),
    blockTypes: new Set(),
    start: -1,
    referenced: new Uint8Array(bounds.imports + bounds.functions),
  };
  let place = 0;
  while (reader.at < reader.end) {
    const at = reader.at;
    const id = reader.byte();
    const length = reader.u32();
    const start = reader.at;
    reader.skip(length);
    const section = new BinaryReader(bytes, start, reader.at);
    if (id === SECTION.custom) {
      if (section.name() === "name") layout.sections.push({ id, start, end: reader.at });
      continue;
    }
    const next = PLACE[id];
    if (next === undefined) throw unsupported(`unknown section ${id}`);
    if (next <= place) throw malformed(`section ${id} out of order`, at);
    place = next;
    layout.sections.push({ id, start, end: reader.at });
    decodeSection(id, section, layout, bounds, rule);
    section.finish(`section ${id}`);
  }
  if (layout.bodies.length !== layout.functionTypes.length * 2)
    throw malformed("function and code sections differ in length", bytes.length);
  boundWrappedTypes(layout, bounds);
  return layout;
}

function decodeSection(
  id: number,
  r: BinaryReader,
  layout: ModuleLayout,
  bounds: ModuleBounds,
  rule: InterfaceRule,
): void {
  const { use } = layout;
  switch (id) {
    case SECTION.type:
      decodeTypes(r, layout, boundedCount(r, "the number of types", bounds.types), bounds);
      return;
    case SECTION.import:
      decodeImports(
        r,
        layout,
        boundedCount(r, "the number of imports", bounds.imports),
        (module, name) => rule.allowed(module, name),
        rule.otherKinds,
      );
      return;
    case SECTION.function: {
      const count = boundedCount(r, "the number of functions", bounds.functions);
      layout.functionTypes = new Uint32Array(count);
      for (let i = 0; i < count; i++) layout.functionTypes[i] = knownType(r, layout);
      return;
    }
    case SECTION.table:
      decodeTables(r, layout, boundedCount(r, "the number of tables", bounds.tables), bounds);
      return;
    case SECTION.memory:
      decodeMemories(r, layout, boundedCount(r, "the number of memories", bounds.memories));
      return;
    case SECTION.global: {
      layout.globals = boundedCount(r, "the number of globals", bounds.globals);
      for (let i = 0; i < layout.globals; i++) {
        valueType(r, use);
        r.byte();
        skipConstantExpression(r, layout);
      }
      return;
    }
    case SECTION.export:
      decodeExports(r, layout, boundedCount(r, "the number of exports", bounds.exports), (name, kind) =>
        rule.keepsExport(name, kind),
      );
      return;
    case SECTION.start:
      layout.start = r.u32();
      layout.referenced[layout.start] = 1;
      return;
    case SECTION.element:
      layout.elementSegments = boundedCount(r, "the number of element segments", bounds.elementSegments);
      skipElements(r, layout, layout.elementSegments, bounds.elements);
      return;
    case SECTION.code: {
      const count = boundedCount(r, "the number of functions", bounds.functions);
      layout.bodies = new Uint32Array(count * 2);
      for (let i = 0; i < count; i++) {
        const size = r.u32();
        if (size > bounds.functionBytes)
          throw overBound(`the size of function ${i} in bytes`, size, bounds.functionBytes);
        layout.bodies[i * 2] = r.at;
        r.skip(size);
        layout.bodies[i * 2 + 1] = r.at;
      }
      return;
    }
    case SECTION.data:
      boundedCount(r, "the number of data segments", bounds.dataSegments);
      r.at = r.end;
      return;
    case SECTION.dataCount: {
      if (!use.allowed.bulkMemory) use.need("bulkMemory", "a data count");
      const count = r.u32();
      if (count > bounds.dataSegments) throw overBound("the number of data segments", count, bounds.dataSegments);
      return;
    }
    default: {
      if (!use.allowed.legacyExceptions && !use.allowed.exceptions) use.need("exceptions", "an exception tag");
      const count = boundedCount(r, "the number of tags", bounds.tags);
      for (let i = 0; i < count; i++) {
        r.u32(); // the attribute: a byte in the specification, a LEB128 for V8
        const start = r.at;
        const index = knownType(r, layout);
        layout.tags.push({ start, end: r.at, index });
      }
    }
  }
}

function boundedCount(r: BinaryReader, figure: string, limit: number): number {
  const at = r.at;
  const count = r.u32();
  if (count > limit) throw overBound(figure, count, limit);
  r.at = at;
  return r.count();
}
