import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Chain, openChain } from "../chain/chain.ts";
import type { Answer, Call, ToolHost } from "../contract/call.ts";
import { type Fault, fault } from "../contract/fault.ts";
import type { JsonObject } from "../contract/json.ts";
import { LIMIT_CEILINGS, lowerLimits } from "../contract/limits.ts";
import { createPermitOffice, type RootGrant } from "../contract/permit.ts";
import { safeText } from "../contract/safe-text.ts";
import { type Gate, prepareGate } from "../gate/gate.ts";
import { openStore, type Store } from "../store/store.ts";
import type { ProtectedPath } from "../store/wasi/host.ts";
import { callTool } from "./call.ts";
import { CONFIGURATION_INVALID } from "./config-file.ts";
import { openJournal } from "./journal.ts";
import { readPolicyFile } from "./policy-files.ts";
import { type Registry, readRegistry } from "./registry.ts";
import type { ValidatorModule } from "./schema-check.ts";
import type { Ambient, HostSettings } from "./settings.ts";
import type { Stages } from "./stages.ts";
import { openStateDirectory } from "./state-directory.ts";
import { openValidatedPolicies } from "./validated-policies.ts";

/** A host with its parts open to the commands that look into it. */
export interface OpenHost extends ToolHost {
  readonly registry: Registry;
  readonly gate: Gate;
  readonly store: Store;
  readonly chain: Chain;
}

/** Calls that may be under way at once; the next one is refused as `overloaded`. */
const CALLS_IN_FLIGHT = 4096;

/**
 * Opens every stage in the order in which they depend on each other, and joins them. Anything in doubt (a policy,
 * a manifest, a module that differs from its seal, a state directory that others can read) refuses the start; what
 * was opened before is closed again.
 */
export async function openHost(
  settings: HostSettings,
  ambient: Ambient,
): Promise<{ ok: true; host: OpenHost } | { ok: false; fault: Fault }> {
  const state = openStateDirectory(settings.stateDirectory);
  if (!state.ok) return state;
  const program = await readProgram(ambient.packageRoot);
  if (!program.ok) return program;
  const { registry, version } = program;

  const roots = settings.roots.map(
    (path): RootGrant => ({
      guestPath: settings.rootSpellings[path] ?? path,
      hostPath: path,
      access: "read-write",
    }),
  );
  const policies = readPolicies(settings.policies, ambient.packageRoot);
  if ("code" in policies) return { ok: false, fault: policies };
  const office = createPermitOffice();
  const prepared = prepareGate(
    {
      mint: office.mint,
      policies,
      manifests: [...registry.values()].map((tool) => tool.manifest),
      environment: settings.environment,
      thresholds: settings.thresholds,
      roots,
      ceilings: lowerLimits(LIMIT_CEILINGS, { ...LIMIT_CEILINGS, ...settings.limits }),
      clock: ambient.clock,
      random: ambient.random,
      sudo: settings.sudo,
      moduleHash: (manifest) => registry.get(manifest.name)?.moduleHash ?? "",
    },
    openValidatedPolicies(state.directory),
  );
  if (!prepared.ok) return prepared;

  const hostId = Buffer.from(ambient.random(6)).toString("hex");
  const opened = openChain({
    directory: state.directory,
    clock: ambient.clock,
    random: ambient.random,
    host: { id: hostId },
    ...(settings.witness !== undefined && { witness: settings.witness }),
  });
  if (!opened.ok) return opened;

  const protectedPaths = whatToolsCannotTouch(settings, ambient.packageRoot);
  const store = openStore({
    redeem: office.redeem,
    workerUrl: new URL("dist/store-worker.js", ambient.packageRoot),
    protectedPaths,
    protectedNames: settings.configFiles.map((file) => basename(file)),
    ...(settings.workers !== undefined && { workers: settings.workers }),
  });
  for (const tool of registry.values()) {
    const loaded = store.load(tool.moduleBytes, tool.moduleHash);
    if (!loaded.ok) return closeAll(store, opened.chain, loaded.fault);
  }
  const started = await opened.chain.append(
    {
      source: "host",
      kind: "host.start",
      payload: {
        host: hostId,
        version,
        environment: settings.environment,
        roots: settings.roots,
        policy_sha256: prepared.gate.policyDigest,
        sudo: settings.sudo,
        open_intents: opened.chain.openIntents().length,
      },
    },
    "committed",
  );
  if ("code" in started) return closeAll(store, opened.chain, started);

  return {
    ok: true,
    host: joinHost({ registry, gate: prepared.gate, store, roots, protectedPaths }, opened.chain, hostId, version),
  };
}

type Opened = Omit<Stages, "journal">;

function joinHost(opened: Opened, chain: Chain, hostId: string, version: string): OpenHost {
  let calls = 0;
  let inFlight = 0;
  let closing: Promise<void> | undefined;
  const stages: Stages = {
    ...opened,
    journal: (call, args) =>
      openJournal((draft, durability) => chain.append(draft, durability), `${hostId}-${++calls}`, call, args),
  };

  const call = async (request: Call): Promise<Answer> => {
    if (closing !== undefined)
      return { kind: "fault", fault: fault("host", "shutting-down", "the host is shutting down: start it again") };
    if (inFlight >= CALLS_IN_FLIGHT) {
      return {
        kind: "fault",
        fault: fault("request", "overloaded", "too many calls are under way: wait for answers, then call again", {
          limit: CALLS_IN_FLIGHT,
        }),
      };
    }
    inFlight++;
    try {
      return await callTool(stages, request);
    } catch (error) {
      // A bug: the caller gets a fixed text, the chain what is needed to find it.
      const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      await chain.append(
        {
          source: "host",
          kind: "host.bug",
          payload: { tool: request.tool.slice(0, 64), detail: detail.slice(0, 2000) },
        },
        "committed",
      );
      return {
        kind: "fault",
        fault: fault(
          "host",
          "internal",
          "the host failed on this call: the detail is on the chain, see tollgate chain tail",
        ),
      };
    } finally {
      inFlight--;
    }
  };

  const tools = [...opened.registry.values()].map((tool) => tool.manifest);
  const close = async (reason: string): Promise<void> => {
    await opened.store.close();
    await chain.append({ source: "host", kind: "host.stop", payload: { host: hostId, reason } }, "committed");
    await chain.close();
  };
  return {
    version,
    roots: opened.roots.map((root) => root.guestPath),
    registry: opened.registry,
    gate: opened.gate,
    store: opened.store,
    chain,
    tools: () => tools,
    call,
    close: (reason) => (closing ??= close(reason)),
  };
}

/** Ends what a failed start had opened, and answers with why it failed. */
async function closeAll(store: Store, chain: Chain, reason: Fault): Promise<{ ok: false; fault: Fault }> {
  await store.close();
  await chain.close();
  return { ok: false, fault: reason };
}

export async function readProgram(
  root: URL,
): Promise<{ ok: true; registry: Registry; version: string } | { ok: false; fault: Fault }> {
  const text = (file: string): JsonObject => JSON.parse(readFileSync(new URL(file, root), "utf8")) as JsonObject;
  try {
    const validators = (await import(new URL("dist/validators.js", root).href)) as ValidatorModule;
    const read = readRegistry({
      manifests: new URL("manifests/", root),
      modules: new URL("dist/tools/", root),
      validators,
      manifestSchema: text("schema/manifest.schema.json"),
    });
    return read.ok ? { ...read, version: String(text("package.json").version) } : read;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      fault: fault(
        "host",
        "internal",
        `the program is not whole: ${why}: run npm run build, or install tollgate again`,
      ),
    };
  }
}

function readPolicies(files: readonly string[], root: URL): { name: string; text: string }[] | Fault {
  const sources: (string | URL)[] = files.length > 0 ? [...files] : [new URL("policy/default.cedar", root)];
  const policies: { name: string; text: string }[] = [];
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
function whatToolsCannotTouch(settings: HostSettings, packageRoot: URL): ProtectedPath[] {
  const readOnly = [
    ...settings.configFiles,
    ...settings.policies,
    ...(settings.witness === undefined ? [] : [settings.witness]),
  ];
  return [
    { hostPath: settings.stateDirectory, access: "none" },
    ...readOnly.map((hostPath): ProtectedPath => ({ hostPath, access: "read-only" })),
    ...["dist", "manifests", "policy", "schema"].map(
      (name): ProtectedPath => ({
        hostPath: join(decodeURIComponent(packageRoot.pathname), name),
        access: "read-only",
      }),
    ),
  ];
}
