import type { Limits } from "./limits.ts";
import type { Sha256 } from "./units.ts";

/** One directory that a guest may use. `guestPath` is the preopen's name, `hostPath` the directory that was opened. */
export interface RootGrant {
  readonly guestPath: string;
  readonly hostPath: string;
  readonly access: "read-only" | "read-write";
  /**
   * Where this is a directory of a larger root: the `hostPath` of that root, which `hostPath` begins with. The directory
   * is reached from there without following any link, so that what it is replaced by leads nowhere else.
   */
  readonly inside?: string;
}

/**
 * A standard stream: stdin is the run's input, stdout and stderr are what its outcome carries. What `execute` is given
 * and returns in memory is no stream.
 */
export type StandardStream = "stdin" | "stdout" | "stderr";

/** All of them, in the order of their descriptors. */
export const STANDARD_STREAMS: readonly StandardStream[] = Object.freeze(["stdin", "stdout", "stderr"] as const);

/** Everything that one run may do. What is not here does not exist for the guest. */
export interface Authority {
  readonly roots: readonly RootGrant[];
  /** Functions of the import module `tollgate` that the guest may import. */
  readonly hostCalls: readonly string[];
  /** Descriptors 0, 1 and 2 of WASI; one that is not listed is EBADF, and its number is given to nothing else. */
  readonly streams: readonly StandardStream[];
  readonly clock: boolean;
  readonly random: boolean;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly limits: Limits;
}

let mintPermit: (module: Sha256, authority: Authority) => Permit;
let isPermit: (value: unknown) => boolean;

/**
 * The right to run one module once with one authority. Cannot be forged: the constructor is private to
 * {@link createPermitOffice}, and the office that minted it must accept it (a sealer/unsealer pair,
 * Morris 1973, "Protection in programming languages").
 */
export class Permit {
  readonly #minted: true;
  readonly module: Sha256;
  readonly authority: Authority;

  private constructor(module: Sha256, authority: Authority) {
    this.#minted = true;
    this.module = module;
    this.authority = authority;
    Object.freeze(this);
  }

  static {
    mintPermit = (module, authority) => new Permit(module, authority);
    isPermit = (value) => typeof value === "object" && value !== null && #minted in value;
  }
}

/** The two halves: `mint` goes to the gate and to nobody else, `redeem` to the store. */
export interface PermitOffice {
  /** Mints a permit for the module with this SHA-256. The authority is copied and frozen, see {@link frozenAuthority}. */
  mint(module: Sha256, authority: Authority): Permit;
  /** True exactly once for each permit that this office minted. */
  redeem(permit: Permit): boolean;
}

/** Opens an office whose `redeem` accepts only what its own `mint` made, each permit once. */
export function createPermitOffice(): PermitOffice {
  const open = new WeakSet<Permit>();
  return {
    mint(module, authority) {
      const permit = mintPermit(module, frozenAuthority(authority));
      open.add(permit);
      return permit;
    },
    redeem: (permit) => isPermit(permit) && open.delete(permit),
  };
}

const frozen = new WeakSet<Authority>();

/** Whether the value is a copy that {@link frozenAuthority} made, so that nothing in it ever changes. */
export function isFrozenAuthority(authority: Authority): boolean {
  return frozen.has(authority);
}

/** A copy that nobody can change; of such a copy, itself. */
export function frozenAuthority(a: Authority): Authority {
  if (frozen.has(a)) return a;
  const copy = Object.freeze({
    roots: Object.freeze(a.roots.map((root) => Object.freeze({ ...root }))),
    hostCalls: Object.freeze([...a.hostCalls]),
    streams: Object.freeze([...a.streams]),
    clock: a.clock,
    random: a.random,
    args: Object.freeze([...a.args]),
    env: Object.freeze({ ...a.env }),
    limits: Object.freeze({ ...a.limits }),
  });
  frozen.add(copy);
  return copy;
}
