import { type OpenedChain, openChain } from "../chain/chain.ts";
import type { Ambient } from "../host/settings.ts";
import type { ChainLocation } from "./chain-location.ts";

/** Opens the chain to look at it. Nothing is appended; closing signs a tail that no checkpoint covers yet. */
export function readChain({ directory, witness }: ChainLocation, ambient: Ambient): OpenedChain {
  return openChain({
    directory,
    clock: ambient.clock,
    random: ambient.random,
    host: { id: `cli-${Buffer.from(ambient.random(6)).toString("hex")}` },
    ...(witness !== undefined && { witness }),
  });
}
