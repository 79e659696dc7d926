import type { JsonObject } from "./json.ts";

/** An event before it has its place on the chain. */
export interface EventDraft {
  /** The part of the host that speaks: `host`, `gate`, `store`, `operator`. */
  readonly source: string;
  /** Dotted kind: `call.intent`, `call.outcome`, `call.refused`, `call.deferred`, `host.start`, … */
  readonly kind: string;
  /** Canonical JSON of at most 64 KiB; never contents, secrets or raw arguments, only digests and names. */
  readonly payload: JsonObject;
}

/** An event on the chain. `hash` and `previousHash` are lower-case SHA-256 hex. */
export interface ChainEvent extends EventDraft {
  readonly sequence: number;
  /** RFC 3339 UTC with milliseconds. */
  readonly timestamp: string;
  readonly previousHash: string;
  readonly hash: string;
}

/**
 * `committed`: survives the death of this process (kill −9). `flushed`: survives the loss of power as well.
 */
export type Durability = "committed" | "flushed";
