import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Environment } from "../contract/decision.ts";
import type { Fault } from "../contract/fault.ts";
import { safeText } from "../contract/safe-text.ts";
import type { ConfigDocument } from "./config-document.ts";
import { type ConfigFile, configLocations } from "./config-file.ts";
import { isWithin, realPathOfExisting, resolveRoots, type WantedRoot } from "./roots.ts";
import type { Ambient, HostSettings, NativeCommand, ToolNames } from "./settings.ts";
import { complainer, notExpanded, resolveStateLocation } from "./state-location.ts";
import { expandPath } from "./xdg.ts";

/** What the command line says. Paths are as typed; an absent member leaves the word to the file. */
export interface SettingsFlags {
  readonly roots: readonly string[];
  readonly config?: string;
  readonly environment?: Environment;
  readonly policies: readonly string[];
  readonly stateDirectory?: string;
  readonly workers?: number;
  readonly toolNames?: ToolNames;
  readonly witness?: string;
  readonly requireSignatures?: boolean;
  readonly sudo: boolean;
}

const AGENT_LIMIT = 64;

export type ResolvedSettings =
  | { readonly ok: true; readonly settings: HostSettings; readonly file: ConfigFile | undefined }
  | { readonly ok: false; readonly fault: Fault };

/**
 * Settings from flags, then the one `tollgate.json` in force, then defaults. Everything named must be there and
 * usable now; whatever is in doubt is a fault with one line for a person, never a default instead.
 *
 * A `tollgate.json` that was only found in the current directory may have come with a repository: it can grant
 * directories below its own folder, and it cannot say where state or witness are written.
 */
export async function resolveSettings(
  flags: SettingsFlags,
  ambient: Pick<Ambient, "cwd" | "env">,
): Promise<ResolvedSettings> {
  const { cwd, env } = ambient;
  const located = await resolveStateLocation(flags, ambient);
  if (!located.ok) return located;
  const { file, stateDirectory, witness } = located;
  const document: ConfigDocument = file?.document ?? {};
  const base = file === undefined ? cwd : dirname(file.path);
  const complain = complainer(file);

  const wanted = wantedRoots(flags, file, base, ambient);
  if ("message" in wanted) return complain(wanted.message, wanted.at);
  const resolved = resolveRoots(wanted.roots, stateDirectory);
  if ("message" in resolved) return complain(resolved.message, wanted.at(resolved.index));
  if (file?.origin === "directory" && flags.roots.length === 0 && document.roots !== undefined) {
    const folder = realPathOfExisting(base);
    const outside = resolved.roots.findIndex((root) => !isWithin(folder, root));
    if (outside !== -1) {
      return complain(
        `root ${safeText(resolved.roots[outside] as string, 300)} is outside of this file's folder: name the file with --config, or the root on the command line`,
        ["roots"],
      );
    }
  }

  const policies: string[] = [];
  const links: string[] = [];
  const fromFlags = flags.policies.length > 0;
  for (const [index, text] of (fromFlags ? flags.policies : (document.policies ?? [])).entries()) {
    const at = fromFlags ? undefined : ["policies", index];
    const path = expandPath(text, fromFlags ? cwd : base, env);
    if (path === undefined) return complain(notExpanded(text), at);
    const wrong = whyNotAPolicy(path);
    if (wrong !== undefined) return complain(`policy ${safeText(path, 300)} ${wrong}`, at);
    const real = realPathOfExisting(path);
    if (!policies.includes(real)) policies.push(real);
    // What a tool could not write it could still replace, were the link to it not guarded as well.
    if (real !== path) links.push(path);
  }

  for (const [key, granted] of [
    ["env", document.env],
    ["agents", document.agents?.native],
    ["toolLimits", document.toolLimits],
  ] as const) {
    if (granted === undefined || file?.origin !== "directory") continue;
    const what = key === "agents" ? `"agents.native"` : `"${key}"`;
    return complain(`${what} is not taken from a file that was only found here: name the file with --config`, [key]);
  }
  const native = nativeCommands(document, base, env);
  if ("message" in native) return complain(native.message, native.at);

  // A file that may have come with a repository can ask for more than the default, never for less.
  if (document.requireSignatures === false && file?.origin === "directory") {
    return complain(
      `"requireSignatures": false is not taken from a file that was only found here: name the file with --config`,
      ["requireSignatures"],
    );
  }
  const environment = flags.environment ?? document.environment ?? "development";
  const workers = flags.workers ?? document.workers;
  const settings: HostSettings = {
    roots: resolved.roots,
    rootSpellings: resolved.spellings,
    environment,
    requireSignatures: flags.requireSignatures ?? document.requireSignatures ?? environment !== "development",
    policies,
    thresholds: document.thresholds ?? {},
    limits: document.limits ?? {},
    toolLimits: document.toolLimits ?? {},
    stateDirectory: realPathOfExisting(stateDirectory),
    sudo: flags.sudo,
    ...(workers !== undefined && { workers }),
    toolNames: flags.toolNames ?? document.toolNames ?? "underscore",
    envNames: document.env ?? [],
    agentLimit: document.agents?.limit ?? AGENT_LIMIT,
    nativeCommands: native.commands,
    cronCatchUp: document.cron?.catchUp ?? "once",
    ...(witness !== undefined && { witness: realPathOfExisting(witness) }),
    configFiles: [
      ...new Set([...(file === undefined ? [] : withTarget(file.path)), ...configLocations(ambient), ...links]),
    ],
  };
  return { ok: true, settings, file };
}

/** A path and, where that is another, what it really is. */
const withTarget = (path: string): string[] => [path, realPathOfExisting(path)];

type Wanted =
  | { readonly roots: readonly WantedRoot[]; at(index: number): readonly (string | number)[] | undefined }
  | { readonly message: string; readonly at?: readonly (string | number)[] };

/** Directories of the command line, else of the file, else the current one. */
function wantedRoots(
  flags: SettingsFlags,
  file: ConfigFile | undefined,
  base: string,
  { cwd, env }: Pick<Ambient, "cwd" | "env">,
): Wanted {
  const explicit = flags.roots.length > 0;
  const written = explicit ? flags.roots : file?.document.roots;
  if (written === undefined) return { roots: [{ path: cwd, explicit: false }], at: () => undefined };
  const roots: WantedRoot[] = [];
  for (const [index, text] of written.entries()) {
    const path = expandPath(text, explicit ? cwd : base, env);
    if (text === "") return { message: "a root is empty: name a directory" };
    if (path === undefined)
      return explicit ? { message: notExpanded(text) } : { message: notExpanded(text), at: ["roots", index] };
    roots.push({ path, explicit });
  }
  return { roots, at: (index) => (explicit ? undefined : ["roots", index]) };
}

type Native =
  | { readonly commands: HostSettings["nativeCommands"] }
  | { readonly message: string; readonly at: readonly (string | number)[] };

/** Programs of native agents, each a file that can be run now; nothing is looked up on a search path. */
function nativeCommands(document: ConfigDocument, base: string, env: Ambient["env"]): Native {
  const commands: Record<string, NativeCommand> = {};
  for (const [name, { command, args = [], directory = "." }] of Object.entries(document.agents?.native ?? {})) {
    const at = (key: string) => ["agents", "native", name, key];
    const program = expandPath(command, base, env);
    if (program === undefined) return { message: notExpanded(command), at: at("command") };
    const folder = expandPath(directory, base, env);
    if (folder === undefined) return { message: notExpanded(directory), at: at("directory") };
    try {
      if (!statSync(program).isFile()) throw Object.assign(new Error(), { code: "not a file" });
      accessSync(program, constants.X_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return { message: `the program ${safeText(program, 300)} cannot be run: ${code}`, at: at("command") };
    }
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      return { message: `the directory ${safeText(folder, 300)} is not one`, at: at("directory") };
    }
    commands[name] = { command: program, args, cwd: folder };
  }
  return { commands };
}

function whyNotAPolicy(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return "is not a regular file";
    accessSync(path, constants.R_OK);
    return readFileSync(path, "utf8").trim() === "" ? "is empty: a policy with no rule permits nothing" : undefined;
  } catch (error) {
    return `cannot be read: ${(error as NodeJS.ErrnoException).code}: give a readable .cedar file`;
  }
}
