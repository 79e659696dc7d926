import type { CancelSignal } from "./cancellation.ts";
import type { Capabilities } from "./capabilities.ts";
import type { ContentResult } from "./content.ts";
import type { DecisionRecord } from "./decision.ts";
import type { Fault } from "./fault.ts";
import type { JsonObject } from "./json.ts";
import type { ToolManifest } from "./manifest.ts";
import type { ClientInbox } from "./messages.ts";
import type { LogLine, Progress } from "./note.ts";
import type { Usage } from "./outcome.ts";
import type { Asking, GivenInputs } from "./question.ts";

/**
 * Who calls. Set by the host from where the bytes came, never from an argument. `claimed` is what the peer says
 * of itself (MCP clientInfo): recorded, never decided upon.
 */
export interface Principal {
  readonly kind: "client" | "agent" | "operator";
  /** `stdio`, an agent id, `cli`. */
  readonly id: string;
  readonly claimed?: { readonly name: string; readonly version: string };
  /**
   * The most that it may do, before any policy is asked. Every agent has them, and so has a job of one; a client and an
   * operator hold all that the host does.
   */
  readonly capabilities?: Capabilities;
  /** Its address in the kernel; absent where it has none. */
  readonly pid?: number;
  /** What makes the call in its name, such as `job:3`; recorded, never decided upon. */
  readonly via?: string;
  /** Of a job: the host whose client or operator added it; empty where that is not known. */
  readonly home?: string;
}

/** What a person answered to a deferral. `token` is the deferral's own, unchanged. */
export interface ApprovalAnswer {
  readonly token: string;
  readonly answer: "accept" | "decline" | "cancel";
}

/** One request to run one tool. */
export interface Call {
  readonly principal: Principal;
  /** Dotted tool name. Need not exist. */
  readonly tool: string;
  readonly args: JsonObject;
  /** Aborted when the caller cancels or goes away: the store of the call ends at once. */
  readonly signal: CancelSignal;
  /** Whether a person can be asked. When false, a deferral is refused as `approval-required`. */
  readonly canAsk: boolean;
  readonly approval?: ApprovalAnswer;
  /** Whether a person can answer what a tool asks. Where not, a question is refused as `input-required`. */
  readonly canAnswer?: boolean;
  readonly inputs?: GivenInputs;
  /** The host takes a message to the template of an agent. Set by nothing but the host: templates are run no other way. */
  readonly handling?: true;
  /** Told what the guest tells while it runs, in its order and before the answer; bounded by the store. */
  readonly onProgress?: (progress: Progress) => void;
  readonly onLog?: (line: LogLine) => void;
}

/** A question to a person. The caller shows `question`, then calls again with `approval: {token, answer}`. */
export interface Deferral {
  /** Opaque, integrity-protected, bound to principal, tool, arguments, policy and expiry; one use. */
  readonly token: string;
  /** Plain text for a person; control, bidirectional and invisible characters are escaped. */
  readonly question: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** The answer to a call. */
export type Answer =
  | {
      readonly kind: "result";
      /** The guest's answer: UTF-8 JSON text of one object, checked against the output schema. */
      readonly json: Uint8Array;
      /** What that text says, where the tool answers blocks: every member of it was checked. */
      readonly content?: ContentResult;
      readonly usage: Usage;
      readonly decision: DecisionRecord;
      /** Sequence of the outcome event on the chain. */
      readonly sequence: number;
    }
  | {
      readonly kind: "fault";
      readonly fault: Fault;
      readonly usage?: Usage;
      readonly decision?: DecisionRecord;
      /** Sequence of the event on the chain; absent only for `chain-unwritable` and `internal` before it. */
      readonly sequence?: number;
    }
  | {
      readonly kind: "question";
      readonly asking: Asking;
      /** Absent where nothing ran, because the answers to the questions before will not do. */
      readonly usage?: Usage;
      readonly decision: DecisionRecord;
      readonly sequence: number;
    }
  | {
      readonly kind: "deferral";
      readonly deferral: Deferral;
      readonly decision: DecisionRecord;
      readonly sequence: number;
    };

/** What protocols and commands see of the host. Implemented by `host/`; protocols are tested against a small fake. */
export interface ToolHost {
  /** The program's version (package.json). */
  readonly version: string;
  /** Real host paths of the granted roots, first is the default. */
  readonly roots: readonly string[];
  /** What agents and topics send to the client; absent where this host has no kernel. */
  readonly inbox?: ClientInbox;
  /** All tools, sorted by name; stable between calls until {@link onToolsChanged} tells otherwise. */
  tools(): readonly ToolManifest[];
  /** Calls `listener` after the tools have changed, until the answered function is called; absent where they cannot. */
  onToolsChanged?(listener: () => void): () => void;
  /** Never throws and never rejects. */
  call(call: Call): Promise<Answer>;
  /** Ends stores, writes the last checkpoint, closes the chain. Idempotent. */
  close(reason: string): Promise<void>;
}
