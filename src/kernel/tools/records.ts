/** Who vouched for a version when it was deployed. */
export interface Signer {
  /** `host`: this state directory's own key. `key`: one that the operator trusts. */
  readonly kind: "host" | "key";
  /** SHA-256 of the public key. */
  readonly keyid: string;
}

/** A deployed tool, row [`tool`, name]. It stays when all its versions are removed, so that versions only ever grow. */
export interface ToolRecord {
  /** The latest version that was ever deployed. */
  readonly highest: string;
  /** The version that runs; absent where none does. */
  readonly active?: string;
  /** What was active before, oldest first, without what is active now; the last {@link KEPT_ACTIVE}. */
  readonly before: readonly string[];
}

/** How many former active versions can be gone back to. */
export const KEPT_ACTIVE = 32;

/** One version of a deployed tool, row [`tool-version`, name, major, minor, patch]. */
export interface VersionRecord {
  readonly version: string;
  readonly module_sha256: string;
  readonly module_bytes: number;
  /** Of everything that decides what it may do: what was signed. */
  readonly statement_sha256: string;
  readonly signer: Signer;
  /** It came without a signature and the host signed it for its operator: no good where signatures are required. */
  readonly unsigned: boolean;
  readonly deployed: Occurrence;
  /** When somebody first made it active, and so accepted what it may do. */
  readonly accepted?: Occurrence;
  readonly revoked?: Occurrence & { readonly reason: string };
  /** Its module and envelope are gone. */
  readonly removed?: Occurrence;
}

/** When something came to be, and the event that says so. */
export interface Occurrence {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly sequence: number;
}
