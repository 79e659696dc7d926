import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Names of the validators of a manifest's two schemas. */
export interface SchemaValidators {
  readonly parameters: string;
  readonly output: string;
}

/** What the build wrote into `dist/checked.json` (`scripts/build-validators.mjs`, `scripts/build-policy-check.mjs`). */
interface CheckedFiles {
  /** SHA-256 of `dist/validators.js` and of `schema/manifest.schema.json`. */
  readonly validators: string;
  readonly schema: string;
  /** By the SHA-256 of a manifest that is strict JSON and meets the schema. */
  readonly manifests: Readonly<Record<string, SchemaValidators>>;
  /** Of the policies that ship with the manifests that ship, as the gate names a check. */
  readonly policies: string;
}

/** What the build checked, so that a start has to check only what has changed since. */
export interface BuildChecks {
  /** Of the bytes of a manifest that the build checked; nothing for any other. */
  validatorsOf(bytes: Uint8Array): SchemaValidators | undefined;
  /** Whether the build made the check of policies that has this digest, and found nothing. */
  madePolicyCheck(digest: string): boolean;
}

/**
 * Reads what the build checked, or says what of it is not as it was built: the validators, which load only after the
 * handshake, or the schema of manifests. Throws what reading a file throws.
 */
export function readBuildChecks(root: URL): BuildChecks | string {
  const read = (file: string): Buffer => readFileSync(new URL(file, root));
  const checked = JSON.parse(read("dist/checked.json").toString("utf8")) as CheckedFiles;
  if (sha256(read("schema/manifest.schema.json")) !== checked.schema) {
    return "the manifest schema is not the one that was built";
  }
  if (sha256(read("dist/validators.js")) !== checked.validators)
    return "dist/validators.js is not the one that was built";
  const { manifests, policies } = checked;
  return {
    madePolicyCheck: (digest) => digest === policies,
    validatorsOf(bytes) {
      const digest = sha256(bytes);
      return Object.hasOwn(manifests, digest) ? manifests[digest] : undefined;
    },
  };
}
