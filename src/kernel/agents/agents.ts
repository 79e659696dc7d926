import { type Fault, isFault } from "../../contract/fault.ts";
import type { Ledger } from "../../contract/ledger.ts";
import type { Change, Committed } from "../../contract/state.ts";
import { refused } from "../fault.ts";
import type { Routed } from "../ipc/send.ts";
import type { KernelTools } from "../kernel-tool.ts";
import { DAMAGED, damageFault, lookAtRow } from "../rows.ts";
import { type Adopter, adoptAgents, releasing } from "./adoption.ts";
import type { Charge } from "./conclude.ts";
import { nativeBackend } from "./native/backend.ts";
import { type AgentsOptions, laterByTimer } from "./options.ts";
import { resumeTool, suspendTool } from "./pause.ts";
import { type Backend, type Backends, createRunner } from "./runner.ts";
import { addCharge } from "./slots.ts";
import { spawnTool } from "./spawn.ts";
import { stopTool } from "./stop.ts";
import { inspectTool, listTool } from "./view.ts";

const POLL_MS = 1000;

/** The agents of one host. */
export interface Agents {
  /** `agent.spawn`, `agent.stop`, `agent.list`, `agent.inspect`, `agent.suspend`, `agent.resume`. */
  readonly tools: KernelTools;
  /**
   * Sends a message. Where its receiver waits for one here, it is handled at once, and sending and handling are one
   * transaction if the handling is quick. Answers as {@link Ledger.commit} does.
   */
  deliver(pid: number, sending: Change<Routed>): Promise<Committed<Routed> | Fault>;
  /** Makes sure that the message which the agent handles was sent, before its run acts on anything but itself. */
  secureMessage(pid: number): Promise<Fault | undefined>;
  /** Takes one tool call from the minute of the agent with this pid, or answers `budget-exhausted` or `agent-exited`. */
  admitCall(pid: number): Fault | undefined;
  /** Counts what a tool call of the agent used; the fuel counts against its minute. */
  charge(pid: number, used: Partial<Charge>): void;
  /** Ends what is in hand and leaves the agents to other hosts. Their messages stay. Idempotent; never rejects. */
  close(): Promise<void>;
}

/**
 * Takes up the agents that no living host runs, and from then on handles what is in the inboxes of this host's agents.
 * Nothing here keeps the process alive but a message in hand.
 */
export function openAgents(options: AgentsOptions): Agents {
  const { ledger, signals, hostId, clock, later = laterByTimer, pollMs = POLL_MS } = options;
  const native = nativeBackend(options.native ?? {}, ledger, hostId);
  const backends: Backends = { wasm: wasmBackend(options), native };
  const runner = createRunner(options, backends);
  const adopter: Adopter = {
    ledger,
    hostId,
    roots: options.roots,
    hasTemplate: ({ backend, template }) => backends[backend].has(template),
  };
  let closing: Promise<void> | undefined;
  let scanning = false;

  /** Signals come in swarms: one look at all agents serves those of one turn of the event loop. */
  const scanSoon = () => {
    if (scanning) return;
    scanning = true;
    setImmediate(() => {
      scanning = false;
      try {
        runner.scan();
      } catch {
        // A damaged row: the agents that run go on by what is told of their inboxes, and `doctor` finds the row.
      }
    });
  };
  let adopting = Promise.resolve();
  const adopt = () => {
    if (options.standby === true) return;
    adopting = adopting.then(async () => {
      if (closing !== undefined) return;
      const taken = await adoptAgents(adopter).catch(() => 0);
      await native.sweep().catch(() => {});
      if (closing === undefined && !isFault(taken) && taken > 0) signals.tell({ kind: "agents" });
    });
  };
  let cancelPoll = () => {};
  const poll = () => {
    cancelPoll = later(pollMs, () => {
      adopt();
      scanSoon();
      poll();
    });
  };
  const stopListening = signals.listen((signal) => {
    if (signal.kind === "mail") runner.consider(signal.pid);
    if (signal.kind === "agents" || signal.kind === "elsewhere") scanSoon();
    if (signal.kind === "elsewhere") adopt();
  });
  adopt();
  scanSoon();
  poll();

  return {
    tools: {
      "agent.spawn": spawnTool(options),
      "agent.stop": stopTool(options, runner),
      "agent.list": listTool(options),
      "agent.inspect": inspectTool(options),
      "agent.suspend": suspendTool(options),
      "agent.resume": resumeTool(options),
    },
    deliver: (pid, sending) => runner.handleEarly(pid, sending) ?? ledger.commit(sending, "committed"),
    async secureMessage(pid) {
      const held = runner.slot(pid)?.held;
      if (held === undefined) return undefined;
      held.release();
      const sent = await held.sent;
      if (isFault(sent)) return sent;
      return held.cameTrue() ? undefined : refused("cancelled", "the message became another: it is handled again");
    },
    admitCall(pid) {
      const agent = ledger.read((state) => lookAtRow(state, "agent", pid));
      if (agent === DAMAGED) return damageFault(["agent", pid]);
      if (pid !== 0 && (agent === undefined || agent.state === "exited")) {
        return refused("agent-exited", "the agent that calls has exited", { pid });
      }
      const most = agent?.capabilities.budget.callsPerMinute;
      const slot = runner.slot(pid);
      if (most === undefined || slot === undefined) return undefined;
      const wait = slot.minutes.calls.waitFor(clock(), 1, most);
      if (wait > 0) {
        return refused("budget-exhausted", `the agent has used its ${most} tool calls of a minute: try again later`, {
          calls_per_minute: most,
          retry_after_ms: wait,
        });
      }
      slot.minutes.calls.spend(clock(), 1);
      return undefined;
    },
    charge(pid, used) {
      const slot = runner.slot(pid);
      if (slot === undefined) return;
      addCharge(slot, used);
      slot.minutes.fuel.spend(clock(), used.fuel ?? 0);
    },
    close() {
      closing ??= (async () => {
        stopListening();
        cancelPoll();
        await adopting;
        await runner.close();
        await ledger.commit(releasing(hostId), "committed");
        signals.tell({ kind: "agents" });
      })().catch(() => {});
      return closing;
    },
  };
}

function wasmBackend({ handle, templates }: AgentsOptions): Backend {
  return {
    handle,
    has: (template) => templates.has(template),
    start: async () => undefined,
    release() {},
  };
}
