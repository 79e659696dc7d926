import type { Fault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { LogLine } from "../../contract/note.ts";
import type { Usage } from "../../contract/outcome.ts";
import type { Change } from "../../contract/state.ts";
import type { AgentRecord } from "../records.ts";

/** What one run of a template came to. */
export type HandlingResult =
  | { readonly kind: "answer"; readonly answer: JsonObject; readonly usage: Usage }
  | { readonly kind: "fault"; readonly fault: Fault; readonly usage?: Usage };

/** One message in the hands of one agent. */
export interface Handling {
  readonly agent: AgentRecord;
  /** What the module reads: `{message, msg_id, from, from_pid, topic?, in_reply_to?, agent: {pid, agent_id, parent_pid}, state}`. */
  readonly input: JsonObject;
  /** Aborted to end the run at once. */
  readonly signal: AbortSignal;
  readonly onLog: (line: LogLine) => void;
  /**
   * What the result means for the state. It is committed in one transaction with the record of the run's outcome, also where
   * the run failed or was refused.
   */
  readonly conclude: (result: HandlingResult) => Change<unknown>;
}

/**
 * Takes one message through the gate as the agent, runs the template in a fresh store, and commits what comes of it. Given
 * to the kernel by the host. Answers a fault only where nothing was committed.
 */
export type Handle = (handling: Handling) => Promise<HandlingResult | Fault>;
