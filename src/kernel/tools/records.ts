/** Who vouched for a version when it was deployed. */
export interface Signer {
  /** `host`: this state directory's own key. `key`: one that the operator trusts. `certificate`: one below such a key. */
  readonly kind: "host" | "key" | "certificate";
  /** SHA-256 of the public key that signed. */
  readonly keyid: string;
  /** Of a certificate: the keys above, the trusted one last. */
  readonly via?: readonly string[];
}

/** A key that an operator trusts to sign for tools, row [`trusted-key`, keyid]. */
export interface TrustedKey {
  readonly keyid: string;
  /** What people call it; unique. */
  readonly name: string;
  /** Base64 of its 32 bytes. */
  readonly public_key: string;
  /** Names of tools, or prefixes such as `acme.*`. */
  readonly scopes: readonly string[];
  /** Nothing that it signed is taken in from then on; in milliseconds since the Unix epoch. */
  readonly expires?: number;
  /** The largest base effect that it may sign for, as a score. */
  readonly max_effect?: number;
  /** How many certificates may follow below it; 0 where it signs tools only. */
  readonly may_issue: number;
  readonly trusted: Occurrence;
}

/** A key that nothing runs by any more, row [`revoked-key`, keyid]. */
export interface RevokedKey {
  /** What it was trusted as. */
  readonly name?: string;
  readonly reason: string;
  readonly revoked: Occurrence;
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
