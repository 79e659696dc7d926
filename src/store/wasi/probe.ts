import { type BigIntStats, lstatSync } from "node:fs";
import type { RootGrant } from "../../contract/permit.ts";
import { descriptorContainment, descriptorsAreNameable } from "./containment.ts";
import { pathContainment } from "./containment-by-path.ts";
import { Descriptor } from "./descriptor-table.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { HeldDirectories } from "./held-directories.ts";
import { LeafGuard } from "./leaf-guard.ts";
import { type ProtectedPath, Protection } from "./protection.ts";
import { RootStore } from "./roots.ts";
import { Walk } from "./walk.ts";

/** What is at a path now. `denied`: the path leads outside its root, is protected, or the system refuses to say. */
export interface PathStatus {
  readonly kind: "missing" | "file" | "directory" | "symlink" | "other" | "denied";
  /** Bytes; of files only. */
  readonly size?: number;
  /** Permission bits, `st_mode & 0o7777`. */
  readonly mode?: number;
}

/** What is kept between the probes with one list of protected paths. */
interface Prober {
  readonly protection: Protection;
  readonly roots: RootStore;
  readonly guard: LeafGuard;
  readonly walk: Walk;
}

const probers = new WeakMap<readonly ProtectedPath[], Prober>();
const NOTHING_PROTECTED: readonly ProtectedPath[] = [];

/**
 * Says what a guest would find at a path, by the same contained walk as the guest's own opens: it cannot look outside
 * the root. The last component is not followed. Never throws for anything that a path can be; the empty path is the
 * root itself.
 *
 * As in a worker's host, a root is opened once and held, for as long as the process lives: pass the same list of
 * protected paths each time, and granted roots only.
 */
export function probePath(
  root: RootGrant,
  relativePath: string,
  protectedPaths: readonly ProtectedPath[] = NOTHING_PROTECTED,
): PathStatus {
  if (relativePath.includes("\0") || /\p{Surrogate}/u.test(relativePath)) return { kind: "denied" };
  const { protection, roots, guard, walk } = proberFor(protectedPaths);
  try {
    const pinned = roots.open(root.hostPath);
    if (pinned.guarded) protection.refresh();
    if (protection.ofPath(pinned.realPath) === "none") return { kind: "denied" };
    walk.attach([{ guestPath: root.guestPath, pinned, readOnly: root.access === "read-only" }]);
    const start = new Descriptor("directory", pinned.fd);
    start.base = pinned.base;
    start.realPath = pinned.realPath;
    start.dev = pinned.dev;
    start.ino = pinned.ino;
    return statusOf(walk, guard, walk.begin(start, relativePath === "" ? "." : relativePath));
  } catch (error) {
    return { kind: errnoOf(error) === ERRNO.noent ? "missing" : "denied" };
  } finally {
    walk.release();
  }
}

function statusOf(walk: Walk, guard: LeafGuard, reached: number): PathStatus {
  const errno = reached === ERRNO.success ? guard.permits(walk, false) : reached;
  // a file where a directory should be: whatever was to be under it is not there
  if (errno === ERRNO.noent || errno === ERRNO.notdir) return { kind: "missing" };
  if (errno !== ERRNO.success) return { kind: "denied" };
  const stat = lstatSync(walk.path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return { kind: "missing" };
  if (guard.permitsFound(stat, false, false) !== ERRNO.success) return { kind: "denied" };
  const mode = Number(stat.mode) & 0o7777;
  const kind = kindOf(stat);
  return kind === "file" ? { kind, size: Number(stat.size), mode } : { kind, mode };
}

function kindOf(stat: BigIntStats): "file" | "directory" | "symlink" | "other" {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  return stat.isSymbolicLink() ? "symlink" : "other";
}

function proberFor(paths: readonly ProtectedPath[]): Prober {
  let known = probers.get(paths);
  if (known === undefined) {
    const containment = descriptorsAreNameable() ? descriptorContainment : pathContainment;
    const protection = new Protection(paths, []);
    const roots = new RootStore(containment, protection);
    const guard = new LeafGuard(protection, roots);
    known = {
      protection,
      roots,
      guard,
      walk: new Walk(containment, protection, roots, new HeldDirectories(containment, 0)),
    };
    probers.set(paths, known);
  }
  return known;
}
