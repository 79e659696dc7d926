import type { Answer } from "../../contract/call.ts";
import { type Fault, fault, isFault } from "../../contract/fault.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import type { ToolManifest } from "../../contract/manifest.ts";
import { safeText } from "../../contract/safe-text.ts";
import { ChangeRefused } from "../../contract/state.ts";
import { parseJson } from "../../contract/strict-json.ts";
import { KIB, MIB } from "../../contract/units.ts";
import type { Caller } from "../../kernel/caller.ts";
import type { KernelTool, KernelTools } from "../../kernel/kernel-tool.ts";
import type { HostCall, HostCallContext } from "../../store/host-calls.ts";
import { HOST_CALLS } from "../../store/wasi/import-names.ts";
import type { RunContext } from "../stages.ts";

/** The tools whose guests hand their arguments to the kernel, by the host call of their own name. */
export const KERNEL_TOOLS: ReadonlySet<string> = new Set([
  "agent.spawn",
  "agent.stop",
  "agent.list",
  "agent.inspect",
  "agent.send",
  "agent.suspend",
  "agent.resume",
  "ipc.send",
  "ipc.subscribe",
  "sys.service.list",
  "sys.service.health",
  "sys.chain.status",
  "sys.chain.query",
  "sys.tree.read",
  "sys.tree.inspect",
  "sys.env.get",
  "sys.cron.add",
  "sys.cron.list",
  "sys.cron.remove",
  "kv.get",
  "kv.set",
  "health.check",
  "env.detect",
  "metrics.snapshot",
]);

/** The host call by which a template calls a tool as its agent. */
export const TOOL_CALL = "tool.call";

/** Calls of tools that the handling of one message may make; budgets of agents hold them as well. */
const TOOL_CALLS_PER_RUN = 1000;
/** What the manifests of these tools allow an answer: 1 MiB of content in its frame. */
const ANSWER_BYTES = MIB + 64 * KIB;
const encoder = new TextEncoder();
const BEFORE_ANSWER = encoder.encode('{"ok":true,"answer":');
const AFTER_ANSWER = encoder.encode("}");

export interface KernelCallOptions {
  readonly tools: KernelTools;
  /** Who acts on the kernel, as the run's call says. */
  readonly callerOf: (run: RunContext) => Caller;
  /** Takes a call through the gate as the agent whose message is handled, nested in the run of this context. */
  readonly callAs: (context: HostCallContext, tool: string, args: JsonObject) => Promise<Answer>;
}

/**
 * Whether a manifest may list this host call: one that every store has, that of the tool itself where the kernel does its
 * work, or `tool.call` for a template. So no tool reaches what another was permitted.
 */
export function mayListHostCall({ kind, name }: Pick<ToolManifest, "kind" | "name">, hostCall: string): boolean {
  if (HOST_CALLS.has(hostCall)) return true;
  return kind === "template" ? hostCall === TOOL_CALL : hostCall === name && KERNEL_TOOLS.has(hostCall);
}

/**
 * The host calls of the kernel, for the store. Each does what the gate decided on and nothing else: a run whose call is not
 * of this tool, or whose request differs by one byte from the arguments that were decided on, is refused. Each is carried
 * out once a run. Throws a TypeError for a tool that is none of {@link KERNEL_TOOLS}.
 */
export function kernelHostCalls(options: KernelCallOptions): Record<string, HostCall> {
  const calls: Record<string, HostCall> = {
    [TOOL_CALL]: {
      handler: (request, context) => callTool(request, context, options.callAs),
      answerBytes: MIB,
      callsPerRun: TOOL_CALLS_PER_RUN,
    },
  };
  for (const [name, tool] of Object.entries(options.tools)) {
    if (!KERNEL_TOOLS.has(name)) throw new TypeError(`${name} is none of the kernel's tools`);
    calls[name] = {
      handler: (request, context) => carryOut(name, tool, request, context, options.callerOf),
      answerBytes: ANSWER_BYTES,
      callsPerRun: 1,
    };
  }
  return calls;
}

async function carryOut(
  name: string,
  tool: KernelTool,
  request: Uint8Array,
  { value, signal }: HostCallContext,
  callerOf: KernelCallOptions["callerOf"],
): Promise<Uint8Array | Fault> {
  const run = runOf(value);
  if (run === undefined || run.call.tool !== name) return refused(`it belongs to another tool than ${name}`);
  if (Buffer.compare(request, encoder.encode(run.args)) !== 0) {
    return refused("its request is not what was decided on");
  }
  try {
    const answer = await tool(callerOf(run), run.call.args, signal);
    return isFault(answer) ? answer : encoder.encode(JSON.stringify(answer));
  } catch (error) {
    if (error instanceof ChangeRefused) return error.reason;
    throw error;
  }
}

async function callTool(
  request: Uint8Array,
  context: HostCallContext,
  callAs: KernelCallOptions["callAs"],
): Promise<Uint8Array | Fault> {
  const run = runOf(context.value);
  const isTemplate = run?.call.principal.kind === "agent" && run.manifest.kind === "template";
  if (!isTemplate && (run?.manifest.calls?.length ?? 0) === 0) {
    return refused("it belongs to no agent's template, and to no deployed tool that names whom it calls");
  }
  const asked = readToolCall(request);
  if (isFault(asked)) return asked;
  const answer = await callAs(context, asked.tool, asked.args);
  switch (answer.kind) {
    case "result":
      return Buffer.concat([BEFORE_ANSWER, answer.json, AFTER_ANSWER]);
    case "fault":
      return answer.fault;
    case "question": // is not asked of who cannot answer
    case "deferral":
      return fault("gate", "approval-required", "this call needs a person's approval, and an agent cannot ask for it");
  }
}

function readToolCall(request: Uint8Array): { tool: string; args: JsonObject } | Fault {
  const parsed = parseJson(request);
  if (!parsed.ok) return invalid(parsed.reason);
  if (!isObject(parsed.value)) return invalid("it is not an object");
  const unknown = Object.keys(parsed.value).find((key) => key !== "tool" && key !== "args");
  if (unknown !== undefined) return invalid(`unknown key "${safeText(unknown, 60)}"`);
  const { tool, args } = parsed.value;
  if (typeof tool !== "string") return invalid("tool is not a text");
  if (args === undefined || !isObject(args)) return invalid("args is not an object");
  return { tool, args };
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const invalid = (why: string): Fault =>
  fault("request", "invalid-arguments", `a call of a tool is {tool, args}: ${why}`);

const refused = (why: string): Fault => fault("store", "host-call-refused", `the host call was refused: ${why}`);

/** What the host gave the run; a run that was started in another way has none. */
function runOf(value: unknown): RunContext | undefined {
  const isRun = typeof value === "object" && value !== null && "call" in value && "args" in value;
  return isRun ? (value as RunContext) : undefined;
}
