import { type ResolvedSettings, resolveSettings, type SettingsFlags } from "../host/config.ts";
import { ENVIRONMENTS, TOOL_NAMES, WORKERS_MAX } from "../host/config-document.ts";
import type { Arguments } from "./arguments.ts";
import type { CommandContext, OptionSpecs } from "./command.ts";

/** Options of every command that opens a host or looks at its configuration. */
export const SETTINGS_OPTIONS: OptionSpecs = {
  config: { kind: "value", placeholder: "FILE", description: "read this tollgate.json and no other" },
  environment: { kind: "value", placeholder: "NAME", description: "how strict the gate is", choices: ENVIRONMENTS },
  policy: {
    kind: "list",
    placeholder: "FILE",
    description: "a .cedar file instead of the built-in policy; repeatable",
  },
  "state-dir": { kind: "value", placeholder: "DIR", description: "where chain and keys live (mode 0700)" },
  witness: { kind: "value", placeholder: "FILE", description: "repeat each checkpoint here, to notice a rollback" },
  workers: { kind: "value", placeholder: "N", description: "worker threads of the store", range: [1, WORKERS_MAX] },
  "require-signatures": {
    kind: "value",
    placeholder: "yes|no",
    description: "whether deployed tools must be signed; yes outside development",
    choices: ["yes", "no"],
  },
  sudo: { kind: "flag", description: "lift the environment's threshold, never the policy; recorded on the chain" },
};

/** The directories that a command which makes calls may use. */
export const DIR_OPTION: OptionSpecs = {
  dir: { kind: "list", placeholder: "DIR", description: "a root that tools may use; repeatable" },
};

export const TOOL_NAMES_OPTION: OptionSpecs = {
  "tool-names": { kind: "value", placeholder: "STYLE", description: "how MCP lists tools", choices: TOOL_NAMES },
};

/** What the flags, the configuration file and the defaults come to. */
export function settingsOf({ args, ambient }: CommandContext, roots: readonly string[]): Promise<ResolvedSettings> {
  return resolveSettings(flagsOf(args, roots), ambient);
}

function flagsOf(args: Arguments, roots: readonly string[]): SettingsFlags {
  const config = args.value("config");
  const environment = args.choice<NonNullable<SettingsFlags["environment"]>>("environment");
  const stateDirectory = args.value("state-dir");
  const workers = args.number("workers");
  const toolNames = args.choice<NonNullable<SettingsFlags["toolNames"]>>("tool-names");
  const witness = args.value("witness");
  const signatures = args.choice<"yes" | "no">("require-signatures");
  return {
    roots,
    policies: args.list("policy"),
    sudo: args.flag("sudo"),
    ...(config !== undefined && { config }),
    ...(environment !== undefined && { environment }),
    ...(stateDirectory !== undefined && { stateDirectory }),
    ...(workers !== undefined && { workers }),
    ...(toolNames !== undefined && { toolNames }),
    ...(witness !== undefined && { witness }),
    ...(signatures !== undefined && { requireSignatures: signatures === "yes" }),
  };
}
