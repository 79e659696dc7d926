import { closeSync, fsyncSync, openSync, writeFileSync } from "node:fs";
import { decodeSigningKey, decodeVerifierKey } from "../chain/signed-note.ts";
import { type Fault, fault, isFault } from "../contract/fault.ts";
import { safeText } from "../contract/safe-text.ts";
import type { Ambient } from "../host/settings.ts";
import { readPlainFile } from "../host/tools/tool-source.ts";
import type { EnvelopeSigner } from "../host/tools/vouch.ts";
import { expandPath } from "../host/xdg.ts";

const KEY_BYTES = 1024;
type Place = Pick<Ambient, "cwd" | "env">;

/** The secret key of a file, and the name in it. The text of a key is in no fault. */
export function readSigningKey(file: string, place: Place): (EnvelopeSigner & { readonly name: string }) | Fault {
  const text = readKeyText(file, place);
  if (isFault(text)) return text;
  const signer = decodeSigningKey(text);
  if (signer === undefined) return refuse(file, "it is not in the form PRIVATE+KEY+name+hash+base64");
  return { name: signer.verifier.name, publicKey: signer.verifier.publicKey, signEnvelope: signer.signEnvelope };
}

/** The public key that is written out, or in a file: `name+hash+base64`. */
export function readPublicKey(
  typed: string,
  place: Place,
): { readonly name: string; readonly key: Uint8Array } | Fault {
  const written = decodeVerifierKey(typed);
  if (written !== undefined) return { name: written.name, key: written.publicKey };
  const text = readKeyText(typed, place);
  if (isFault(text)) return text;
  const verifier = decodeVerifierKey(text);
  return verifier === undefined
    ? refuse(typed, "it is not in the form name+hash+base64")
    : { name: verifier.name, key: verifier.publicKey };
}

function readKeyText(file: string, { cwd, env }: Place): string | Fault {
  const bytes = readPlainFile(expandPath(file, cwd, env) ?? file, KEY_BYTES);
  if (bytes === undefined) return refuse(file, "it is not there");
  return isFault(bytes) ? refuse(file, "it cannot be read") : bytes.toString("utf8");
}

/** Writes a file that is not there yet, and answers why it could not. */
export function writeNewFile(file: string, text: string, mode: number, { cwd, env }: Place): string | undefined {
  const shown = safeText(file, 200);
  try {
    const descriptor = openSync(expandPath(file, cwd, env) ?? file, "wx", mode);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "EEXIST"
      ? `${shown} is there already: give another with --out`
      : `${shown} cannot be written: ${code}`;
  }
}

const refuse = (file: string, why: string): Fault =>
  fault("trust", "key-refused", `${safeText(file, 200)} is no key: ${why}: tollgate key new makes one`);
