import type { KernelTools } from "../kernel-tool.ts";
import { type ChainView, chainTools } from "./chain-tools.ts";
import { type EnvironmentOptions, environmentTools } from "./env-tools.ts";

/** `sys.chain.status`, `sys.chain.query` and `sys.env.get`. */
export function sysTools(options: EnvironmentOptions & { readonly chain: ChainView }): KernelTools {
  return { ...chainTools(options.chain), ...environmentTools(options) };
}
