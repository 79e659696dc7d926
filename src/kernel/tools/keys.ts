import type { Fault } from "../../contract/fault.ts";
import type { StateReader, StateTransaction } from "../../contract/state.ts";
import { refused } from "../fault.ts";
import { readRow, readRows, removeRow, writeRow } from "../rows.ts";
import { mutated } from "../tree/mutations.ts";
import type { RevokedKey, TrustedKey } from "./records.ts";

const MOST_KEYS = 256;

/** What an operator says of a key that is to be trusted. */
export type KeyTrust = Omit<TrustedKey, "trusted">;

/**
 * Trusts a key to sign for tools, within its bounds, or changes the bounds of one that is trusted. One that was revoked is
 * refused unless `again`. The event `key.trust` holds the whole key and its bounds.
 */
export function trustKey(state: StateTransaction, key: KeyTrust, again: boolean): TrustedKey | Fault {
  const { keyid, name } = key;
  const revoked = readRow(state, "revoked-key", keyid);
  if (revoked !== undefined && !again) {
    return refused(
      "key-revoked",
      `the key ${keyid.slice(0, 16)} was revoked: ${revoked.reason}: have its owner make another, or give --again`,
    );
  }
  const others = trustedKeys(state).filter((other) => other.keyid !== keyid);
  if (others.some((other) => other.name === name)) {
    return refused("key-name-taken", `another key is trusted as ${name}: give another --name`);
  }
  if (others.length >= MOST_KEYS) return refused("keys-full", `${MOST_KEYS} keys are trusted, the limit: untrust some`);
  const sequence = state.event({
    source: "operator",
    kind: "key.trust",
    payload: {
      key_id: keyid,
      name,
      public_key: key.public_key,
      scopes: [...key.scopes],
      ...(key.expires !== undefined && { expires: new Date(key.expires).toISOString() }),
      ...(key.max_effect !== undefined && { max_effect: key.max_effect }),
    },
  });
  const row: TrustedKey = { ...key, trusted: { at: state.time, sequence } };
  writeRow(state, "trusted-key", [keyid], row);
  if (revoked !== undefined) removeRow(state, "revoked-key", keyid);
  mutated(state, "tools");
  return row;
}

/**
 * Revokes a key, trusted or not: no version that it, or a certificate below it, vouches for runs any more, in no host on
 * this state directory. The event is `key.untrust`.
 */
export function untrustKey(state: StateTransaction, keyid: string, reason: string): RevokedKey | Fault {
  const before = readRow(state, "revoked-key", keyid);
  if (before !== undefined)
    return refused("already-revoked", `the key ${keyid.slice(0, 16)} was revoked before: ${before.reason}`);
  const trusted = readRow(state, "trusted-key", keyid);
  const sequence = state.event({
    source: "operator",
    kind: "key.untrust",
    payload: { key_id: keyid, name: trusted?.name ?? null, reason },
  });
  const row: RevokedKey = { ...(trusted && { name: trusted.name }), reason, revoked: { at: state.time, sequence } };
  writeRow(state, "revoked-key", [keyid], row);
  if (trusted !== undefined) removeRow(state, "trusted-key", keyid);
  mutated(state, "tools");
  return row;
}

export const trustedKeys = (state: StateReader): readonly TrustedKey[] =>
  readRows(state, "trusted-key").map(({ row }) => row);

export const revokedKeys = (state: StateReader): readonly (RevokedKey & { readonly keyid: string })[] =>
  readRows(state, "revoked-key").map(({ key, row }) => ({ keyid: String(key[0]), ...row }));

/** The id of the trusted or revoked key of this name or id, or of the one whose id begins so. */
export function findKey(state: StateReader, wanted: string): string | Fault {
  const named = trustedKeys(state).find(({ name }) => name === wanted);
  if (named !== undefined) return named.keyid;
  if (/^[0-9a-f]{64}$/.test(wanted)) return wanted;
  const known = trustedKeys(state).filter(({ keyid }) => wanted.length >= 8 && keyid.startsWith(wanted));
  const [only] = known;
  if (only !== undefined && known.length === 1) return only.keyid;
  return refused("key-not-found", "no such key is trusted here: give its name or its whole id, see tollgate key list");
}
