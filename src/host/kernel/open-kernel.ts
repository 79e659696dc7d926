import type { Chain } from "../../chain/chain.ts";
import type { Answer } from "../../contract/call.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { ClientInbox } from "../../contract/messages.ts";
import type { RootGrant } from "../../contract/permit.ts";
import { openAgents } from "../../kernel/agents/agents.ts";
import { sweepClients } from "../../kernel/ipc/client-address.ts";
import { openClientInbox } from "../../kernel/ipc/client-inbox.ts";
import { bury } from "../../kernel/ipc/dead-letters.ts";
import { openDoorbell } from "../../kernel/ipc/doorbell.ts";
import { ipcTools } from "../../kernel/ipc/ipc-tools.ts";
import { openRequests, type Requests } from "../../kernel/ipc/request.ts";
import { route } from "../../kernel/ipc/send.ts";
import { removeSubscriptions } from "../../kernel/ipc/subscriptions.ts";
import type { KernelTools } from "../../kernel/kernel-tool.ts";
import { createSignals } from "../../kernel/signals.ts";
import type { HostCallContext } from "../../store/host-calls.ts";
import type { AgentFacts } from "../facts.ts";
import type { Registry } from "../registry.ts";
import type { Ambient, HostSettings } from "../settings.ts";
import { agentFacts } from "./agent-facts.ts";
import { callsOfAgents } from "./agents-calls.ts";
import { handleMessages, TEMPLATE_PREFIX } from "./handle-messages.ts";
import type { Run } from "./run.ts";

/** What the kernel is joined to. */
export interface KernelParts {
  readonly chain: Chain;
  readonly hostId: string;
  readonly ambient: Pick<Ambient, "clock" | "env">;
  readonly settings: HostSettings;
  readonly stateDirectory: string;
  readonly roots: readonly RootGrant[];
  readonly registry: Registry;
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
  const { chain, hostId, ambient, settings, registry, run } = parts;
  const signals = createSignals();
  const doorbell = openDoorbell({
    directory: parts.stateDirectory,
    moved: () => chain.sequence(),
    onRing: () => signals.tell({ kind: "elsewhere" }),
  });
  signals.listen(({ kind }) => {
    if (kind !== "elsewhere") doorbell.ring();
  });
  const ipc = { ledger: chain, signals, hostId };
  const requests = openRequests(ipc);
  const inbox = openClientInbox({ ...ipc, awaits: requests.awaits });
  const agents = openAgents({
    ledger: chain,
    signals,
    clock: ambient.clock,
    hostId,
    roots: parts.roots.map(({ guestPath, access }) => ({ path: guestPath, access })),
    env: settings.envNames,
    templates: () => templateNames(registry),
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
  void sweepClients(chain).catch(() => {});
  const close = async () => {
    requests.close();
    await agents.close();
    await inbox.close();
    doorbell.close();
  };
  let closing: Promise<void> | undefined;
  return {
    tools: { ...agents.tools, ...ipcTools(ipc) },
    callAs: callsOfAgents(agents, run),
    agentFacts: agentFacts(chain),
    inbox,
    requests,
    close() {
      closing ??= close().catch(() => {});
      return closing;
    },
  };
}

function templateNames(registry: Registry): readonly string[] {
  return [...registry.values()]
    .filter(({ manifest }) => manifest.kind === "template")
    .map(({ manifest }) => manifest.name.slice(TEMPLATE_PREFIX.length));
}
