import type { EffectVector } from "./effect.ts";
import type { JsonObject } from "./json.ts";
import type { Limits } from "./limits.ts";
import type { Sha256 } from "./units.ts";

/** MCP tool annotations; all four are always stated (MCP 2025-06-18, server/tools). */
export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/**
 * What an argument names: a `path`, an `agent` by its pid, a `topic` or a pattern of topics, or a `name` of anything
 * else, such as an environment variable, a template, a job or a service.
 */
export const RESOURCE_KINDS = ["path", "agent", "topic", "name"] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/**
 * An argument that names something which policy speaks about: the gate decides every action in `actions` on it. An
 * absent argument stands for `default`; without a default it is skipped.
 */
export interface ResourceArgument {
  readonly argument: string;
  readonly kind: ResourceKind;
  readonly actions: readonly string[];
  readonly default?: string;
}

/** A tool's contract: what it is and what it may do. Read from `manifests/<name>.json`, checked before use. */
export interface ToolManifest {
  /** A `template` is what an agent's messages are handled by: not listed, and run only by the host. Absent is a tool. */
  readonly kind?: "tool" | "template";
  /** Dotted identity, `^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`, at most 40 characters. */
  readonly name: string;
  readonly title: string;
  /** At most 2 KiB, plain text. */
  readonly description: string;
  readonly category: string;
  /** JSON Schema 2020-12 of the arguments, `additionalProperties: false`. */
  readonly parameters: JsonObject;
  /** JSON Schema 2020-12 of the answer; of a tool whose result is `content`, of the `structuredContent` beside it. */
  readonly output: JsonObject;
  /** The answer is a document of blocks, see `contract/content.ts`; absent where it is an object that meets `output`. */
  readonly result?: "content";
  /** Of a deployed tool whose result is `content`: whether it may ask the person behind its caller. */
  readonly asks?: true;
  /** The gate action, for example `tool.fs.read`. */
  readonly action: string;
  readonly effect: EffectVector;
  readonly annotations: ToolAnnotations;
  readonly limits: Limits;
  readonly filesystem: "none" | "read-only" | "read-write";
  readonly resources: readonly ResourceArgument[];
  /** Whether it is told the time, and may wait. */
  readonly clock?: boolean;
  /** Whether it is given randomness. */
  readonly random?: boolean;
  /** Names of functions in the import module `tollgate` that the guest may import. */
  readonly hostCalls: readonly string[];
  /** File name of the compiled module, pinned in `seal.json`. */
  readonly module: string;
  /** Of a tool that an operator deployed: which version of it this is. What ships with the program has none. */
  readonly version?: string;
  /** Of a deployed tool: the directories that it may use, and no other. What ships may use all roots. */
  readonly folders?: readonly FolderNeed[];
  /** Of a deployed tool: environment variables that it is given, where the operator lists them. */
  readonly env?: readonly string[];
  /** Of a deployed tool: tools that it may call, by name or prefix, each through the gate and within what its caller holds. */
  readonly calls?: readonly string[];
  /** Of a deployed tool: what it may ask of the network. */
  readonly http?: readonly HttpNeed[];
  /** Of a deployed tool: the command that its module, which is then the shell's, runs at every call. */
  readonly shell?: SavedCommand;
}

/** The `output` of a tool that answers blocks and nothing beside them. */
export const NO_OUTPUT: JsonObject = Object.freeze({ type: "object", additionalProperties: false, properties: {} });

/** Whether every answer of the tool that is no error holds an object that meets its `output`. */
export const answersObject = ({ result, output }: Pick<ToolManifest, "result" | "output">): boolean =>
  result !== "content" || Object.keys((output.properties ?? {}) as object).length > 0;

/** A command of the shell that an operator saved as a tool. A caller gives values of shell variables and nothing else. */
export interface SavedCommand {
  /** A script of the bash language, at most {@link COMMAND_BYTES} of UTF-8. */
  readonly command: string;
  /** Of the command's UTF-8. */
  readonly sha256: Sha256;
  /** Where it begins: one of the tool's folders, or below one. Absent is the first. */
  readonly cwd?: string;
  /** After how long it is ended, with exit code 124. */
  readonly timeoutMs?: number;
}

/** Of the longest command that can be saved, in bytes of UTF-8. */
export const COMMAND_BYTES = 65_536;

/** The tool whose module runs saved commands. */
export const SHELL_TOOL = "shell.exec";

/** What its module imports of the store's own host calls, and so does that of every saved command. */
export const SHELL_HOST_CALLS: readonly string[] = ["fd_mode_set", "path_status_get"];

/** One place on the network that a deployed tool may ask, in these ways and no other. */
export interface HttpNeed {
  /** `https://host` or `https://host:port`. */
  readonly origin: string;
  readonly methods: readonly string[];
  /** What a path begins with, by whole segments. */
  readonly path: string;
}

/** The gate action of what a deployed tool may ask of the network, decided on each origin. */
export const HTTP_ACTION = "tool.plugin.http";

/** A directory that a deployed tool may use. */
export interface FolderNeed {
  /** Below the host's first root, in normal form and without a leading slash; `.` is that root itself. */
  readonly path: string;
  readonly access: "read-only" | "read-write";
}

/** What policy decides on such a directory. Whoever may write to one may also remove what is in it. */
export const FOLDER_ACTIONS: Readonly<Record<FolderNeed["access"], readonly string[]>> = {
  "read-only": ["tool.fs.read"],
  "read-write": ["tool.fs.read", "tool.fs.write", "tool.fs.delete"],
};

/** The gate action of every deployed tool, decided on the tool itself beside all that a call names. */
export const PLUGIN_ACTION = "tool.plugin.run";
