import type { ExportedItem, ModuleLayout } from "./layout.ts";

/** A function that the meter adds behind those of the module: what it calls, and the type it has. */
export interface AddedFunction {
  /** `outward` is called by the host and calls a function of the module; `inward` is the other way round. */
  readonly direction: "outward" | "inward";
  readonly target: number;
  /** Type index in the original module. */
  readonly type: number;
}

/** Stands behind the appended types of a group that is more than one plain type. */
export const WITNESS = -1;

/**
 * The calling convention of the metered module. Every function type of the original becomes one with the counter as a
 * last parameter and a last result, at the same index; so functions, tables and `call_indirect` keep their indices. What
 * the host sees keeps its type: imports, exports, and leaves whose callers pay for them; for these the original types
 * are appended. Between both stand added functions: one for each exported function, and one for each imported function
 * that is called through a reference.
 */
export class Signatures {
  /** Original types, in the order in which they are appended; those of a group stand together, behind them {@link WITNESS}. */
  readonly appended: number[] = [];
  /** Types without parameters of functions with several results, in the order in which they are appended. */
  readonly resultTypes: number[] = [];
  readonly added: AddedFunction[] = [];
  readonly #layout: ModuleLayout;
  readonly #original = new Map<number, number>();
  readonly #results = new Map<number, number>();
  readonly #outward = new Map<number, number>();
  readonly #inward = new Map<number, number>();
  readonly #functions: number;

  constructor(layout: ModuleLayout) {
    this.#layout = layout;
    this.#functions = layout.importedFunctions.length + layout.functionTypes.length;
    for (const { index } of layout.importedTypes) this.original(index);
    for (const { index } of layout.tags) this.original(index);
    for (const type of layout.blockTypes) this.original(type);
    for (const item of layout.exports) if (item.kept) this.exported(item);
    if (layout.start >= 0) this.outward(layout.start);
  }

  /**
   * Index of the original of a type, appended at the first call: with its whole group, which is what types are told
   * apart by, and behind its supertypes (core spec 3.1.8, 3.1.11). What the group refers to is the longer types; so that
   * groups which differ by that alone stay apart, a last type refers to the longer group. A type index that does not
   * exist is answered as it is.
   */
  original(type: number): number {
    const known = this.#original.get(type);
    if (known !== undefined) return known;
    const { types, typeResults } = this.#layout;
    const entry = types[type];
    if (entry === undefined) return type;
    const { group, groupSize } = entry;
    for (let member = group; member < group + groupSize; member++) {
      if (typeResults[member]!.end === 0) continue;
      for (const { index } of types[member]!.supertypes) if (index < group) this.original(index);
    }
    const first = types.length + this.appended.length;
    for (let i = 0; i < groupSize; i++) {
      this.appended.push(group + i);
      this.#original.set(group + i, first + i);
    }
    if (entry.recursive || entry.open) this.appended.push(WITNESS);
    return first + type - group;
  }

  /** Index of the type `[] → results` of a type; only once all originals are known. */
  results(type: number): number {
    let index = this.#results.get(type);
    if (index === undefined) {
      index = this.#layout.types.length + this.appended.length + this.resultTypes.push(type) - 1;
      this.#results.set(type, index);
    }
    return index;
  }

  /** Index of what the host sees of an exported item. */
  exported(item: ExportedItem): number {
    return item.kind === "function" ? this.outward(item.index) : item.index;
  }

  /** Index of a function by which the host calls a function; an imported one is the host's own. */
  outward(target: number): number {
    const { importedFunctions, functionTypes } = this.#layout;
    if (target < importedFunctions.length) return target;
    const type = functionTypes[target - importedFunctions.length];
    // What the engine refuses is written as it is.
    if (type === undefined) return target;
    return this.#add(this.#outward, "outward", target, type);
  }

  /** Index of a function by which the module calls an imported function through a reference. */
  inward(target: number): number {
    return this.#add(this.#inward, "inward", target, this.#layout.importedFunctions[target]!);
  }

  #add(known: Map<number, number>, direction: AddedFunction["direction"], target: number, type: number): number {
    let index = known.get(target);
    if (index === undefined) {
      index = this.#functions + this.added.push({ direction, target, type }) - 1;
      known.set(target, index);
      this.original(type);
    }
    return index;
  }
}
