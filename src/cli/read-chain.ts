import { type Chain, type OpenedChain, openChain } from "../chain/chain.ts";
import type { Ambient } from "../host/settings.ts";
import { type ChainLocation, locateChain } from "./chain-location.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { complain } from "./output.ts";

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

/** The chain that a command is about, opened; an exit code, and why said, where it cannot be. */
export async function chainOf(context: CommandContext): Promise<Chain | ExitCode> {
  const located = await locateChain(context);
  if (typeof located === "number") return located;
  const opened = readChain(located, context.ambient);
  return opened.ok ? opened.chain : complain(context.ambient, opened.fault);
}
