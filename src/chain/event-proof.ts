import { canonicalJsonOrFault } from "../contract/canonical-json.ts";
import type { ChainEvent } from "../contract/chain-event.ts";
import { type Fault, fault } from "../contract/fault.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { Chain } from "./chain.ts";
import { decodeCheckpoint, unverifiedText } from "./checkpoint.ts";
import { encodeEvent } from "./event-record.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { openNote } from "./open-note.ts";
import { DIGEST_BYTES } from "./sha256.ts";
import type { NoteVerifier } from "./signed-note.ts";

const FORMAT = "tollgate.event-proof.v1";
const DIGEST = /^[0-9a-f]{64}$/;
/** More than any tree of safe size has levels. */
const MOST_STEPS = 64;

/** One event, and what shows that it is on a chain to whoever has the chain's public key and nothing else of it. */
export interface EventProof {
  readonly event: ChainEvent;
  readonly treeSize: number;
  /** RFC 9162 §2.1.3, lower-case hex. */
  readonly path: readonly string[];
  /** The signed note that states the root of the tree. */
  readonly checkpoint: string;
}

/** Proves one event under the last checkpoint; one is signed where none covers it yet. Faults: there is no such event. */
export async function proveEvent(chain: Chain, sequence: number): Promise<EventProof | Fault> {
  const [event] = chain.query({ sinceSequence: sequence, untilSequence: sequence, count: 1 }).events;
  if (event === undefined) {
    const { sequence: last } = chain.status();
    return fault(
      "request",
      "invalid-arguments",
      `there is no event ${sequence} that can be read: the chain has ${last}`,
    );
  }
  if ((sizeOf(chain.lastCheckpoint()) ?? 0) < sequence) await chain.checkpoint();
  const checkpoint = chain.lastCheckpoint();
  const treeSize = sizeOf(checkpoint);
  if (checkpoint === undefined || treeSize === undefined || treeSize < sequence) {
    return fault("chain", "chain-unwritable", `no checkpoint covers event ${sequence}, and none could be signed`);
  }
  const proof = chain.inclusionProof(sequence, treeSize);
  return "code" in proof ? proof : { event, treeSize, path: proof.path, checkpoint };
}

const sizeOf = (note: string | undefined): number | undefined =>
  note === undefined ? undefined : decodeCheckpoint(unverifiedText(note))?.size;

/** The proof as JSON, to be kept or handed on. */
export function proofDocument({ event, treeSize, path, checkpoint }: EventProof): JsonObject {
  const { previousHash, ...rest } = event;
  return {
    format: FORMAT,
    event: { ...rest, prev_hash: previousHash },
    tree_size: treeSize,
    path,
    checkpoint,
  } as JsonObject;
}

/**
 * Checks a document that {@link proofDocument} made, or somebody altered, against the chain's public key. Answers the event's
 * sequence, or what does not agree. Trusts nothing in the document.
 */
export function checkProof(document: Json, verifier: NoteVerifier): { readonly sequence: number } | string {
  if (!isObject(document) || document.format !== FORMAT) return `it is not a proof of the form ${FORMAT}`;
  const { event, tree_size: size, path, checkpoint } = document;
  if (!isObject(event) || typeof checkpoint !== "string") return "it lacks the event or the checkpoint";
  if (!Array.isArray(path) || path.length > MOST_STEPS || !path.every(isDigest))
    return "its path is not a list of hashes";
  const hash = hashOf(event);
  if (hash === undefined) return "its event is not one";
  if (hash.toString("hex") !== event.hash) return "the event was altered: its hash is another";
  const text = openNote(checkpoint, verifier);
  if (text === undefined) return "the checkpoint is not signed with this key";
  const stated = decodeCheckpoint(text);
  if (stated === undefined || stated.origin !== verifier.name || stated.size !== size)
    return "the checkpoint speaks of another chain or another size";
  const sequence = event.sequence as number;
  const steps = path.map((one) => Buffer.from(one as string, "hex"));
  return verifyInclusion(leafHash(hash), sequence - 1, stated.size, steps, stated.root)
    ? { sequence }
    : "the path does not lead from the event to the root of the checkpoint";
}

/** The hash that an event has by what it says. */
function hashOf({ sequence, source, kind, timestamp, payload, prev_hash }: JsonObject): Buffer | undefined {
  const time = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
  const isEvent =
    Number.isSafeInteger(sequence) &&
    (sequence as number) >= 1 &&
    typeof source === "string" &&
    typeof kind === "string" &&
    Number.isSafeInteger(time) &&
    time >= 0 &&
    new Date(time).toISOString() === timestamp &&
    isObject(payload) &&
    isDigest(prev_hash);
  if (!isEvent) return undefined;
  const text = canonicalJsonOrFault(payload);
  if (typeof text !== "string") return undefined;
  const previous = Buffer.from(prev_hash as string, "hex");
  const { hash } = encodeEvent(sequence as number, time, previous, source as string, kind as string, text);
  return Buffer.from(hash.subarray(0, DIGEST_BYTES));
}

const isDigest = (value: unknown): value is string => typeof value === "string" && DIGEST.test(value);

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
