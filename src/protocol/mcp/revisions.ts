/** Revisions that open with `initialize`, oldest first. */
export const LEGACY_REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] as const;
/** Revisions that carry everything in each request's `_meta`. */
export const MODERN_REVISIONS = ["2026-07-28"] as const;

/** What a revision lets a message hold. Fields that a revision does not know are left out, never sent in hope. */
export interface Revision {
  readonly version: string;
  readonly modern: boolean;
  /** Tool annotations, and audio (2025-03-26, changelog). */
  readonly annotations: boolean;
  /** `title`, `outputSchema`, `structuredContent`, links to resources, a tool's `_meta`, and elicitation (2025-06-18, changelog). */
  readonly structured: boolean;
}

function revision(version: string, modern: boolean): Revision {
  return { version, modern, annotations: version >= "2025-03-26", structured: version >= "2025-06-18" };
}

const LEGACY = new Map<string, Revision>(LEGACY_REVISIONS.map((version) => [version, revision(version, false)]));
const NEWEST_LEGACY = LEGACY.get("2025-11-25") as Revision;

/** The only stateless revision so far. */
export const MODERN: Revision = revision("2026-07-28", true);

/** The revision that answers an `initialize`: the one offered, or the newest (2025-11-25, basic/lifecycle). */
export function negotiate(offered: string): Revision {
  return LEGACY.get(offered) ?? NEWEST_LEGACY;
}
