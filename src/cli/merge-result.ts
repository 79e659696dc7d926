/** How a client starts tollgate. */
export interface ServerEntry {
  readonly type?: "stdio";
  readonly command: string;
  readonly args: readonly string[];
}

/** What merging comes to: the new text, that nothing has to be done, or why it cannot be done. */
export type MergeResult =
  | { readonly kind: "changed"; readonly text: string }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly reason: string };

/** Refuses to merge, in words for a person. */
export const refused = (reason: string): MergeResult => ({ kind: "refused", reason });
