import { lstatSync } from "node:fs";
import { ERRNO } from "./errno.ts";
import type { Found, ProtectedAccess, Protection } from "./protection.ts";
import type { RootStore } from "./roots.ts";
import type { Walk } from "./walk.ts";

/**
 * Decides whether the leaf that a walk arrived at may be acted upon: by the scope of its root, by what is protected,
 * and by what kind of file system it is on. EROFS in a read-only scope, ENOTCAPABLE for what is protected.
 */
export class LeafGuard {
  readonly #protection: Protection;
  readonly #store: RootStore;

  constructor(protection: Protection, store: RootStore) {
    this.#protection = protection;
    this.#store = store;
  }

  /** Whether the leaf may be acted upon by its name. */
  permits(walk: Walk, change: boolean): number {
    if (change) {
      if (walk.readOnly) return ERRNO.rofs;
      if (this.#protection.reserves(walk.leaf)) return ERRNO.notcapable;
    }
    if (!walk.inspects) return ERRNO.success;
    return refusal(this.#protection.ofName(walk.dev, walk.ino, walk.leaf), change);
  }

  /** Whether what was found may be acted upon; `moves` when it would be renamed or removed. */
  permitsFound(found: Found, change: boolean, moves: boolean): number {
    if (this.#protection.empty) return ERRNO.success;
    if (moves && this.#protection.isAncestor(Number(found.dev), Number(found.ino))) return ERRNO.notcapable;
    return refusal(this.#protection.ofFound(found), change);
  }

  /** {@link permits} a change, also to what the leaf is now. Costs a stat only in roots with something protected. */
  permitsChange(walk: Walk, moves: boolean): number {
    const errno = this.permits(walk, true);
    if (errno !== ERRNO.success || !walk.inspects) return errno;
    const found = lstatSync(walk.path, { throwIfNoEntry: false });
    return found === undefined ? ERRNO.success : this.permitsFound(found, true, moves);
  }

  /** In a root with special files: whether the leaf may be opened at all, decided before it is. */
  permitsOpen(walk: Walk): number {
    if (!walk.special) return ERRNO.success;
    const found = lstatSync(walk.path, { throwIfNoEntry: false });
    if (found === undefined || found.isSymbolicLink()) return ERRNO.success;
    if (!found.isFile() && !found.isDirectory()) return ERRNO.notsup;
    return this.#store.isKernelInterface(found.dev, walk.path) ? ERRNO.notcapable : ERRNO.success;
  }

  /** Whether what was found at the leaf must not be changed through a descriptor either. */
  keepsReadOnly(walk: Walk, found: Found): boolean {
    return walk.readOnly || this.#protection.reserves(walk.leaf) || this.#protection.ofFound(found) !== undefined;
  }
}

function refusal(access: ProtectedAccess | undefined, change: boolean): number {
  return access === "none" || (access === "read-only" && change) ? ERRNO.notcapable : ERRNO.success;
}
