import { closeSync, openSync } from "node:fs";
import { type Fault, fault } from "../contract/fault.ts";
import { type Checkpoint, decodeCheckpoint, originOf, unverifiedText } from "./checkpoint.ts";
import { checkpointPath, readLastNote } from "./checkpoint-file.ts";
import { type Environment, STATE_FILE, storageFault } from "./environment.ts";
import { genesisHash, statedHash } from "./event-record.ts";
import type { Head } from "./head.ts";
import { createHostKey, KEY_FILE, loadHostKey } from "./host-key.ts";
import { frontierRoot } from "./merkle.ts";
import { encodeVerifierKey, type NoteSigner } from "./signed-note.ts";
import { FORMAT, type Identity, lastCheckpoint, openTables, readHead, readIdentity, type Tables } from "./tables.ts";

export type PreparedChain =
  | {
      readonly ok: true;
      readonly tables: Tables;
      readonly signer: NoteSigner;
      readonly chainId: string;
      readonly head: Head;
      /** Tree size of the last checkpoint. */
      readonly signed: number;
    }
  | { readonly ok: false; readonly fault: Fault };

/** Opens the tables, finds or makes key and identity, and refuses a chain that contradicts itself. Never throws. */
export function prepareChain(
  directory: string,
  environment: Environment,
  random: (bytes: number) => Uint8Array,
  witness: string | undefined,
): PreparedChain {
  try {
    return prepare(directory, environment, random, witness);
  } catch (error) {
    return { ok: false, fault: storageFault("the chain cannot be opened", error) };
  }
}

function prepare(
  directory: string,
  environment: Environment,
  random: (bytes: number) => Uint8Array,
  witness: string | undefined,
): PreparedChain {
  const tables = openTables(environment);
  const noted = lastNoted(checkpointPath(directory));
  const witnessed = witness === undefined ? undefined : openWitness(witness);
  if (witnessed !== undefined && "code" in witnessed) return { ok: false, fault: witnessed };
  environment.refresh(); // the file was read first: the tables can only be as new or newer
  let identity = readIdentity(tables);
  if (identity === "damaged") return refuse("its identity is damaged", VERIFY);
  for (const claim of [noted, witnessed]) {
    if (identity !== undefined || claim === undefined) continue;
    return refuse(`${STATE_FILE} is new, but a checkpoint speaks of ${claim.size} events`, RESTORE);
  }
  if (identity !== undefined && identity.format > FORMAT) {
    return refuse(`it has format ${identity.format} and this version knows ${FORMAT}`, "install a newer tollgate");
  }
  let key = loadHostKey(directory);
  if (!key.ok && key.fault === undefined) {
    if (identity !== undefined) return refuse(`its signing key ${KEY_FILE} is missing`, RESTORE);
    key = createHostKey(directory, random);
  }
  if (!key.ok)
    return { ok: false, fault: key.fault ?? fault("chain", "chain-unwritable", `${KEY_FILE} vanished: start again`) };
  const { signer, chainId } = key;
  if (identity === undefined) identity = establish(environment, tables, chainId, encodeVerifierKey(signer.verifier));
  if (identity.chain_id !== chainId) {
    return refuse(`${STATE_FILE} holds chain ${identity.chain_id} and ${KEY_FILE} is of chain ${chainId}`, RESTORE);
  }
  const head = readHead(tables) ?? { last: genesisHash(chainId), frontier: { size: 0, roots: [] } };
  if (head === "damaged") return refuse("its head is damaged", VERIFY);
  const { size } = head.frontier;
  const record = size === 0 ? undefined : tables.events.get(size);
  if (size > 0 && (record === undefined || !statedHash(record).equals(head.last))) {
    return refuse(`its last event, ${size}, is missing or another`, VERIFY);
  }
  for (const claim of [noted, witnessed]) {
    if (claim === undefined) continue;
    if (claim.origin !== originOf(chainId))
      return refuse(`a checkpoint speaks of ${claim.origin}, another chain`, RESTORE);
    if (claim.size > size) {
      return refuse(`it ends at event ${size}, but a checkpoint speaks of ${claim.size}: it was rolled back`, RESTORE);
    }
    if (claim.size === size && !claim.root.equals(frontierRoot(head.frontier))) {
      return refuse("its events are not those of its last checkpoint", VERIFY);
    }
  }
  return { ok: true, tables, signer, chainId, head, signed: lastCheckpoint(tables)?.size ?? 0 };
}

function lastNoted(path: string): Checkpoint | undefined {
  const note = readLastNote(path);
  return note === undefined ? undefined : decodeCheckpoint(unverifiedText(note));
}

/** The witness's last checkpoint. A witness that cannot be written is a fault: the operator relies on it. */
function openWitness(path: string): Checkpoint | Fault | undefined {
  try {
    closeSync(openSync(path, "a", 0o600));
    return lastNoted(path);
  } catch (error) {
    return storageFault("the witness file cannot be written", error);
  }
}

/** Writes the identity unless another process was quicker, and answers the one that counts. */
function establish(environment: Environment, tables: Tables, chainId: string, key: string): Identity {
  const mine: Identity = { format: FORMAT, chain_id: chainId, key };
  return environment.transactionSync(() => {
    const theirs = readIdentity(tables);
    if (theirs !== undefined && theirs !== "damaged") return theirs;
    tables.meta.putSync("identity", Buffer.from(JSON.stringify(mine)));
    return mine;
  });
}

const VERIFY = "run `tollgate chain verify` to see what is wrong";
const RESTORE = "restore the state directory from a backup, or move it away to begin a new chain";

function refuse(why: string, nextStep: string): { ok: false; fault: Fault } {
  return { ok: false, fault: fault("chain", "chain-unwritable", `the chain is refused: ${why}: ${nextStep}`) };
}
