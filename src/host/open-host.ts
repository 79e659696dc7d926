import { type Chain, openChain } from "../chain/chain.ts";
import type { ToolHost } from "../contract/call.ts";
import type { EventDraft } from "../contract/chain-event.ts";
import { type Fault, fault, isFault } from "../contract/fault.ts";
import type { Authority } from "../contract/permit.ts";
import { safeText } from "../contract/safe-text.ts";
import type { Change } from "../contract/state.ts";
import type { Gate } from "../gate/gate.ts";
import type { Requests } from "../kernel/ipc/request.ts";
import { createTree } from "../kernel/tree/tree.ts";
import { openStore, type Store } from "../store/store.ts";
import { callTool } from "./call.ts";
import { openHistory } from "./history.ts";
import { httpHostCall } from "./http/http-host-call.ts";
import { type Append, openJournal } from "./journal.ts";
import { callsOfKernel } from "./kernel/late-calls.ts";
import { type HostKernel, openKernel } from "./kernel/open-kernel.ts";
import type { Run } from "./kernel/run.ts";
import { SERVICES } from "./kernel/services.ts";
import { type PreparedHost, prepareHost } from "./prepare-host.ts";
import type { Ambient, HostSettings } from "./settings.ts";
import type { Stages } from "./stages.ts";
import type { DeployedTools } from "./tools/deployed-tools.ts";
import type { ToolSet } from "./tools/tool-set.ts";
import { toolsOfHost } from "./tools/tools-of-host.ts";

/** A host with its parts open to the commands that look into it. */
export interface OpenHost extends ToolHost {
  readonly registry: ToolSet;
  /** The deployed tools among them, and why others do not run. */
  readonly deployed: DeployedTools;
  readonly gate: Gate;
  readonly store: Store;
  readonly chain: Chain;
  /** Waits for what agents reply to this host's operator. */
  readonly requests: Requests;
  /** Effectful calls of hosts that are gone whose outcome nobody knows, as found at this start. */
  readonly openIntents: number;
  /** Resolves with the reason once the chain cannot be written: nothing is served any more. */
  readonly broken: Promise<Fault>;
  /** Loads policies and compiles every tool in the background, so that the first call is as quick as the next. */
  warm(): Promise<void>;
}

export type OpenedHost = { readonly ok: true; readonly host: OpenHost } | { readonly ok: false; readonly fault: Fault };

/** Calls that may be under way at once; the next one is refused as `overloaded`. */
const CALLS_IN_FLIGHT = 4096;
const NOTHING_GRANTED = { roots: [], streams: [], clock: false, random: false, args: [], env: {} } as const;
const SHUTTING_DOWN = fault("host", "shutting-down", "the host is shutting down: start it again");
const OVERLOADED = fault("request", "overloaded", "too many calls are under way: wait for answers, then call again", {
  limit: CALLS_IN_FLIGHT,
});
const BUG = fault(
  "host",
  "internal",
  "the host failed on this call: the detail is on the chain, see tollgate chain tail",
);

export interface OpenOptions {
  /** For a command that comes and goes: takes up no agents of other hosts and fires no jobs. */
  readonly standby?: boolean;
}

/** Checks and opens a host, see {@link prepareHost} and {@link openPrepared}. */
export async function openHost(
  settings: HostSettings,
  ambient: Ambient,
  options: OpenOptions = {},
): Promise<OpenedHost> {
  const checked = await prepareHost(settings, ambient);
  return checked.ok ? openPrepared(checked.prepared, options) : checked;
}

/**
 * Opens the chain and the store of a host that was checked, joins the stages, and records the start. What was opened
 * is closed again when a later part fails.
 */
export async function openPrepared(prepared: PreparedHost, options: OpenOptions = {}): Promise<OpenedHost> {
  const { settings, ambient, program, gate } = prepared;
  await program.loadChecks();
  const tree = createTree({
    tools: [...program.registry.values()].map(({ manifest, moduleHash }) => ({
      name: manifest.name,
      metadata: { module_sha256: moduleHash, action: manifest.action },
    })),
    services: SERVICES,
  });
  const hostId = Buffer.from(ambient.random(6)).toString("hex");
  const opened = openChain({
    directory: prepared.stateDirectory,
    clock: ambient.clock,
    random: ambient.random,
    host: { id: hostId },
    beforeCheckpoint: tree.recordRoot,
    ...(settings.witness !== undefined && { witness: settings.witness }),
  });
  if (!opened.ok) return opened;
  const { chain } = opened;
  // The store's host calls act on the kernel, which is opened last, because from then on agents run in the store.
  let kernel: HostKernel | undefined;
  const store = openStore({
    hostCalls: {
      ...callsOfKernel(() => kernel),
      "http.request": httpHostCall((draft) => chain.append(draft, "committed")),
    },
    redeem: prepared.redeem,
    workerUrl: new URL("dist/store-worker.js", ambient.packageRoot),
    protectedPaths: prepared.protectedPaths,
    protectedNames: prepared.protectedNames,
    ...(settings.workers !== undefined && { workers: settings.workers }),
  });
  const refuse = async (reason: Fault): Promise<OpenedHost> => {
    await store.close();
    await chain.close();
    return { ok: false, fault: reason };
  };
  for (const tool of program.registry.values()) {
    if (!(tool.moduleBytes instanceof Uint8Array)) {
      store.loadLater(tool.moduleHash, tool.moduleBytes);
      continue;
    }
    const loaded = store.load(tool.moduleBytes, tool.moduleHash);
    if (!loaded.ok) {
      return refuse({ ...loaded.fault, message: `tool ${tool.manifest.name}: ${loaded.fault.message}` });
    }
  }
  const openIntents = chain.openIntents().length;
  const started = await chain.append(
    {
      source: "host",
      kind: "host.start",
      payload: {
        host: hostId,
        version: program.version,
        environment: settings.environment,
        roots: settings.roots,
        policy_sha256: gate.policyDigest,
        sudo: settings.sudo,
        open_intents: openIntents,
      },
    },
    "committed",
  );
  if ("code" in started) return refuse(started);
  const deployed = toolsOfHost(prepared, chain, store, (draft) => void chain.append(draft, "committed"));
  const host = join(prepared, chain, store, deployed, hostId, openIntents, (run) => {
    kernel = openKernel({
      chain,
      hostId,
      version: program.version,
      ambient,
      settings,
      stateDirectory: prepared.stateDirectory,
      roots: prepared.roots,
      registry: program.registry,
      callable: deployed.tools,
      onElsewhere: deployed.refresh,
      gate,
      store,
      tree,
      run,
      standby: options.standby ?? false,
    });
    return kernel;
  });
  return { ok: true, host };
}

const withEvent =
  (change: Change<unknown>, draft: EventDraft): Change<null> =>
  (state) => {
    const done = change(state);
    if (isFault(done)) return done;
    state.event(draft);
    return null;
  };

function join(
  prepared: PreparedHost,
  chain: Chain,
  store: Store,
  deployed: DeployedTools,
  hostId: string,
  openIntents: number,
  open: (run: Run) => HostKernel,
): OpenHost {
  const { gate, roots, protectedPaths } = prepared;
  const { version } = prepared.program;
  const registry = deployed.tools;
  const keeper = openHistory(prepared.ambient.clock);
  let calls = 0;
  let inFlight = 0;
  let unwritable: Fault | undefined;
  let closing: Promise<void> | undefined;
  let tellBroken: (reason: Fault) => void = () => {};
  const broken = new Promise<Fault>((resolve) => {
    tellBroken = resolve;
  });

  // No record, no execution: after the first event that could not be written, nothing runs any more.
  const append: Append = async (draft, durability, change) => {
    let written: Awaited<ReturnType<Append>> | undefined =
      change === undefined ? undefined : await chain.commit(withEvent(change, draft), durability);
    if (written === undefined || ("code" in written && written.code !== "chain-unwritable")) {
      written = await chain.append(draft, durability);
    }
    if ("code" in written && written.code === "chain-unwritable" && closing === undefined) {
      unwritable ??= written;
      tellBroken(unwritable);
    }
    return written;
  };
  const note = (kind: string, payload: EventDraft["payload"]) => append({ source: "host", kind, payload }, "committed");
  const stages: Stages = {
    past: { keeper, history: keeper.historyFor(chain.read) },
    agentFacts: (pid, callerPid) => kernel.agentFacts(pid, callerPid),
    registry,
    gate,
    store,
    roots,
    protectedPaths,
    journal: (call, args, conclude) => openJournal(append, `${hostId}-${++calls}`, call, args, conclude),
  };

  const run: Run = async (request, within) => {
    if (closing !== undefined) return { kind: "fault", fault: SHUTTING_DOWN };
    if (unwritable !== undefined) return { kind: "fault", fault: unwritable };
    if (inFlight >= CALLS_IN_FLIGHT) return { kind: "fault", fault: OVERLOADED };
    inFlight++;
    try {
      return await callTool(stages, request, within);
    } catch (error) {
      // A bug: the caller gets a fixed text, the chain what is needed to find it.
      const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      await note("host.bug", { tool: safeText(request.tool, 64), detail: safeText(detail, 2000) });
      return { kind: "fault", fault: BUG };
    } finally {
      inFlight--;
    }
  };

  const kernel = open(run);
  const close = async (reason: string): Promise<void> => {
    deployed.close();
    await kernel.close();
    await store.close();
    await note("host.stop", { host: hostId, reason });
    await chain.close();
  };
  const listTools = () => [...registry.values()].map((tool) => tool.manifest).filter(({ kind }) => kind !== "template");
  let tools = listTools();
  deployed.onChange(() => {
    tools = listTools();
  });
  return {
    version,
    roots: roots.map((root) => root.guestPath),
    registry,
    deployed,
    gate,
    store,
    chain,
    openIntents,
    broken,
    tools: () => tools,
    onToolsChanged: deployed.onChange,
    call: (request) => run(request),
    inbox: kernel.inbox,
    requests: kernel.requests,
    async warm() {
      await gate.warm();
      // Deployed tools are verified and compiled when they are first called: there may be hundreds.
      for (const { manifest, moduleHash, moduleBytes } of prepared.program.registry.values()) {
        if (closing !== undefined) return;
        if (!(moduleBytes instanceof Uint8Array)) continue;
        const { hostCalls, limits } = manifest;
        await store.warm(moduleHash, { ...NOTHING_GRANTED, hostCalls, limits } satisfies Authority);
      }
    },
    close: (reason) => {
      closing ??= close(reason);
      return closing;
    },
  };
}
