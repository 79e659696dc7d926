import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Digests kept; the oldest go first. */
const KEPT = 64;
const DIGEST = /^[0-9a-f]{64}$/;

/** Remembers which policy sets were validated in full before, so that a start need not load Cedar to answer. */
export interface ValidatedPolicies {
  has(digest: string): boolean;
  add(digest: string): void;
}

/**
 * Opens the memory in the private state directory, which no tool can reach. A file that is missing or damaged is
 * an empty memory: everything is validated again. A digest covers the policies, the schema and Cedar's version,
 * so it can vouch for nothing else.
 */
export function openValidatedPolicies(stateDirectory: string): ValidatedPolicies {
  const file = join(stateDirectory, "validated-policies");
  let digests: string[];
  try {
    digests = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => DIGEST.test(line));
  } catch {
    digests = [];
  }
  return {
    has: (digest) => digests.includes(digest),
    add(digest) {
      if (digests.includes(digest)) return;
      digests = [...digests, digest].slice(-KEPT);
      const temporary = `${file}.${process.pid}`;
      try {
        writeFileSync(temporary, `${digests.join("\n")}\n`, { mode: 0o600 });
        renameSync(temporary, file);
      } catch {
        // Only speed is lost: the next start validates again.
      }
    },
  };
}
