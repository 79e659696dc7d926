import { BinaryReader } from "../store/meter/binary-reader.ts";
import { SECTION } from "../store/meter/layout.ts";

/** A function that the engine imports: by which name, and its type. */
export interface EngineImport {
  readonly name: string;
  readonly type: number;
}

/** The parts of the JavaScript engine's module that linking rewrites; everything else of it is dropped. */
export interface Engine {
  readonly bytes: Uint8Array;
  /** Each function type as it is written, without the leading count. */
  readonly types: readonly Uint8Array[];
  readonly imports: readonly EngineImport[];
  /** Type index of each defined function. */
  readonly functions: readonly number[];
  /** Contents of the table section, and of the data section with the count of segments in front. */
  readonly table: Uint8Array;
  readonly data: Uint8Array;
  readonly memoryPages: number;
  /** Start value of the only global, the shadow stack's pointer. */
  readonly stackPointer: number;
  /** Function index by exported name. */
  readonly exports: ReadonlyMap<string, number>;
  /** Where the element segment puts its functions, and which they are. */
  readonly elements: { readonly offset: number; readonly functions: readonly number[] };
  /** `[start, end)` of each body. */
  readonly bodies: readonly (readonly [number, number])[];
}

/**
 * Takes the engine's module apart. Throws an Error that names what is not as this linker expects it, which a new version
 * of the engine may cause: the module comes from a package that is pinned, so it is never input.
 */
export function readEngine(bytes: Uint8Array): Engine {
  const sections = new Map<number, BinaryReader>();
  const reader = new BinaryReader(bytes, 8, bytes.length);
  while (reader.at < reader.end) {
    const id = reader.byte();
    const length = reader.u32();
    if (id !== SECTION.custom) sections.set(id, new BinaryReader(bytes, reader.at, reader.at + length));
    reader.skip(length);
  }
  const section = (id: number): BinaryReader => sections.get(id) ?? unexpected(`has no section ${id}`);
  if (sections.has(SECTION.start)) unexpected("has a start function");
  const memory = section(SECTION.memory);
  if (memory.u32() !== 1 || memory.byte() !== 0) unexpected("has a memory with a maximum");
  const table = section(SECTION.table);
  const data = section(SECTION.data);
  return {
    bytes,
    types: readTypes(section(SECTION.type)),
    imports: readImports(section(SECTION.import)),
    functions: list(section(SECTION.function), (r) => r.u32()),
    table: bytes.subarray(table.at, table.end),
    data: bytes.subarray(data.at, data.end),
    memoryPages: memory.u32(),
    stackPointer: readStackPointer(section(SECTION.global)),
    exports: readExports(section(SECTION.export)),
    elements: readElements(section(SECTION.element)),
    bodies: list(section(SECTION.code), (r) => {
      const size = r.u32();
      const start = r.at;
      r.skip(size);
      return [start, r.at] as const;
    }),
  };
}

function unexpected(what: string): never {
  throw new Error(
    `the JavaScript engine's module ${what}: the linker in src/script/ is made for another version of it`,
  );
}

function list<T>(r: BinaryReader, item: (r: BinaryReader) => T): T[] {
  return Array.from({ length: r.u32() }, () => item(r));
}

function readTypes(r: BinaryReader): Uint8Array[] {
  return list(r, () => {
    const start = r.at;
    if (r.byte() !== 0x60) unexpected("has a type that is not a function's");
    r.skip(r.u32());
    r.skip(r.u32());
    return r.bytes.subarray(start, r.at);
  });
}

function readImports(r: BinaryReader): EngineImport[] {
  return list(r, () => {
    r.name();
    const name = r.name();
    if (r.byte() !== 0) unexpected(`imports ${name}, which is no function`);
    return { name, type: r.u32() };
  });
}

function readStackPointer(r: BinaryReader): number {
  // one mutable i32 with an i32.const
  if (r.u32() !== 1 || r.byte() !== 0x7f || r.byte() !== 1 || r.byte() !== 0x41) unexpected("has other globals");
  return r.u32();
}

function readExports(r: BinaryReader): Map<string, number> {
  const functions = new Map<string, number>();
  for (let left = r.u32(); left > 0; left--) {
    const name = r.name();
    const kind = r.byte();
    const index = r.u32();
    if (kind === 0) functions.set(name, index);
  }
  return functions;
}

function readElements(r: BinaryReader): Engine["elements"] {
  // one active segment of table 0 with an i32.const
  if (r.u32() !== 1 || r.u32() !== 0 || r.byte() !== 0x41) unexpected("has other element segments");
  const offset = r.u32();
  if (r.byte() !== 0x0b) unexpected("has other element segments");
  return { offset, functions: list(r, () => r.u32()) };
}
