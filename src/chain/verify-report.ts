import { type Frontier, frontierRoot } from "./merkle.ts";

/** What was found wrong. `sequence` is the event or tree size that it is about, where there is one. */
export interface ChainProblem {
  readonly code:
    | "unreadable"
    | "format"
    | "key"
    | "event-missing"
    | "event-damaged"
    | "event-edited"
    | "event-displaced"
    | "event-unknown"
    | "truncated"
    | "tree"
    | "checkpoint-missing"
    | "checkpoint-signature"
    | "checkpoint-mismatch"
    | "checkpoint-damaged";
  readonly sequence?: number;
  readonly message: string;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly chain_id?: string;
  /** Events that are intact, from the first on without a gap. */
  readonly verified_to: number;
  /** The last of them that a valid checkpoint covers. */
  readonly signed_to: number;
  readonly checkpoint_count: number;
  readonly root_hash: string;
  /** The first bad event, where an event is bad or missing. */
  readonly first_bad?: number;
  /** At most 32, in the order in which they were found. */
  readonly problems: readonly ChainProblem[];
  /** Sentences: what this verification could not have found. */
  readonly unknowable: readonly string[];
}

export interface VerifyOptions {
  /** A checkpoint (signed note) that the operator kept elsewhere. */
  readonly checkpoint?: string;
  /** The verifier key (`host.pub`) that the operator kept elsewhere. */
  readonly publicKey?: string;
  /** The witness file. */
  readonly witness?: string;
}

/** How far the events were walked and what was met on the way. */
export interface Walk {
  readonly frontier: Frontier;
  last: Buffer;
  firstBad: number | undefined;
  /** Roots at the tree sizes that some checkpoint speaks of. */
  readonly roots: Map<number, Buffer>;
}

export function emptyWalk(): Walk {
  return { frontier: { size: 0, roots: [] }, last: Buffer.alloc(0), firstBad: undefined, roots: new Map() };
}

/** The report on a walk, with what it leaves open. */
export function conclude(
  chainId: string | undefined,
  walk: Walk,
  signedTo: number,
  checkpoints: number,
  problems: readonly ChainProblem[],
  options: VerifyOptions,
): VerifyReport {
  const { size } = walk.frontier;
  const unknowable: string[] = [];
  if (size > signedTo) {
    unknowable.push(
      `no checkpoint covers ${size - signedTo} of the events yet: whoever can write the state directory could have cut off or rewritten those`,
    );
  }
  if (options.checkpoint === undefined && options.witness === undefined) {
    unknowable.push(
      "no checkpoint from outside the state directory was given: a roll-back of the whole directory, checkpoints included, would not show",
    );
  }
  if (options.publicKey === undefined) {
    unknowable.push("the key was taken from the state directory: a whole chain made with another key would not show");
  }
  unknowable.push(
    "whoever holds host.key can write a different history after the last checkpoint that was kept elsewhere",
  );
  return {
    ok: problems.length === 0,
    ...(chainId !== undefined && { chain_id: chainId }),
    verified_to: size,
    signed_to: signedTo,
    checkpoint_count: checkpoints,
    root_hash: frontierRoot(walk.frontier).toString("hex"),
    ...(walk.firstBad !== undefined && { first_bad: walk.firstBad }),
    problems,
    unknowable,
  };
}
