/**
 * The part of the WebAssembly JavaScript interface that the store uses. @types/node 20 does not declare it, and
 * TypeScript's own declaration comes only with the whole of the DOM, which a program without a browser must not see.
 */
declare namespace WebAssembly {
  type ValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "externref" | "anyfunc";
  type ImportExportKind = "function" | "table" | "memory" | "global" | "tag";
  // biome-ignore lint/suspicious/noExplicitAny: what a module exports is known only when it runs
  type Exports = Record<string, any>;
  type Imports = Record<string, Record<string, unknown>>;

  function validate(bytes: ArrayBuffer | ArrayBufferView<ArrayBuffer>): boolean;
  function compile(bytes: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Promise<Module>;

  interface Module {
    readonly [Symbol.toStringTag]: "WebAssembly.Module";
  }
  const Module: {
    new (bytes: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Module;
    imports(module: Module): { module: string; name: string; kind: ImportExportKind }[];
    exports(module: Module): { name: string; kind: ImportExportKind }[];
    customSections(module: Module, name: string): ArrayBuffer[];
  };

  interface Instance {
    readonly exports: Exports;
  }
  const Instance: { new (module: Module, imports?: Imports): Instance };

  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  const Memory: { new (descriptor: { initial: number; maximum?: number }): Memory };

  interface Global<T = unknown> {
    value: T;
    valueOf(): T;
  }
  const Global: { new <T>(descriptor: { value: ValueType; mutable?: boolean }, value?: T): Global<T> };

  interface Table {
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value?: unknown): void;
    grow(delta: number, value?: unknown): number;
  }
  const Table: { new (descriptor: { element: string; initial: number; maximum?: number }): Table };

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}
}
