import type { BinaryReader } from "./binary-reader.ts";
import type { ModuleBounds } from "./bounds.ts";
import { skipConstantExpression } from "./constant-expression.ts";
import { THREADS } from "./features.ts";
import { EXTERN_KINDS, type ExternKind, type LimitsSpan, type ModuleLayout } from "./layout.ts";
import { malformed, overBound, Refusal, shownName, unsupported } from "./refusal.ts";
import { referenceType, valueType } from "./value-types.ts";

/** Names beginning so are the meter's own. */
export const RESERVED_PREFIX = "tollgate:";

/** A type index that the type section has. */
export function knownType(r: BinaryReader, layout: ModuleLayout): number {
  const at = r.at;
  const type = r.u32();
  if (type >= layout.typeParameters.length) throw malformed("unknown type index", at);
  return type;
}

/**
 * The import section's items (5.5.5): functions that are allowed, or a refusal that names what is not. Only where
 * `otherKinds` is set may it import anything else.
 */
export function decodeImports(
  r: BinaryReader,
  layout: ModuleLayout,
  count: number,
  allowed: (module: string, name: string) => boolean,
  otherKinds: boolean,
): void {
  for (let i = 0; i < count; i++) {
    const module = r.name();
    const name = r.name();
    const code = r.byte();
    const kind = EXTERN_KINDS[code];
    const shown = `"${shownName(module)}.${shownName(name)}"`;
    if (module.startsWith(RESERVED_PREFIX) || name.startsWith(RESERVED_PREFIX))
      throw new Refusal(
        "import-refused",
        `import ${shown} refused: names beginning with "${RESERVED_PREFIX}" are reserved`,
      );
    if (kind === undefined || (kind !== "function" && !otherKinds))
      throw new Refusal(
        "import-refused",
        `import ${shown} refused: it is a ${kind ?? `kind ${code}`}, only functions may be imported`,
      );
    importedType(r, layout, kind);
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
    layout.imports.push({ module, name, kind });
    layout.imported[kind]++;
  }
}

function importedType(r: BinaryReader, layout: ModuleLayout, kind: ExternKind): void {
  switch (kind) {
    case "table":
      referenceType(r, layout.use);
      layout.wideTables.push(decodeLimits(r, layout, "table").wide);
      return;
    case "memory":
      layout.wideMemories.push(decodeLimits(r, layout, "memory").wide);
      return;
    case "global":
      valueType(r, layout.use);
      r.byte();
      return;
    case "tag":
      r.byte();
      noteType(r, layout);
      return;
    default:
      layout.importedFunctions.push(noteType(r, layout));
  }
}

function noteType(r: BinaryReader, layout: ModuleLayout): number {
  const start = r.at;
  const index = knownType(r, layout);
  layout.importedTypes.push({ start, end: r.at, index });
  return index;
}

/** The export section's items (5.5.10); `keeps` says which the host will look at. */
export function decodeExports(
  r: BinaryReader,
  layout: ModuleLayout,
  count: number,
  keeps: (name: string, kind: ExternKind) => boolean,
): void {
  for (let i = 0; i < count; i++) {
    const name = r.name();
    const kind = EXTERN_KINDS[r.byte()];
    const index = r.u32();
    if (kind === undefined) throw unsupported(`export "${shownName(name)}" is of an unknown kind`);
    if (name.startsWith(RESERVED_PREFIX))
      throw unsupported(`it exports "${shownName(name)}", names beginning with "${RESERVED_PREFIX}" are reserved`);
    const kept = keeps(name, kind);
    if (kind === "function" && kept) layout.referenced[index] = 1;
    if (kind === "memory" && index === 0) layout.exportedMemory ??= name;
    layout.exports.push({ name, kind, index, kept });
  }
}

/** Bounds the function types for which the engine compiles adapters to JavaScript: those of imports and exports. */
export function boundWrappedTypes(layout: ModuleLayout, bounds: ModuleBounds): void {
  const { importedFunctions, exports, functionTypes } = layout;
  const wrapped = new Set<number | undefined>(importedFunctions);
  for (const { kind, index } of exports) {
    if (kind === "function") wrapped.add(importedFunctions[index] ?? functionTypes[index - importedFunctions.length]);
  }
  if (wrapped.size > bounds.wrappedTypes)
    throw overBound("the number of function types of imports and exports", wrapped.size, bounds.wrappedTypes);
}

/** The table section's items (5.5.7), the sum of their minima within its bound. */
export function decodeTables(r: BinaryReader, layout: ModuleLayout, count: number, bounds: ModuleBounds): void {
  const { use } = layout;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    if (layout.wideTables.length > 0 && !use.allowed.referenceTypes) use.need("referenceTypes", "a second table");
    const initialised = r.bytes[r.at] === 0x40;
    if (initialised) {
      use.need("functionReferences", "a table with an initial value");
      r.skip(2);
    }
    referenceType(r, use);
    const limits = decodeLimits(r, layout, "table");
    sum += limits.min;
    if (sum > bounds.tableElements) throw overBound("the sum of table minima", sum, bounds.tableElements);
    layout.tables.push(limits);
    layout.wideTables.push(limits.wide);
    if (initialised) skipConstantExpression(r, layout);
  }
}

/** The memory section's items (5.5.8). */
export function decodeMemories(r: BinaryReader, layout: ModuleLayout, count: number): void {
  for (let i = 0; i < count; i++) {
    if (layout.wideMemories.length > 0) layout.use.need("multiMemory", "a second memory");
    const limits = decodeLimits(r, layout, "memory");
    layout.memories.push(limits);
    layout.wideMemories.push(limits.wide);
  }
}

/** Limits (5.3.7) of a memory or table that is not shared. */
function decodeLimits(r: BinaryReader, layout: ModuleLayout, what: "memory" | "table"): LimitsSpan {
  const start = r.at;
  const flags = r.byte();
  if (flags > 7) throw unsupported(`${what} limits 0x${flags.toString(16)} (custom page sizes)`);
  if ((flags & 2) !== 0) throw unsupported(`a shared ${what} (${THREADS})`);
  const wide = (flags & 4) !== 0;
  if (wide) layout.use.need("memory64", `a 64-bit ${what}`);
  const min = wide ? r.u64() : r.u32();
  const max = (flags & 1) === 0 ? -1 : wide ? r.u64() : r.u32();
  return { start, end: r.at, min, max, wide };
}
