import { LIMIT_CEILINGS, type Limits, lowerLimits } from "../contract/limits.ts";
import { type Authority, type RootGrant, STANDARD_STREAMS } from "../contract/permit.ts";

/** What a module may see of the workspace, least first. */
export const FILESYSTEM_SCOPES = ["none", "read-only", "read-write"] as const;
export type FilesystemScope = (typeof FILESYSTEM_SCOPES)[number];

/** What a named module asks for. What is left out is nothing, and the default limits. */
export interface Capabilities {
  readonly limits?: Partial<Limits>;
  readonly filesystem?: FilesystemScope;
  readonly hostCalls?: readonly string[];
  readonly clock?: boolean;
  readonly random?: boolean;
}

/** The most that any module of a registry gets, whatever it asks for. */
export interface Ceilings {
  readonly limits: Limits;
  readonly filesystem: FilesystemScope;
  /** Names of the host calls that may be granted. */
  readonly hostCalls: readonly string[];
  readonly clock: boolean;
  readonly random: boolean;
}

/** Nothing but computation, within the limits that a manifest may ask for at most. */
export const DEFAULT_CEILINGS: Ceilings = {
  limits: LIMIT_CEILINGS,
  filesystem: "none",
  hostCalls: [],
  clock: false,
  random: false,
};

/** The authority of one run: what the module asks for, lowered to the ceilings field by field, never raised. */
export function lowered(
  asked: Capabilities,
  ceilings: Ceilings,
  defaults: Limits,
  workspace: string | undefined,
): Authority {
  const scope = Math.min(
    FILESYSTEM_SCOPES.indexOf(asked.filesystem ?? "none"),
    FILESYSTEM_SCOPES.indexOf(ceilings.filesystem),
  );
  const access = FILESYSTEM_SCOPES[scope] ?? "none";
  const roots: RootGrant[] =
    access === "none" || workspace === undefined ? [] : [{ guestPath: "/", hostPath: workspace, access }];
  return {
    roots,
    hostCalls: (asked.hostCalls ?? []).filter((name) => ceilings.hostCalls.includes(name)),
    streams: STANDARD_STREAMS,
    clock: ceilings.clock && asked.clock === true,
    random: ceilings.random && asked.random === true,
    args: [],
    env: {},
    limits: lowerLimits({ ...defaults, ...asked.limits }, ceilings.limits),
  };
}
