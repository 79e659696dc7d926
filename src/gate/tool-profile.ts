import type { EffectVector } from "../contract/effect.ts";
import { limitsOfTool } from "../contract/limits.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { type Authority, frozenAuthority, STANDARD_STREAMS } from "../contract/permit.ts";
import type { Sha256 } from "../contract/units.ts";
import { isDestination } from "./call-subject.ts";
import type { GateOptions } from "./options.ts";
import { placeInRoots } from "./paths.ts";
import { foldersWithin } from "./tool-folders.ts";

/** What is the same for every call of one tool, worked out once. */
export interface ToolProfile {
  readonly manifest: ToolManifest;
  readonly base: EffectVector;
  readonly authority: Authority;
  readonly needsFacts: readonly string[];
  /** Of a deployed tool: the module that it runs. That of a tool that ships is asked for. */
  readonly module?: Sha256;
}

/** Works out the most that a tool may do: what its manifest asks for, within what the host has to give. */
export function profileOf(
  manifest: ToolManifest,
  options: Pick<GateOptions, "roots" | "ceilings" | "toolLimits" | "env">,
  module?: Sha256,
): ToolProfile {
  const { filesystem, folders } = manifest;
  return {
    ...(module !== undefined && { module }),
    manifest,
    base: Object.freeze({ ...manifest.effect }),
    authority: frozenAuthority({
      roots:
        filesystem === "none"
          ? []
          : folders !== undefined
            ? foldersWithin(folders, options.roots, options.roots)
            : options.roots.map((root) => ({
                ...root,
                access: filesystem === "read-only" ? "read-only" : root.access,
              })),
      hostCalls: manifest.hostCalls,
      streams: STANDARD_STREAMS,
      clock: manifest.clock === true,
      random: manifest.random === true,
      args: savedCommand(manifest, options.roots),
      env: Object.fromEntries(
        (manifest.env ?? []).flatMap((name) => {
          const value = options.env !== undefined && Object.hasOwn(options.env, name) ? options.env[name] : undefined;
          return value === undefined ? [] : [[name, value]];
        }),
      ),
      limits: limitsOfTool(manifest, options.toolLimits, options.ceilings),
    }),
    needsFacts: Object.freeze(
      manifest.annotations.readOnlyHint || folders !== undefined
        ? []
        : manifest.resources
            .filter(({ kind, actions }) => kind === "path" && isDestination(actions))
            .map(({ argument }) => argument),
    ),
  };
}

/**
 * A saved command as the permit names it: what the shell is to run is then a matter of the permit, and nothing that a caller
 * says can be in its place.
 */
function savedCommand({ name, shell }: ToolManifest, hostRoots: GateOptions["roots"]): readonly string[] {
  if (shell === undefined) return [];
  const { command, cwd, timeoutMs } = shell;
  const place = cwd === undefined ? undefined : placeInRoots(hostRoots, cwd);
  return [name, JSON.stringify({ command, cwd: place?.path ?? cwd, timeout_ms: timeoutMs })];
}
