import type { Chain } from "../../chain/chain.ts";
import type { Answer } from "../../contract/call.ts";
import type { JsonObject } from "../../contract/json.ts";
import { ceilingsOf, limitsOfTool } from "../../contract/limits.ts";
import type { ClientInbox } from "../../contract/messages.ts";
import type { RootGrant } from "../../contract/permit.ts";
import type { StateReader } from "../../contract/state.ts";
import { templateOfTool, toolOfTemplate } from "../../contract/template-contract.ts";
import type { Gate } from "../../gate/gate.ts";
import { openAgents } from "../../kernel/agents/agents.ts";
import type { Templates } from "../../kernel/agents/options.ts";
import type { Caller } from "../../kernel/caller.ts";
import { cronTools } from "../../kernel/cron/cron-tools.ts";
import { startScheduler } from "../../kernel/cron/scheduler.ts";
import { sweepClients } from "../../kernel/ipc/client-address.ts";
import { openClientInbox } from "../../kernel/ipc/client-inbox.ts";
import { bury } from "../../kernel/ipc/dead-letters.ts";
import { openDoorbell } from "../../kernel/ipc/doorbell.ts";
import { type IpcOptions, ipcTools } from "../../kernel/ipc/ipc-tools.ts";
import { openRequests, type Requests } from "../../kernel/ipc/request.ts";
import { beyondReach } from "../../kernel/ipc/scope.ts";
import { route } from "../../kernel/ipc/send.ts";
import { removeSubscriptions } from "../../kernel/ipc/subscriptions.ts";
import type { KernelTools } from "../../kernel/kernel-tool.ts";
import { kvTools } from "../../kernel/kv/kv-tools.ts";
import { DAMAGED, lookAtRow } from "../../kernel/rows.ts";
import { serviceTools } from "../../kernel/services/service-tools.ts";
import { createSignals } from "../../kernel/signals.ts";
import { hostTools } from "../../kernel/sys/host-tools.ts";
import { sysTools } from "../../kernel/sys/sys-tools.ts";
import type { ResourceTree } from "../../kernel/tree/tree.ts";
import { treeTools } from "../../kernel/tree/tree-tools.ts";
import type { HostCallContext } from "../../store/host-calls.ts";
import type { Store } from "../../store/store.ts";
import type { AgentFacts } from "../facts.ts";
import type { Registry } from "../registry.ts";
import type { Ambient, HostSettings } from "../settings.ts";
import type { ToolSet } from "../tools/tool-set.ts";
import { agentFacts } from "./agent-facts.ts";
import { handleMessages } from "./handle-messages.ts";
import { hostFacts, hostMetrics } from "./host-figures.ts";
import { callsOfRuns } from "./nested-calls.ts";
import type { Run } from "./run.ts";
import { runJobs } from "./run-jobs.ts";
import { probedServices } from "./services.ts";

/** What the kernel is joined to. */
export interface KernelParts {
  readonly chain: Chain;
  readonly hostId: string;
  /** Of tollgate. */
  readonly version: string;
  readonly ambient: Pick<Ambient, "clock" | "env">;
  readonly settings: HostSettings;
  readonly stateDirectory: string;
  readonly roots: readonly RootGrant[];
  /** The tools that ship, templates among them. */
  readonly registry: Registry;
  /** All tools that can be called, and templates, as they are at each look. */
  readonly callable: ToolSet;
  /** Called when another process may have changed the state. */
  readonly onElsewhere: () => void;
  readonly gate: Gate;
  readonly store: Store;
  readonly tree: ResourceTree;
  readonly run: Run;
  /** Takes up no agents of other hosts and fires no jobs. */
  readonly standby: boolean;
}

/** What stands behind the tools that act on agents, messages, jobs and the system. */
export interface HostKernel {
  readonly tools: KernelTools;
  /** A tool call by the run of an agent's template. */
  callAs(context: HostCallContext, tool: string, args: JsonObject): Promise<Answer>;
  readonly agentFacts: AgentFacts;
  readonly inbox: ClientInbox;
  readonly requests: Requests;
  /** Ends what is in hand, and leaves agents and jobs to other hosts. Idempotent; never rejects. */
  close(): Promise<void>;
}

/**
 * Joins the parts of the kernel to the chain, to the store by way of `run`, and to the other hosts on this state directory
 * by the doorbell. From then on agents handle what is in their inboxes.
 */
export function openKernel(parts: KernelParts): HostKernel {
  const { chain, hostId, ambient, settings, run } = parts;
  const signals = createSignals();
  const doorbell = openDoorbell({
    directory: parts.stateDirectory,
    moved: () => chain.sequence(),
    onRing() {
      parts.onElsewhere();
      signals.tell({ kind: "elsewhere" });
    },
  });
  const isOwn = (pid: number) => {
    const agent = chain.read((state) => lookAtRow(state, "agent", pid));
    return agent !== DAMAGED && agent?.host === hostId;
  };
  signals.listen((signal) => {
    if (signal.kind === "elsewhere") return;
    // Mail for what runs here concerns no other host.
    if (signal.kind === "mail" && isOwn(signal.pid)) return;
    doorbell.ring();
  });
  const ipc: IpcOptions = {
    ledger: chain,
    signals,
    hostId,
    courier: (pid, sending) => agents.deliver(pid, sending),
  };
  const requests = openRequests(ipc);
  const inbox = openClientInbox({ ...ipc, awaits: requests.awaits });
  const agents = openAgents({
    ledger: chain,
    signals,
    clock: ambient.clock,
    hostId,
    roots: parts.roots.map(({ guestPath, access }) => ({ path: guestPath, access })),
    env: settings.envNames,
    templates: templatesAmong(parts.callable, settings),
    handle: handleMessages(run),
    post: {
      route: (state, sending, target) => route(state, sending, target),
      bury,
      unsubscribe: (state, pid) => removeSubscriptions(state, pid, "host"),
    },
    native: settings.nativeCommands,
    maxAgents: settings.agentLimit,
    standby: parts.standby,
  });
  const roots = parts.roots.map(({ guestPath }) => guestPath);
  const mayReach = (state: StateReader, sender: Caller, pid: number) => beyondReach(state, sender, pid);
  const scheduler = parts.standby
    ? undefined
    : startScheduler({
        ...ipc,
        clock: ambient.clock,
        roots,
        catchUp: settings.cronCatchUp,
        mayReach,
        runCommand: runJobs(run, agents),
      });
  const services = probedServices({ ...parts, agentLimit: settings.agentLimit });
  void sweepClients(chain).catch(() => {});
  const close = async () => {
    await requests.close();
    await scheduler?.close();
    await agents.close();
    await inbox.close();
    doorbell.close();
  };
  let closing: Promise<void> | undefined;
  return {
    tools: {
      ...agents.tools,
      ...ipcTools(ipc),
      ...cronTools({
        ...ipc,
        roots,
        mayReach,
        hasTool: (name) => parts.callable.has(name) && parts.callable.get(name)?.manifest.kind !== "template",
      }),
      ...treeTools({ ledger: chain, tree: parts.tree }),
      ...serviceTools({ services, monotonic: () => performance.now() }),
      ...kvTools({ ledger: chain }),
      ...hostTools({ facts: hostFacts(parts.version), metrics: hostMetrics(parts) }),
      ...sysTools({ chain, envNames: settings.envNames, environment: ambient.env }),
    },
    callAs: callsOfRuns(agents, run),
    agentFacts: agentFacts(chain),
    inbox,
    requests,
    close() {
      closing ??= close().catch(() => {});
      return closing;
    },
  };
}

/** The templates among the tools that can be called: those that ship, and the deployed ones that are active. */
function templatesAmong(
  tools: ToolSet,
  { limits, toolLimits }: Pick<HostSettings, "limits" | "toolLimits">,
): Templates {
  const ceilings = ceilingsOf(limits);
  const find = (template: string) => {
    const manifest = tools.get(toolOfTemplate(template))?.manifest;
    return manifest?.kind === "template" ? manifest : undefined;
  };
  return {
    names: () =>
      [...tools.values()]
        .filter(({ manifest }) => manifest.kind === "template")
        .map(({ manifest }) => templateOfTool(manifest.name)),
    has: (template) => find(template) !== undefined,
    fuel: (template) => {
      const manifest = find(template);
      return manifest && limitsOfTool(manifest, toolLimits, ceilings).fuel;
    },
  };
}
