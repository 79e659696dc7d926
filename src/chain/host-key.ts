import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type Fault, fault } from "../contract/fault.ts";
import { originOf } from "./checkpoint.ts";
import { storageFault } from "./environment.ts";
import { chainIdOf } from "./identity.ts";
import { decodeSigningKey, encodeSigningKey, encodeVerifierKey, type NoteSigner, publicKeyOf } from "./signed-note.ts";

/** The host's secret key, in the state directory, mode 0600. */
export const KEY_FILE = "host.key";
/** Its public half, for the operator to copy. */
export const PUBLIC_KEY_FILE = "host.pub";

const SEED_BYTES = 32;
const KEY_FILE_LIMIT = 1024;

export type LoadedKey =
  | { readonly ok: true; readonly signer: NoteSigner; readonly chainId: string }
  | { readonly ok: false; readonly fault: Fault }
  | { readonly ok: false; readonly fault?: undefined };

/**
 * Reads the host's key. Refuses a key file that is no plain file, that others could read or write, that belongs
 * to another user, or whose parts do not agree with each other; the text never shows up in the fault. Answers
 * without a fault where there is no key file.
 */
export function loadHostKey(directory: string): LoadedKey {
  const path = join(directory, KEY_FILE);
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { ok: false };
    return { ok: false, fault: storageFault(`${KEY_FILE} cannot be read`, error) };
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > KEY_FILE_LIMIT) return refuse("is not a key file", "restore it from a backup");
    if (process.getuid !== undefined) {
      if (stat.uid !== process.getuid())
        return refuse("belongs to another user", "give it to the user that runs tollgate");
      if ((stat.mode & 0o077) !== 0)
        return refuse("can be read by others", "find out who read it, then set its mode to 0600");
    }
    const signer = decodeSigningKey(readFileSync(descriptor, "utf8"));
    if (signer === undefined) return refuse("is damaged", "restore it from a backup");
    const chainId = chainIdOf(signer.verifier.publicKey);
    if (signer.verifier.name !== originOf(chainId)) {
      return refuse("is damaged: its name is not its chain's", "restore it from a backup");
    }
    return { ok: true, signer, chainId };
  } catch (error) {
    return { ok: false, fault: storageFault(`${KEY_FILE} cannot be read`, error) };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Makes the host's key unless another process was quicker, and loads the one that is there then. The file appears
 * under its name only once it is whole and on disk, and never replaces another.
 */
export function createHostKey(directory: string, random: (bytes: number) => Uint8Array): LoadedKey {
  const seed = random(SEED_BYTES);
  const name = originOf(chainIdOf(publicKeyOf(seed)));
  const draft = join(directory, `.${KEY_FILE}-${Buffer.from(random(8)).toString("hex")}`);
  try {
    const descriptor = openSync(draft, "wx", 0o600);
    try {
      writeSync(descriptor, `${encodeSigningKey(name, seed)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    try {
      linkSync(draft, join(directory, KEY_FILE));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      unlinkSync(draft);
    }
  } catch (error) {
    return { ok: false, fault: storageFault(`${KEY_FILE} cannot be made`, error) };
  }
  const loaded = loadHostKey(directory);
  return loaded.ok ? (writePublicKey(directory, loaded.signer) ?? loaded) : loaded;
}

function writePublicKey(directory: string, signer: NoteSigner): { ok: false; fault: Fault } | undefined {
  try {
    writeFileSync(join(directory, PUBLIC_KEY_FILE), `${encodeVerifierKey(signer.verifier)}\n`, { mode: 0o644 });
    return undefined;
  } catch (error) {
    return { ok: false, fault: storageFault(`${PUBLIC_KEY_FILE} cannot be written`, error) };
  }
}

function refuse(what: string, nextStep: string): { ok: false; fault: Fault } {
  return { ok: false, fault: fault("chain", "chain-unwritable", `${KEY_FILE} ${what}: ${nextStep}`) };
}
