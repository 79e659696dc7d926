import type { Call } from "../contract/call.ts";
import type { Fault } from "../contract/fault.ts";
import type { History } from "../contract/history.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { RootGrant } from "../contract/permit.ts";
import type { Gate } from "../gate/gate.ts";
import type { Store } from "../store/store.ts";
import type { ProtectedPath } from "../store/wasi/host.ts";
import type { AgentFacts } from "./facts.ts";
import type { HistoryKeeper } from "./history.ts";
import type { Conclude, Journal } from "./journal.ts";
import type { ToolSet } from "./tools/tool-set.ts";

/** The stages that one call goes through, joined by `open-host.ts` and walked by `call.ts`. */
export interface Stages {
  readonly registry: ToolSet;
  readonly gate: Gate;
  readonly store: Store;
  readonly roots: readonly RootGrant[];
  /** Says who has a pid; absent where the host has no kernel. */
  readonly agentFacts?: AgentFacts;
  readonly protectedPaths: readonly ProtectedPath[];
  /** What principals did before, for the scores; absent where novelty and fairness are not scored. */
  readonly past?: { readonly keeper: HistoryKeeper; readonly history: History };
  /** Opens the journal of a call under an id of its own; `args` is the canonical text of the arguments. */
  journal(call: Call, args: string | Fault, conclude?: Conclude): Journal;
}

/** What the handlers of host calls are told of the run that calls. `args` is the canonical text that was decided on. */
export interface RunContext {
  readonly call: Call;
  readonly args: string;
  /** The tool that runs, and the roots of its permit. */
  readonly manifest: ToolManifest;
  readonly roots: readonly RootGrant[];
}
