import { type Fault, isFault } from "../contract/fault.ts";
import type { Ambient } from "../host/settings.ts";
import type { EnvelopeSigner } from "../host/tools/vouch.ts";
import { readSigningKey } from "./key-files.ts";
import type { ToolDesk } from "./tool-desk.ts";

/** The key of a file, or the host's own where none is named. */
export function signingKey(
  desk: ToolDesk,
  file: string | undefined,
  ambient: Pick<Ambient, "cwd" | "env">,
): EnvelopeSigner | Fault {
  if (file !== undefined) return readSigningKey(file, ambient);
  const own = desk.hostKey();
  return isFault(own) ? own : { publicKey: own.verifier.publicKey, signEnvelope: own.signEnvelope };
}
