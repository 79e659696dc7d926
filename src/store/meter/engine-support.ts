import type { ModuleBounds } from "./bounds.ts";
import type { Feature } from "./features.ts";

/** The least module that needs a proposal, behind the header; only of those that not every engine here runs. */
const PROBES: Partial<Readonly<Record<Feature, readonly number[]>>> = {
  // (func v128.const 0, v128.const 0, i8x16.relaxed_swizzle, drop)
  relaxedSimd: [
    1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 44, 1, 42, 0, 0xfd, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfd,
    12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfd, 0x80, 2, 0x1a, 11,
  ],
  // (func try_table end)
  exceptions: [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x1f, 0x40, 0, 11, 11],
  // (global i32 i32.const 1, i32.const 1, i32.add)
  extendedConstants: [6, 9, 1, 0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 11],
  // (memory 0) (memory 0)
  multiMemory: [5, 5, 2, 0, 0, 0, 0],
  // (memory i64 0)
  memory64: [5, 3, 1, 4, 0],
  // (type (func (param (ref func))))
  functionReferences: [1, 6, 1, 0x60, 1, 0x64, 0x70, 0],
  // (type (struct))
  gc: [1, 3, 1, 0x5f, 0],
};

/** The first of the proposals that the engine of this process does not run. */
export function unsupportedByEngine(features: Iterable<Feature>): Feature | undefined {
  for (const feature of features) {
    const probe = PROBES[feature];
    if (probe !== undefined && !WebAssembly.validate(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...probe)))
      return feature;
  }
  return undefined;
}

/**
 * V8's own limits, less what the meter adds (src/wasm/wasm-limits.h, V8 11 to 13: kV8MaxWasm… types 1 000 000, of which
 * the meter adds up to two for each; functions 1 000 000, of which it adds up to one for each import and export; these
 * 100 000 in the oldest; globals 1 000 000; locals 50 000; parameters and results of a type 1 000 each).
 */
const MOST: Partial<ModuleBounds> = {
  locals: 49_980,
  types: 333_000,
  typeValues: 999,
  functions: 800_000,
  imports: 99_999,
  exports: 99_900,
  globals: 999_990,
  memories: 90,
};

let kept: { readonly asked: ModuleBounds; readonly bounds: ModuleBounds } | undefined;

/** Bounds that nothing metered goes beyond the engine's with, however large the host's are. */
export function withinEngine(asked: ModuleBounds): ModuleBounds {
  if (kept?.asked !== asked) {
    const bounds = { ...asked } as Record<keyof ModuleBounds, number>;
    for (const [name, most] of Object.entries(MOST) as [keyof ModuleBounds, number][])
      bounds[name] = Math.min(bounds[name], most);
    kept = { asked, bounds };
  }
  return kept.bounds;
}
