import type { ChainEvent } from "../../contract/chain-event.ts";
import { type Fault, isFault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import { ChangeRefused } from "../../contract/state.ts";
import type { KernelTools } from "../kernel-tool.ts";

/** What these tools see of the chain. */
export interface ChainView {
  status(): {
    readonly chain_id: string;
    readonly sequence: number;
    readonly event_count: number;
    readonly checkpoint_count: number;
    readonly last_hash: string;
    readonly root_hash: string;
    readonly verified_to: number;
  };
  /** The path of an event in the Merkle tree of the first so many events. */
  inclusionProof(sequence: number, treeSize: number): Fault | { readonly path: readonly string[] };
  /** One page: at most `count` events in the order that is asked for, and where to go on if there is more. */
  query(query: EventQuery): { readonly events: readonly ChainEvent[]; readonly next?: number };
}

interface EventQuery {
  readonly count: number;
  readonly source?: string;
  readonly kind?: string;
  readonly sinceSequence?: number;
  readonly untilSequence?: number;
  readonly order: "ascending" | "descending";
}

const EVENTS = 20;
const MOST_EVENTS = 1000;
/** An answer ends before it has more bytes of JSON than this; one event may have 64 KiB. */
const ANSWER_BYTES = 1024 * 1024;
/** Pages that are read for one answer, where few of the events match and the chain is older than its index. */
const MOST_PAGES = 4;

/**
 * `sys.chain.status` and `sys.chain.query`. Events are answered oldest first. With `since_seq` they are the first `count`
 * that match from there on, and `next_seq` is where to go on if there may be more; without, they are the last `count` that
 * match. `truncated` says that events which were looked for are left out, because the answer would be too large or they are
 * too far back. With `proof` each event comes with its path in the Merkle tree of `tree_size` events, whose root is
 * `root_hash`: that of the chain at the moment of the answer.
 */
export function chainTools(chain: ChainView): KernelTools {
  return {
    "sys.chain.status"() {
      const status = chain.status();
      const { chain_id, sequence, event_count, checkpoint_count, last_hash, root_hash, verified_to } = status;
      return { chain_id, sequence, event_count, checkpoint_count, last_hash, root_hash, verified_to };
    },
    "sys.chain.query"(_caller, args) {
      const since = args.since_seq as number | undefined;
      const tree = args.proof === true ? chain.status() : undefined;
      const asked: EventQuery = {
        count: Math.min(Math.max((args.count as number | undefined) ?? EVENTS, 1), MOST_EVENTS),
        ...(args.source !== undefined && { source: args.source as string }),
        ...(args.kind !== undefined && { kind: args.kind as string }),
        ...(since !== undefined && { sinceSequence: Math.max(since, 1) }),
        // What is recorded meanwhile is not in the tree that is proved.
        ...(tree !== undefined && { untilSequence: tree.sequence }),
        order: since === undefined ? "descending" : "ascending",
      };
      const { found, next, isFull } = collect(chain, asked, tree?.sequence);
      const events = asked.order === "descending" ? found.reverse() : found;
      return {
        events,
        count: events.length,
        ...(tree !== undefined && { tree_size: tree.sequence, root_hash: tree.root_hash }),
        ...(next !== undefined && since !== undefined && { next_seq: next }),
        ...(next !== undefined && !isFull && { truncated: true }),
      };
    },
  };
}

interface Collected {
  readonly found: JsonObject[];
  readonly next: number | undefined;
  /** As many as were asked for. */
  readonly isFull: boolean;
}

function collect(chain: ChainView, asked: EventQuery, treeSize: number | undefined): Collected {
  const found: JsonObject[] = [];
  const bound = asked.order === "descending" ? "untilSequence" : "sinceSequence";
  let from = asked[bound];
  let bytes = 0;
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = { ...asked, count: asked.count - found.length, ...(from !== undefined && { [bound]: from }) };
    const { events, next } = chain.query(query);
    for (const event of events) {
      const document = { ...documentOf(event), ...proofOf(chain, event.sequence, treeSize) };
      bytes += Buffer.byteLength(JSON.stringify(document));
      if (bytes > ANSWER_BYTES && found.length > 0) return { found, next: event.sequence, isFull: false };
      found.push(document);
    }
    if (next === undefined || found.length >= asked.count) return { found, next, isFull: found.length >= asked.count };
    from = next;
  }
  return { found, next: from, isFull: false };
}

function proofOf(chain: ChainView, sequence: number, treeSize: number | undefined): JsonObject {
  if (treeSize === undefined) return {};
  const proof = chain.inclusionProof(sequence, treeSize);
  if (isFault(proof)) throw new ChangeRefused(proof);
  return { proof: [...proof.path] };
}

function documentOf({ sequence, source, kind, timestamp, payload, hash, previousHash }: ChainEvent): JsonObject {
  return { sequence, source, kind, timestamp, payload, hash, prev_hash: previousHash };
}
