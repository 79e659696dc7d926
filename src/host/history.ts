import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Call, Principal } from "../contract/call.ts";
import type { History } from "../contract/history.ts";
import type { Ledger } from "../contract/ledger.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { RootGrant } from "../contract/permit.ts";
import type { StateKey, StateReader, StateTransaction } from "../contract/state.ts";
import { actionsOf } from "../gate/call-subject.ts";
import { rootsOf } from "../gate/granted-roots.ts";
import { FAMILIAR, touchesOf } from "../gate/novelty.ts";
import { placePaths } from "../gate/placed-paths.ts";
import { createFuelShares } from "./fuel-shares.ts";

/** Directories that are remembered of one principal: each has a place by its digest, and displaces what was there. */
export const DIRECTORIES = 512;
/** Principals that are remembered; one more displaces the one that was first seen the longest ago. */
export const PRINCIPALS = 1024;
/** Counts that are known to be full and kept in memory, so that what is familiar costs no look at the state. */
const KNOWN = 8192;

/** Remembers what principals have carried out, for the scores of what they do next. */
export interface HistoryKeeper {
  /** What has been done by now. Reads the state only for what is not familiar yet. */
  historyFor(read: Ledger["read"]): History;
  /**
   * Counts a call that was carried out, whatever came of it. For the change that records its outcome: it may be repeated,
   * and writes nothing where all that the call did is familiar.
   */
  recordOutcome(state: StateTransaction, call: Call, manifest: ToolManifest, hostRoots: readonly RootGrant[]): void;
  /** Counts fuel. Once for each call, so outside of any change. */
  used(principal: Principal, fuel: number): void;
}

/**
 * Opens the history of a host. Counts are rows of the state, so all hosts on it share them and they outlive every one;
 * nothing is read before it is asked for. At most {@link PRINCIPALS} times {@link DIRECTORIES} rows and a row for each
 * principal and action: what falls out counts as never seen. Fuel is this process's own.
 *
 * Rows: [`history`, principal, `action`, action] and [`history`, principal, `place`, n] with counts, [`history`, principal,
 * `since`], [`history-order`, n] with the principal in that place, [`history-next`].
 */
export function openHistory(clock: () => number): HistoryKeeper {
  const familiar = new LRUCache<string, true>({ max: KNOWN });
  const fuel = createFuelShares(clock);

  const seen = (read: Ledger["read"], name: string, look: (state: StateReader) => number): number => {
    if (familiar.has(name)) return FAMILIAR;
    const count = read(look);
    if (count >= FAMILIAR) familiar.set(name, true);
    return count;
  };

  return {
    historyFor: (read) => ({
      actionSeen: (principal, action) =>
        seen(read, nameOf(principal, action), (state) => actionCount(state, principal, action)),
      directorySeen: (principal, action, directory) =>
        seen(read, nameOf(principal, action, directory), (state) =>
          placeCount(state, principal, placeOf(action, directory)),
        ),
      fuelShare: (principal) => fuel.shareOf(principal),
    }),

    recordOutcome(state, call, manifest, hostRoots) {
      const principal = keyOf(call.principal);
      const placed = placePaths(manifest, call.args, { targets: {} }, rootsOf(call.principal, hostRoots), hostRoots);
      const paths = "code" in placed ? [] : placed.paths;
      const named = manifest.resources.filter(
        ({ kind, argument, default: standIn }) =>
          kind !== "path" && (standIn !== undefined || Object.hasOwn(call.args, argument)),
      );
      for (const action of actionsOf(manifest, paths, named)) {
        if (familiar.has(nameOf(principal, action))) continue;
        const count = actionCount(state, principal, action);
        if (count < FAMILIAR) write(state, principal, ["history", principal, "action", action], count + 1);
      }
      for (const { action, directory } of touchesOf(paths)) {
        if (familiar.has(nameOf(principal, action, directory))) continue;
        const place = placeOf(action, directory);
        const count = placeCount(state, principal, place);
        if (count < FAMILIAR) write(state, principal, placeKey(principal, place), [place.digest, count + 1]);
      }
    },

    used: (principal, amount) => fuel.used(keyOf(principal), amount),
  };
}

const keyOf = ({ kind, id }: Principal): string => `${kind}:${id}`;

/** No principal and no action holds NUL. */
const nameOf = (...parts: readonly string[]): string => parts.join("\0");

/** Where the count of an action in a directory is. The directory itself is not kept, only what tells it from others. */
interface PlaceOfCount {
  readonly slot: number;
  readonly digest: string;
}

function placeOf(action: string, directory: string): PlaceOfCount {
  const digest = createHash("sha256").update(`${action}\0${directory}`).digest();
  return { slot: digest.readUInt32BE(0) % DIRECTORIES, digest: digest.toString("hex", 4, 16) };
}

const placeKey = (principal: string, { slot }: PlaceOfCount): StateKey => ["history", principal, "place", slot];

function actionCount(state: StateReader, principal: string, action: string): number {
  return countIn(read(state, ["history", principal, "action", action]));
}

function placeCount(state: StateReader, principal: string, place: PlaceOfCount): number {
  const row = read(state, placeKey(principal, place));
  return Array.isArray(row) && row[0] === place.digest ? countIn(row[1]) : 0;
}

function write(state: StateTransaction, principal: string, key: StateKey, value: unknown): void {
  enrol(state, principal);
  put(state, key, value);
}

/** Makes room for a principal that is new, by forgetting the one that has been there the longest. */
function enrol(state: StateTransaction, principal: string): void {
  if (state.get(["history", principal, "since"]) !== undefined) return;
  const next = countIn(read(state, ["history-next"]));
  const displaced = read(state, ["history-order", next % PRINCIPALS]);
  if (typeof displaced === "string") {
    for (const { key } of state.range(["history", displaced])) state.remove(key);
  }
  put(state, ["history-order", next % PRINCIPALS], principal);
  put(state, ["history-next"], next + 1);
  put(state, ["history", principal, "since"], state.time);
}

const put = (state: StateTransaction, key: StateKey, value: unknown): void =>
  state.put(key, Buffer.from(JSON.stringify(value)));

/** A row that cannot be read is no history: what it counted is new again. */
function read(state: StateReader, key: StateKey): unknown {
  const bytes = state.get(key);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch {
    return undefined;
  }
}

const countIn = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0;
