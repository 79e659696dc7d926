import type { Environment } from "../contract/decision.ts";
import type { Limits, ToolLimits } from "../contract/limits.ts";

/** How tools are named in MCP lists: `fs_read_file` or `fs.read_file`. Both spellings are accepted in calls. */
export type ToolNames = "underscore" | "dotted";

/** What becomes of a job's firings that nobody was there for: one of them is made up for, or none. */
export type CatchUp = "once" | "skip";

/** A program that the operator allows agents of a native template to be. Paths are absolute. */
export interface NativeCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** What flags, `tollgate.json` and defaults come to: every path is absolute, every value was checked. */
export interface HostSettings {
  /** Real paths of existing directories, without duplicates; the first is the default. Never empty. */
  readonly roots: readonly string[];
  /** How a root was given, by its real path, where that differs: a symbolic link stays usable by its own name. */
  readonly rootSpellings: Readonly<Record<string, string>>;
  readonly environment: Environment;
  /** Real paths of `.cedar` files; empty for the built-in `policy/default.cedar`. */
  readonly policies: readonly string[];
  /** Effect thresholds that differ from the environment's own, 0 … √5. */
  readonly thresholds: Partial<Record<Environment, number>>;
  /** Ceilings that differ from `LIMIT_CEILINGS`; each is at most that. */
  readonly limits: Partial<Limits>;
  /** Limits of single tools that differ from what their manifests ask for; `limits` holds above them. */
  readonly toolLimits: ToolLimits;
  /** Where chain, keys and approvals live: the real path, as far as it exists yet. */
  readonly stateDirectory: string;
  /** Lifts the environment layer of the gate, never governance. Only a flag can set it. */
  readonly sudo: boolean;
  /** Worker threads of the store, 1 … 64; absent for the store's own choice. */
  readonly workers?: number;
  readonly toolNames: ToolNames;
  /** Real path of a file outside the state directory that repeats the chain's last checkpoint. */
  readonly witness?: string;
  /** Deployed tools without a signature are not run. On outside development where the operator says nothing. */
  readonly requireSignatures: boolean;
  /** Environment variables that may be read through tools; none by default. */
  readonly envNames: readonly string[];
  /** Agents that may run at once; 64 by default. */
  readonly agentLimit: number;
  readonly nativeCommands: Readonly<Record<string, NativeCommand>>;
  readonly cronCatchUp: CatchUp;
  /**
   * Every `tollgate.json` that a start would read, there or not, what the one in force really is, and every link that
   * leads to a policy: tools cannot write any of them.
   */
  readonly configFiles: readonly string[];
}

/** The authority that the operating system gave this process. `main.ts` reads it and hands it on as a value. */
export interface Ambient {
  /** Arguments after the program's own name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Milliseconds since the Unix epoch. */
  readonly clock: () => number;
  /** `n` bytes from a cryptographic source. */
  readonly random: (n: number) => Uint8Array;
  /** Folder that holds `dist/`, `manifests/`, `policy/`, `schema/` and `package.json`; ends with a slash. */
  readonly packageRoot: URL;
  /** The running Node.js. */
  readonly execPath: string;
}
