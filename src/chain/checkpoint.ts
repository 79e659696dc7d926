import { DIGEST_BYTES } from "./sha256.ts";

/** What one checkpoint states: the tree of this chain had this root when it had this many events. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** The origin line of a chain's checkpoints; the signing key has the same name. */
export function originOf(chainId: string): string {
  return `tollgate/${chainId}`;
}

/** Origin, tree size, base64 root hash, each on its line (C2SP tlog-checkpoint, "Note text"). */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root.toString("base64")}\n`;
}

/** Reads a checkpoint's text; extension lines are ignored. Undefined where it is not one. */
export function decodeCheckpoint(text: string): Checkpoint | undefined {
  const [origin, size, root] = text.split("\n");
  if (!origin || size === undefined || root === undefined || !text.endsWith("\n")) return undefined;
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) return undefined;
  const bytes = Buffer.from(root, "base64");
  if (bytes.length !== DIGEST_BYTES || bytes.toString("base64") !== root) return undefined;
  return { origin, size: Number(size), root: bytes };
}

/** The text of a note, signatures not looked at. For questions that ask for a signature, use `openNote`. */
export function unverifiedText(note: string): string {
  return note.slice(0, note.lastIndexOf("\n\n") + 1);
}
