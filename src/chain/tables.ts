import type { Database, Key } from "lmdb";
import type { Environment } from "./environment.ts";
import { statedHash } from "./event-record.ts";
import { decodeHead, type Head } from "./head.ts";
import { leafHash, nodeHash, type ReadSubtree, STORED_LEVELS } from "./merkle.ts";

/** What this version writes; a chain of a higher format is refused. */
export const FORMAT = 1;

/** The chain's databases. */
export interface Tables {
  /** sequence → event record */
  readonly events: Database<Buffer, Key>;
  /** [level, index] → root of a complete subtree, for the levels that are stored */
  readonly nodes: Database<Buffer, Key>;
  /** tree size → signed note */
  readonly checkpoints: Database<Buffer, Key>;
  /** `head` and the `author` of the batch that wrote it, `identity`, [`host`, id], [`open`, call id], [`indexed`, n] */
  readonly meta: Database<Buffer, Key>;
  /** Which events are of a source and a kind (event-index.ts); derived, so nothing is proved with it. */
  readonly index: Database<Buffer, Buffer>;
  /** What the events speak of, under encoded keys ({@link encodeKey}); written only together with an event. */
  readonly state: Database<Buffer, Buffer>;
}

/**
 * Opens the chain's databases; throws LMDB's error, also where they do not exist in a read-only environment. The state and
 * the index are opened when they are first asked for, so that a chain from before there were any can be verified and read.
 */
export function openTables(environment: Environment): Tables {
  let state: Tables["state"] | undefined;
  let index: Tables["index"] | undefined;
  return {
    events: environment.database("chain/events"),
    nodes: environment.database("chain/nodes"),
    checkpoints: environment.database("chain/checkpoints"),
    meta: environment.database("chain/meta"),
    get index() {
      index ??= environment.keyedByBytes("chain/index");
      return index;
    },
    get state() {
      state ??= environment.keyedByBytes("state");
      return state;
    },
  };
}

/** The head as it is stored now; undefined where there is none, `damaged` where the bytes are not one. */
export function readHead(tables: Tables): Head | "damaged" | undefined {
  const bytes = tables.meta.get("head");
  return bytes === undefined ? undefined : (decodeHead(bytes) ?? "damaged");
}

/** Whose chain this is. */
export interface Identity {
  readonly format: number;
  readonly chain_id: string;
  /** Verifier key of the host's key (C2SP signed-note). */
  readonly key: string;
}

/** The identity as it is stored; undefined where there is none, `damaged` where the bytes are not one. */
export function readIdentity(tables: Tables): Identity | "damaged" | undefined {
  const bytes = tables.meta.get("identity");
  if (bytes === undefined) return undefined;
  try {
    const value = JSON.parse(bytes.toString("utf8")) as Partial<Identity> | null;
    if (typeof value?.format !== "number" || typeof value.chain_id !== "string" || typeof value.key !== "string") {
      return "damaged";
    }
    return { format: value.format, chain_id: value.chain_id, key: value.key };
  } catch {
    return "damaged";
  }
}

/** The largest checkpoint that is stored: the tree size and the note. */
export function lastCheckpoint(tables: Tables): { size: number; note: string } | undefined {
  for (const { key, value } of tables.checkpoints.getRange({ reverse: true, limit: 1 })) {
    if (typeof key === "number") return { size: key, note: value.toString("utf8") };
  }
  return undefined;
}

/** Thrown by {@link subtreeReader} where a stored hash is missing. */
export class MissingNode extends Error {
  override readonly name = "MissingNode";
}

/** Reads roots of complete subtrees: stored where stored, else computed from what is below. */
export function subtreeReader(tables: Tables): ReadSubtree {
  const read: ReadSubtree = (level, index) => {
    if (level === 0) {
      const record = tables.events.get(index + 1);
      if (record === undefined) throw new MissingNode(`event ${index + 1} is missing`);
      return leafHash(statedHash(record));
    }
    if (level % STORED_LEVELS === 0) {
      const stored = tables.nodes.get([level, index]);
      if (stored === undefined) throw new MissingNode(`tree node ${level}/${index} is missing`);
      return stored;
    }
    return nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1));
  };
  return read;
}
