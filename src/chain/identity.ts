import { hash } from "node:crypto";

/**
 * A chain is named after the key that signs its checkpoints: 128 bits of the public key's digest in hex. So a
 * chain with another key is another chain, and its name says so.
 */
export function chainIdOf(publicKey: Uint8Array): string {
  const domain = Buffer.from("tollgate.chain.id.v1\n");
  return hash("sha256", Buffer.concat([domain, publicKey]), "hex").slice(0, 32);
}
