import type { Principal } from "../contract/call.ts";
import { NO_CAPABILITIES } from "../contract/capabilities.ts";
import { type Fault, fault } from "../contract/fault.ts";
import { FOLDER_ACTIONS, type FolderNeed, HTTP_ACTION, type ToolManifest } from "../contract/manifest.ts";
import type { RootGrant } from "../contract/permit.ts";
import { safeText } from "../contract/safe-text.ts";
import type { PlacedPath } from "./call-subject.ts";
import { rootsOf } from "./granted-roots.ts";
import type { NamedResource } from "./named-resources.ts";
import { placeInRoots } from "./paths.ts";

/**
 * The folders of a deployed tool as roots of their own, within `roots`: never more access than those and the tool give.
 * Paths are below the first root of the host; what lies in none of `roots` grants nothing.
 */
export function foldersWithin(
  folders: readonly FolderNeed[],
  roots: readonly RootGrant[],
  hostRoots: readonly RootGrant[],
): readonly RootGrant[] {
  const held = folders.flatMap(({ path, access }) => {
    const place = placeInRoots(hostRoots, path);
    return place === undefined ? [] : [{ path: place.path, access }];
  });
  return rootsOf(holderOf(held), roots);
}

const holderOf = (roots: (typeof NO_CAPABILITIES)["roots"]): Principal => ({
  kind: "client",
  id: "",
  capabilities: { ...NO_CAPABILITIES, roots },
});

/**
 * The folders of a deployed tool as what a call names: policy decides on each, because the module may do there what it
 * likes. Refuses where one of them lies in no root of the principal's, or may only be read there.
 */
export function placeFolders(
  { name, folders = [] }: ToolManifest,
  granted: readonly RootGrant[],
  hostRoots: readonly RootGrant[],
): readonly PlacedPath[] | Fault {
  const placed: PlacedPath[] = [];
  for (const { path, access } of folders) {
    const place = placeInRoots(hostRoots, path);
    const grant = place && granted.find(({ guestPath }) => guestPath === place.path);
    if (place === undefined || grant === undefined || (access === "read-write" && grant.access !== "read-write")) {
      return fault(
        "gate",
        "permission-denied",
        `${name} needs ${access} of its folder ${safeText(path, 200)}, which is not granted here`,
      );
    }
    const actions = FOLDER_ACTIONS[access];
    placed.push({ argument: `folder ${path}`, place, actions, kind: "directory" });
  }
  return placed;
}

/** What a deployed tool uses whatever a call says: the environment variables and the places on the network that it names. */
export function namedByTool({ env = [], http = [] }: ToolManifest): readonly NamedResource[] {
  const origins = [...new Set(http.map(({ origin }) => origin))];
  return [
    ...env.map((id): NamedResource => ({ argument: `variable ${id}`, kind: "name", id, actions: ["tool.sys.env"] })),
    ...origins.map((id): NamedResource => ({ argument: `origin ${id}`, kind: "name", id, actions: [HTTP_ACTION] })),
  ];
}
