import { type Fault, fault } from "../contract/fault.ts";
import { decodeCheckpoint, unverifiedText } from "./checkpoint.ts";
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
): PreparedChain {
  try {
    return prepare(directory, environment, random);
  } catch (error) {
    return { ok: false, fault: storageFault("the chain cannot be opened", error) };
  }
}

function prepare(directory: string, environment: Environment, random: (bytes: number) => Uint8Array): PreparedChain {
  const tables = openTables(environment);
  const last = readLastNote(checkpointPath(directory));
  const noted = last === undefined ? undefined : decodeCheckpoint(unverifiedText(last));
  environment.refresh(); // the file was read first: the tables can only be as new or newer
  let identity = readIdentity(tables);
  if (identity === "damaged") return refuse("its identity is damaged", VERIFY);
  if (identity === undefined && noted !== undefined) {
    return refuse(`${STATE_FILE} is new, but a checkpoint speaks of ${noted.size} events`, RESTORE);
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
  if (noted !== undefined && noted.size > size) {
    return refuse(`it ends at event ${size}, but a checkpoint speaks of ${noted.size}: it was rolled back`, RESTORE);
  }
  if (noted !== undefined && noted.size === size && !noted.root.equals(frontierRoot(head.frontier))) {
    return refuse("its events are not those of its last checkpoint", VERIFY);
  }
  return { ok: true, tables, signer, chainId, head, signed: lastCheckpoint(tables)?.size ?? 0 };
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
