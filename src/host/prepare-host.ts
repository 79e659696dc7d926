import { basename } from "node:path";
import { type Fault, fault } from "../contract/fault.ts";
import { ceilingsOf } from "../contract/limits.ts";
import { createPermitOffice, type PermitOffice, type RootGrant } from "../contract/permit.ts";
import { safeText } from "../contract/safe-text.ts";
import { type Gate, prepareGate } from "../gate/gate.ts";
import type { PolicySource } from "../gate/policies.ts";
import type { ProtectedPath } from "../store/wasi/host.ts";
import { CONFIGURATION_INVALID } from "./config-file.ts";
import { readPolicyFile } from "./policy-files.ts";
import { decidingFolders, type Program, readProgram } from "./program.ts";
import type { Ambient, HostSettings } from "./settings.ts";
import { openStateDirectory } from "./state-directory.ts";
import { LOCK_FILE } from "./tools/lock-file.ts";
import { openValidatedPolicies } from "./validated-policies.ts";

/** A host whose configuration, tools and policies have been checked, and which has opened nothing yet. */
export interface PreparedHost {
  readonly settings: HostSettings;
  readonly ambient: Ambient;
  readonly program: Program;
  readonly stateDirectory: string;
  readonly gate: Gate;
  readonly roots: readonly RootGrant[];
  /** Given to the store; the other half of the office is the gate's. */
  readonly redeem: PermitOffice["redeem"];
  readonly protectedPaths: readonly ProtectedPath[];
  readonly protectedNames: readonly string[];
}

/**
 * Checks everything that decides what tools may do, before anything is served: the state directory's privacy, the
 * program against its seal, manifests, policies, thresholds. Anything in doubt is a fault with its cause and the
 * next step.
 */
export async function prepareHost(
  settings: HostSettings,
  ambient: Ambient,
): Promise<{ readonly ok: true; readonly prepared: PreparedHost } | { readonly ok: false; readonly fault: Fault }> {
  const state = openStateDirectory(settings.stateDirectory);
  if (!state.ok) return state;
  const program = await readProgram(ambient.packageRoot);
  if (!program.ok) return program;
  const policies = readPolicies(settings.policies, ambient.packageRoot);
  if ("code" in policies) return { ok: false, fault: policies };

  const { registry, built } = program;
  const validated = openValidatedPolicies(state.directory);
  const roots = settings.roots.map((path): RootGrant => {
    return { guestPath: settings.rootSpellings[path] ?? path, hostPath: path, access: "read-write" };
  });
  const office = createPermitOffice();
  const opened = prepareGate(
    {
      mint: office.mint,
      policies,
      manifests: [...registry.values()].map((tool) => tool.manifest),
      environment: settings.environment,
      thresholds: settings.thresholds,
      roots,
      ceilings: ceilingsOf(settings.limits),
      toolLimits: settings.toolLimits,
      envNames: settings.envNames,
      env: Object.fromEntries(
        settings.envNames.flatMap((name) => (ambient.env[name] === undefined ? [] : [[name, ambient.env[name]]])),
      ),
      clock: ambient.clock,
      random: ambient.random,
      sudo: settings.sudo,
      historyRequired: true,
      moduleHash: (manifest) => registry.get(manifest.name)?.moduleHash ?? "",
    },
    { ...validated, has: (digest) => built.madePolicyCheck(digest) || validated.has(digest) },
  );
  if (!opened.ok) return opened;
  return {
    ok: true,
    prepared: {
      settings,
      ambient,
      program,
      stateDirectory: state.directory,
      gate: opened.gate,
      roots,
      redeem: office.redeem,
      protectedPaths: whatToolsCannotTouch(settings, state.directory, ambient.packageRoot),
      protectedNames: [...new Set([...settings.configFiles.map((file) => basename(file)), LOCK_FILE])],
    },
  };
}

function readPolicies(files: readonly string[], root: URL): PolicySource[] | Fault {
  const sources: (string | URL)[] = files.length > 0 ? [...files] : [new URL("policy/default.cedar", root)];
  const policies: PolicySource[] = [];
  for (const source of sources) {
    const read = readPolicyFile(source);
    if (typeof read === "string") {
      const shown = safeText(source instanceof URL ? "default.cedar" : source, 300);
      const code = files.length > 0 ? CONFIGURATION_INVALID : "internal";
      return fault("host", code, `policy ${shown} cannot be read: ${read}: give a readable .cedar file`);
    }
    policies.push(read);
  }
  return policies;
}

/** Whatever decides what tools may do is out of their reach, also when a root contains it. */
function whatToolsCannotTouch(settings: HostSettings, stateDirectory: string, packageRoot: URL): ProtectedPath[] {
  const { configFiles, policies, witness } = settings;
  const readOnly = [
    ...configFiles,
    ...policies,
    ...(witness === undefined ? [] : [witness]),
    ...decidingFolders(packageRoot),
  ];
  return [
    { hostPath: stateDirectory, access: "none" },
    ...readOnly.map((hostPath): ProtectedPath => ({ hostPath, access: "read-only" })),
  ];
}
