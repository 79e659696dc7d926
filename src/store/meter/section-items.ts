import type { BinaryReader } from "./binary-reader.ts";
import type { ModuleBounds } from "./bounds.ts";
import { EXPORT_KINDS, type LimitsSpan, type ModuleLayout, type TypeVector } from "./layout.ts";
import { isValueType } from "./opcodes.ts";
import { malformed, overBound, Refusal, shownName, unsupported } from "./refusal.ts";

/** Names beginning so are the meter's own. */
export const RESERVED_PREFIX = "tollgate:";

const IMPORT_KINDS = ["function", "table", "memory", "global", "tag"];

/** A type index that the type section has. */
export function knownType(r: BinaryReader, layout: ModuleLayout): number {
  const at = r.at;
  const type = r.u32();
  if (type >= layout.typeParameters.length) throw malformed("unknown type index", at);
  return type;
}

/** Steps over a value type; typed references are refused. */
export function valueType(r: BinaryReader): void {
  const type = r.byte();
  if (!isValueType(type)) throw unsupported(`value type 0x${type.toString(16)} (typed references, garbage collection)`);
}

/** The type section's items (core spec 5.5.4). */
export function decodeTypes(r: BinaryReader, layout: ModuleLayout, count: number): void {
  for (let i = 0; i < count; i++) {
    const form = r.byte();
    if (form !== 0x60) throw unsupported(`type form 0x${form.toString(16)} (garbage collection)`);
    layout.typeParameters.push(typeVector(r, "the number of parameters of a function type"));
    layout.typeResults.push(typeVector(r, "the number of results of a function type"));
  }
}

/** One less than the engine takes (V8, kV8MaxWasmFunctionParams and …Returns): the counter goes along with them. */
const TYPE_VECTOR = 999;

function typeVector(r: BinaryReader, figure: string): TypeVector {
  const start = r.at;
  const count = r.count();
  if (count > TYPE_VECTOR) throw overBound(figure, count, TYPE_VECTOR);
  for (let i = 0; i < count; i++) valueType(r);
  return { start, end: r.at, count };
}

/** The import section's items (5.5.5): functions that are allowed, or a refusal that names what is not. */
export function decodeImports(
  r: BinaryReader,
  layout: ModuleLayout,
  count: number,
  allowed: (module: string, name: string) => boolean,
): void {
  for (let i = 0; i < count; i++) {
    const module = r.name();
    const name = r.name();
    const kind = r.byte();
    const shown = `"${shownName(module)}.${shownName(name)}"`;
    if (module.startsWith(RESERVED_PREFIX) || name.startsWith(RESERVED_PREFIX))
      throw new Refusal(
        "import-refused",
        `import ${shown} refused: names beginning with "${RESERVED_PREFIX}" are reserved`,
      );
    if (kind !== 0) {
      const what = IMPORT_KINDS[kind] ?? `kind ${kind}`;
      throw new Refusal("import-refused", `import ${shown} refused: it is a ${what}, only functions may be imported`);
    }
    const typeStart = r.at;
    const type = knownType(r, layout);
    if (!allowed(module, name)) {
      throw new Refusal(
        "import-refused",
        `import ${shown} refused: not granted: list it in the manifest and grant it`,
        {
          module: shownName(module),
          name: shownName(name),
        },
      );
    }
    layout.imports.push({ module, name, kind: "function", type, typeStart, typeEnd: r.at });
  }
}

/** The export section's items (5.5.10). */
export function decodeExports(r: BinaryReader, layout: ModuleLayout, count: number): void {
  for (let i = 0; i < count; i++) {
    const name = r.name();
    const kind = EXPORT_KINDS[r.byte()];
    const index = r.u32();
    if (kind === undefined) throw unsupported(`export "${shownName(name)}" is of an unknown kind`);
    if (name.startsWith(RESERVED_PREFIX))
      throw unsupported(`it exports "${shownName(name)}", names beginning with "${RESERVED_PREFIX}" are reserved`);
    if (kind === "function") layout.referenced[index] = 1;
    if (kind === "memory") layout.exportedMemory ??= name;
    layout.exports.push({ name, kind, index });
  }
}

/** The table section's items (5.5.7), the sum of their minima within its bound. */
export function decodeTables(r: BinaryReader, layout: ModuleLayout, count: number, bounds: ModuleBounds): void {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const type = r.byte();
    if (type !== 0x70 && type !== 0x6f) throw unsupported(`table type 0x${type.toString(16)} (typed references)`);
    const limits = decodeLimits(r, "table");
    sum += limits.min;
    if (sum > bounds.tableElements) throw overBound("the sum of table minima", sum, bounds.tableElements);
    layout.tables.push(limits);
  }
}

/** Limits (5.3.7) of a memory or table that is neither shared nor 64-bit. */
export function decodeLimits(r: BinaryReader, what: "memory" | "table"): LimitsSpan {
  const start = r.at;
  const flags = r.byte();
  if (flags > 7) throw unsupported(`${what} limits 0x${flags.toString(16)} (custom page sizes)`);
  if ((flags & 4) !== 0) throw unsupported(`a 64-bit ${what} (memory64)`);
  if ((flags & 2) !== 0) throw unsupported(`a shared ${what} (threads)`);
  const min = r.u32();
  const max = (flags & 1) !== 0 ? r.u32() : -1;
  return { start, end: r.at, min, max };
}
