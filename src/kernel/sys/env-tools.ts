import { refused } from "../fault.ts";
import type { KernelTools } from "../kernel-tool.ts";

export interface EnvironmentOptions {
  /** Names that the operator listed. */
  readonly envNames: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** `sys.env.get`: as the gate has decided before, only names that the operator listed and, for an agent, that it holds. Others are refused alike, set or not. */
export function environmentTools({ envNames, environment }: EnvironmentOptions): KernelTools {
  const listed = new Set(envNames);
  return {
    "sys.env.get"(caller, args) {
      const name = String(args.name);
      if (!listed.has(name) || caller.capabilities?.env.includes(name) === false) {
        return refused(
          "permission-denied",
          `the environment variable ${name.slice(0, 100)} is not one that ${caller.principal} may read: the operator lists those in the configuration`,
        );
      }
      const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
      if (value === undefined) {
        return refused("env-unset", `the environment variable ${name} is listed, and not set for this host`);
      }
      return { name, value };
    },
  };
}
