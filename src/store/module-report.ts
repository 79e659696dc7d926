/** Names that a module may be entered by, in the order in which they are looked for. */
export const ENTRY_POINTS = ["_start", "run", "execute"] as const;
export type EntryPoint = (typeof ENTRY_POINTS)[number];

/** What a module imports, exports and needs, found without running it. */
export interface ModuleReport {
  readonly imports: readonly { readonly module: string; readonly name: string; readonly kind: string }[];
  readonly exports: readonly { readonly name: string; readonly kind: string }[];
  readonly memory:
    | { readonly minPages: number; readonly maxPages: number; readonly exported: string | undefined }
    | undefined;
  readonly startFunction: boolean;
  /** Sentences on what will keep the module from running, or from running well. */
  readonly warnings: readonly string[];
}
