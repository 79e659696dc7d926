import type { Answer, Call } from "../contract/call.ts";
import { eitherSignal } from "../contract/cancellation.ts";
import { canonicalJsonOrFault } from "../contract/canonical-json.ts";
import type { DecisionRecord } from "../contract/decision.ts";
import { type Fault, fault } from "../contract/fault.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { AskedQuestions, AskingRun } from "../contract/question.ts";
import type { StateTransaction } from "../contract/state.ts";
import { withPlacedPaths } from "../gate/paths.ts";
import type { HostCallContext } from "../store/host-calls.ts";
import { type ReadAnswer, readAnswer } from "./answer.ts";
import { answeredAhead, askingFor, askingInput, roundOf } from "./asking.ts";
import { probeTargets } from "./facts.ts";
import type { Conclude, Journal } from "./journal.ts";
import { nearest } from "./nearest.ts";
import type { RunContext, Stages } from "./stages.ts";
import type { CallableTool, ToolSet } from "./tools/tool-set.ts";

const encoder = new TextEncoder();

/** What a call belongs to, beside its caller. */
export interface Within {
  /** The host call that it comes from: its run is nested in that run, and ends with it. */
  readonly parent?: HostCallContext;
  /** What its end means for the state, see {@link openJournal}. */
  readonly conclude?: Conclude;
}

/**
 * Takes one call through every stage, in the order of the design: the schema, the gate, the intent on the chain,
 * the store, the outcome on the chain. Every entry to a tool goes through here. Nothing runs without a permit;
 * nothing effectful runs before its intent is durable; no answer leaves before its outcome is recorded.
 */
export async function callTool(stages: Stages, call: Call, { parent, conclude }: Within = {}): Promise<Answer> {
  const args = canonicalJsonOrFault(call.args);
  const journal = stages.journal(call, args, conclude);
  if (typeof args !== "string") return refuse(journal, args);
  const found = stages.registry.get(call.tool);
  const tool = found?.prepare === undefined ? found : await readyTool(stages.registry, found);
  if (tool !== undefined && "code" in tool) return refuse(journal, tool);
  if (tool === undefined || (tool.manifest.kind === "template" && call.handling !== true)) {
    return refuse(journal, stages.registry.refusal?.(call.tool) ?? unknownTool(call.tool, stages.registry));
  }
  const invalid = tool.checkArguments(call.args);
  if (invalid !== undefined) return refuse(journal, fault("request", "invalid-arguments", invalid));

  const facts = { ...probeTargets(stages, tool.manifest, call), ...(stages.past && { history: stages.past.history }) };
  const decision = stages.gate.decide(call, tool.manifest, facts);
  journal.decided(decision.record);
  if (decision.kind === "deny") return refuse(journal, decision.fault);
  if (decision.kind === "defer") {
    const sequence = await journal.deferred();
    if (typeof sequence !== "number") return { kind: "fault", fault: sequence };
    compileMeanwhile(stages, tool);
    return { kind: "deferral", deferral: decision.deferral, decision: decision.record, sequence };
  }

  const round = decision.asking && roundOf(decision.asking, call);
  if (round?.kind === "unanswered") return askAgain(journal, call, decision.record, round.asked, decision.asking);
  if (round?.kind === "answered") journal.answered(round.round, round.inputs);

  // A message that is handled is its own intent: it stays in the inbox until the outcome is recorded.
  if (!tool.manifest.annotations.readOnlyHint && call.handling !== true) {
    const intent = await journal.intended();
    if (typeof intent !== "number") return { kind: "fault", fault: intent };
  }
  // The guest is given the paths as the gate placed them, so that what was permitted is what is opened.
  const placed = withPlacedPaths(tool.manifest, call.args, decision.permit.authority.roots);
  const outcome = await stages.store.run(decision.permit, {
    stdin: encoder.encode(
      round ? askingInput(placed, round, call) : placed === call.args ? args : JSON.stringify(placed),
    ),
    signal: tool.withdrawal === undefined ? call.signal : eitherSignal(call.signal, tool.withdrawal),
    context: { call, args, manifest: tool.manifest, roots: decision.permit.authority.roots } satisfies RunContext,
    ...(parent && { parent }),
    principal: `${call.principal.kind}:${call.principal.id}`,
    ...(call.onProgress && { onProgress: call.onProgress }),
    ...(call.onLog && { onLog: call.onLog }),
  });
  let read = tool.withdrawal?.aborted === true ? withdrawn(tool) : readAnswer(tool, outcome);
  const asked = "json" in read ? read.asked : undefined;
  const asking = asked && askingFor(call, asked, decision.asking);
  if (asking !== undefined && "code" in asking) read = { fault: asking };
  const { usage } = outcome;
  stages.past?.keeper.used(call.principal, usage.fuelConsumed);
  const sequence = await journal.ended(outcome, read, remember(stages, call, tool.manifest, decision.record));
  if (typeof sequence !== "number") return { kind: "fault", fault: sequence };
  if (asked !== undefined && asking !== undefined && "token" in asking) {
    const ahead = answeredAhead(call, asked, asking);
    if (ahead) return callTool(stages, ahead, { ...(parent && { parent }), ...(conclude && { conclude }) });
    return { kind: "question", asking, usage, decision: decision.record, sequence };
  }
  return "json" in read
    ? { kind: "result", json: read.json, ...contentOf(read), usage, decision: decision.record, sequence }
    : { kind: "fault", fault: read.fault, usage, decision: decision.record, sequence };
}

const contentOf = ({ content }: Extract<ReadAnswer, { json: unknown }>) => content && { content };

/** Asks the same once more: what came is missing something, or is not as it was asked for. Nothing runs. */
async function askAgain(
  journal: Journal,
  call: Call,
  decision: DecisionRecord,
  asked: AskedQuestions,
  run: AskingRun | undefined,
): Promise<Answer> {
  const asking = askingFor(call, asked, run);
  if ("code" in asking) return refuse(journal, asking);
  const sequence = await journal.askedAgain(asked.questions);
  return typeof sequence === "number"
    ? { kind: "question", asking, decision, sequence }
    : { kind: "fault", fault: sequence };
}

/** The tool, verified and loaded, or the version that took its place meanwhile; or why it cannot be called. */
async function readyTool(tools: ToolSet, tool: CallableTool): Promise<CallableTool | Fault | undefined> {
  const unready = await tool.prepare?.();
  if (unready !== undefined) return unready;
  const now = tools.get(tool.manifest.name);
  return now === undefined || now === tool ? now : readyTool(tools, now);
}

/** While a person is asked, a module that was not run yet is compiled, in a thread: that of the shell takes a second. */
function compileMeanwhile({ store, gate }: Stages, { moduleHash, manifest }: CallableTool): void {
  const authority = gate.mostOf(manifest);
  // A module that cannot be compiled is told of by the call.
  if (authority !== undefined) void store.warm(moduleHash, authority);
}

function withdrawn({ manifest: { name, version } }: CallableTool): ReadAnswer {
  const message = `${name} ${version} was revoked while it ran: nothing of what it did counts as an answer`;
  return { fault: fault("trust", "tool-revoked", message, { tool: name, version: version ?? "" }) };
}

/** Counts the call for the scores of what its principal does next; nothing where its score says that none of it is new. */
function remember(
  { past, roots }: Stages,
  call: Call,
  manifest: ToolManifest,
  { effect }: DecisionRecord,
): ((state: StateTransaction) => void) | undefined {
  const isNew = effect?.terms.some(({ dimension }) => dimension === "novelty") ?? false;
  return past && isNew ? (state) => past.keeper.recordOutcome(state, call, manifest, roots) : undefined;
}

function unknownTool(name: string, registry: ToolSet): Fault {
  const tools = [...registry.values()].filter(({ manifest }) => manifest.kind !== "template");
  const known = new Map(tools.map(({ manifest: { name: dotted } }) => [dotted.replaceAll("_", "."), dotted]));
  const meant = known.get(nearest(name.replaceAll("_", "."), [...known.keys()]) ?? "");
  const next = meant === undefined ? "list the tools to see what there is" : `did you mean ${meant}?`;
  return fault("request", "tool-not-found", `there is no tool of that name: ${next}`);
}

async function refuse(journal: Journal, reason: Fault): Promise<Answer> {
  const sequence = await journal.refused(reason);
  if (typeof sequence !== "number") return { kind: "fault", fault: sequence };
  return { kind: "fault", fault: reason, sequence, ...(journal.decision && { decision: journal.decision }) };
}
