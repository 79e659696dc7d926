import type { Capabilities } from "../contract/capabilities.ts";
import type { JsonObject } from "../contract/json.ts";

/** Where an agent stands; what may follow what is in `agents/transitions.ts`. */
export const AGENT_STATES = ["starting", "running", "suspended", "stopping", "exited"] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/** Why an agent ended. `code` is 0 where it ended of itself or was asked to. */
export interface ExitRecord {
  readonly code: number;
  /** `exited`, `stopped`, `killed`, `parent-exited`, `restart-budget-exhausted`, `record-damaged`, … */
  readonly reason: string;
}

/** How an agent that crashed is taken up again. */
export interface Supervision {
  /** `permanent`: always; `transient`: unless it exited with 0; `temporary`: never. */
  readonly restart: "permanent" | "transient" | "temporary";
  /** More restarts than this within `withinSecs` end the agent. */
  readonly maxRestarts: number;
  readonly withinSecs: number;
  /** The first pause before a restart; it doubles with each, up to 30 s. */
  readonly backoffMs: number;
  /** What becomes of it when its parent exits. */
  readonly onParentExit: "stop" | "continue";
}

/** What an agent has used since it was spawned. */
export interface ResourceUsage {
  readonly messages_sent: number;
  readonly messages_handled: number;
  readonly tool_calls: number;
  readonly fuel: number;
  readonly cpu_time_ms: number;
}

/**
 * An address on this state directory: an agent, or a client that has subscribed to something. Row [`agent`, pid]. Pids
 * count from 1 and are never used twice.
 */
export interface AgentRecord {
  readonly pid: number;
  /** Of a client `client`; it has no template and runs nothing. */
  readonly kind: "agent" | "client";
  /** Unique among those that have not exited. */
  readonly agent_id: string;
  readonly state: AgentState;
  readonly template: string;
  readonly backend: "wasm" | "native";
  /** 0 where a client or an operator spawned it. */
  readonly parent_pid: number;
  /** Who spawned it, `client:stdio` or `agent:x`. */
  readonly spawned_by: string;
  readonly capabilities: Capabilities;
  readonly supervision: Supervision;
  /** The host that runs it; empty where none does, until one takes it up. */
  readonly host: string;
  readonly usage: ResourceUsage;
  readonly restarts: number;
  /** Times of the restarts that still count against the budget, oldest first. */
  readonly recent_restarts: readonly number[];
  /** Nothing is handled before this time: the pause after a crash. */
  readonly resume_at: number;
  /** How often the message in front has been tried and failed. */
  readonly attempts: number;
  readonly last_error?: string;
  /** Of an agent with a budget: so a new host does not begin with an empty minute. */
  readonly minute?: UsedMinute;
  readonly exit?: ExitRecord;
  readonly created: number;
}

/** What an agent with a budget had used of its minute when its last message was concluded. */
export interface UsedMinute {
  readonly at: number;
  readonly fuel: number;
  readonly calls: number;
  readonly messages: number;
}

/** What a record begins with. */
export const UNUSED = Object.freeze({
  usage: { messages_sent: 0, messages_handled: 0, tool_calls: 0, fuel: 0, cpu_time_ms: 0 },
  restarts: 0,
  recent_restarts: [],
  resume_at: 0,
  attempts: 0,
} satisfies Partial<AgentRecord>);

/** A message in an inbox, row [`inbox`, pid, msg_id]. Its id is the sequence of its `ipc.sent` event. */
export interface MessageRecord {
  readonly msg_id: number;
  /** `client:stdio`, `agent:x`, `operator:cli`, `job:3`; set by the host. */
  readonly from: string;
  /** 0 where the sender has no address. */
  readonly from_pid: number;
  /** The topic that it was sent to; absent for a message to the pid itself. */
  readonly topic?: string;
  readonly sent: number;
  /** The message that this one answers. */
  readonly in_reply_to?: number;
  readonly message: JsonObject;
}

/** A message that nobody will handle, row [`dead`, sequence]. */
export interface DeadLetter {
  readonly message: MessageRecord;
  /** Who should have got it. */
  readonly to_pid: number;
  /** `receiver-exited`, `inbox-full`, `poison`, `unknown-template`, … */
  readonly reason: string;
  readonly died: number;
}

/** A job of cron, row [`job`, id]. */
export interface JobRecord {
  readonly id: number;
  readonly name: string;
  readonly interval_secs?: number;
  /** A cron expression, in UTC. */
  readonly schedule?: string;
  readonly command: string;
  readonly target_pid?: number;
  /** Who added it, and runs it: `client:stdio`, `agent:x`, `operator:cli`. */
  readonly owner: string;
  readonly owner_pid: number;
  /** The host whose client or operator added it: what its command does at its owner's address, it does at that one's. */
  readonly owner_host?: string;
  /** What the owner held when it added it; the job never holds more. Absent for a client or operator. */
  readonly capabilities?: Capabilities;
  /** The roots of the host it was added on; a host without all of them does not run it. */
  readonly roots: readonly string[];
  readonly created: number;
  /** When it fires next, in milliseconds since the Unix epoch; absent where it never does. */
  readonly next?: number;
  readonly last?: number;
  /** The host that runs it now, and since when. */
  readonly running?: { readonly host: string; readonly since: number };
  readonly runs: number;
  readonly failures: number;
  /** Firings that were left out, because it was still running or nobody ran. */
  readonly skipped: number;
  readonly last_error?: string;
}
