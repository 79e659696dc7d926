import type { EffectTerm } from "../contract/effect.ts";
import { safeText } from "../contract/safe-text.ts";
import { type CallSubject, isDestination, type PathSubject } from "./call-subject.ts";

const RECURSIVE_REMOVE = 0.2;
const OVERWRITE = 0.15;
const MATTERS = 0.2;

const LOCK_FILES: ReadonlySet<string> = new Set([
  "bun.lock",
  "bun.lockb",
  "cargo.lock",
  "composer.lock",
  "flake.lock",
  "gemfile.lock",
  "go.sum",
  "npm-shrinkwrap.json",
  "package-lock.json",
  "pipfile.lock",
  "pnpm-lock.yaml",
  "poetry.lock",
  "uv.lock",
  "yarn.lock",
]);
const KEYS = /^id_[a-z0-9_]+$|\.(?:asc|gpg|jks|kdbx|key|keystore|p12|pem|pfx|ppk)$/;

/** What raises risk: a whole tree removed, something replaced, a path that other things depend on changed. */
export function riskTerms(subject: CallSubject): readonly EffectTerm[] {
  if (!subject.effectful) return [];
  const terms: EffectTerm[] = [];
  if (subject.recursive === true) {
    const tree = subject.paths.find(({ actions }) => actions.some((action) => action.endsWith(".delete")));
    if (tree !== undefined) {
      terms.push(risk(RECURSIVE_REMOVE, `${shown(tree)} would be removed with everything below it`));
    }
  }
  if (subject.overwrites === true) {
    const target = subject.paths.find(({ actions, kind }) => isDestination(actions) && isThere(kind));
    if (target !== undefined) {
      terms.push(
        risk(
          OVERWRITE,
          `${shown(target)} ${target.kind === undefined || target.kind === "denied" ? "may exist" : "exists"} and would be replaced`,
        ),
      );
    }
  }
  for (const path of subject.paths) {
    const why = matters(path);
    if (why === undefined) continue;
    terms.push(risk(MATTERS, `${shown(path)} is ${why}`));
    break;
  }
  return terms;
}

function matters({ parts, name }: PathSubject): string | undefined {
  if (parts.includes(".git")) return "part of a git repository's own data";
  if (KEYS.test(name)) return "a key file";
  if (LOCK_FILES.has(name) || name.endsWith(".lock")) return "a lock file";
  if (parts.some((part) => part.length > 1 && part.startsWith("."))) return "a hidden file or in a hidden directory";
  return undefined;
}

const isThere = (kind: PathSubject["kind"]): boolean => kind !== "missing" && kind !== "directory";
const shown = ({ place }: PathSubject): string => safeText(place.relative === "" ? place.path : place.relative, 120);
const risk = (amount: number, reason: string): EffectTerm => ({ dimension: "risk", amount, reason });
