import type { Budget, RootCapability } from "../../contract/capabilities.ts";
import type { Fault } from "../../contract/fault.ts";
import type { Ledger } from "../../contract/ledger.ts";
import type { Limits } from "../../contract/limits.ts";
import type { StateTransaction } from "../../contract/state.ts";
import type { Sending } from "../ipc/deliver.ts";
import type { Target } from "../ipc/send.ts";
import type { MessageRecord } from "../records.ts";
import type { Signals } from "../signals.ts";
import type { Handle } from "./handling.ts";
import type { NativeCommand } from "./native/child.ts";

/** What the agents need of the messages. All run inside of a change. */
export interface Post {
  /** Delivers to a pid or to whoever subscribed to a topic, recording the event; a fault has changed nothing. */
  route(
    state: StateTransaction,
    sending: Sending,
    target: Target,
  ): Fault | { readonly msg_id: number; readonly to: readonly number[] };
  /**
   * Puts what nobody will handle on the list of dead letters; `toPid` is 0 where it had no address, the message's id where
   * it never got one.
   */
  bury(state: StateTransaction, message: MessageRecord, toPid: number, reason: string): void;
  /** Ends all subscriptions of a pid. */
  unsubscribe(state: StateTransaction, pid: number): void;
}

/** Carries out something later; the answered function calls it off. What waits must not keep the process alive. */
export type Later = (afterMs: number, action: () => void) => () => void;

/** What handles the messages of wasm agents, as this host has it at each look: operators deploy and revoke templates. */
export interface Templates {
  names(): readonly string[];
  has(template: string): boolean;
  /** The most fuel that one run may use, by the manifest and the host's limits. */
  fuel?(template: string): number | undefined;
}

export interface AgentsOptions {
  readonly ledger: Ledger;
  readonly signals: Signals;
  /** Milliseconds since the Unix epoch. */
  readonly clock: () => number;
  /** Of this start of this host. */
  readonly hostId: string;
  /** What a client or an operator may hand on of the file system. */
  readonly roots: readonly RootCapability[];
  /** Environment variables that the operator lists. */
  readonly env: readonly string[];
  /** What an agent gets where its spawner, a client or an operator, sets no limit or budget; unbounded where absent. */
  readonly limits?: Partial<Limits>;
  readonly budget?: Budget;
  readonly templates: Templates;
  readonly handle: Handle;
  readonly post: Post;
  /** Commands that the operator configured, by template name. */
  readonly native?: Readonly<Record<string, NativeCommand>>;
  /** Most agents that have not exited; 64 where absent. */
  readonly maxAgents?: number;
  /** Most messages that are handled at the same time; 4 where absent. */
  readonly parallel?: number;
  /** Takes up no agents that other hosts left; those it spawns it runs. */
  readonly standby?: boolean;
  /** How long `agent.stop` waits for the message in hand; 30 s where absent. */
  readonly stopWaitMs?: number;
  /** How often agents without a living host are looked for; 1 s where absent. */
  readonly pollMs?: number;
  /** Timers that do not keep the process alive; those of Node.js where absent. */
  readonly later?: Later;
}

export const AGENTS_BY_DEFAULT = 64;

export const laterByTimer: Later = (afterMs, action) => {
  const timer = setTimeout(action, afterMs);
  timer.unref();
  return () => clearTimeout(timer);
};
