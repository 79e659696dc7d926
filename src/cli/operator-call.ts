import type { Answer } from "../contract/call.ts";
import type { JsonObject } from "../contract/json.ts";
import type { OpenHost } from "../host/open-host.ts";
import { faultText } from "../protocol/fault-text.ts";
import { ask, canAskHere } from "./ask.ts";
import { type CommandContext, EXIT, type ExitCode } from "./command.ts";
import { complain, note } from "./output.ts";
import { settingsOf } from "./settings-options.ts";

/** One call as the principal `operator:cli`, asking the person at the terminal where it must be approved or the tool asks. */
export async function callAsOperator(
  host: OpenHost,
  tool: string,
  args: JsonObject,
  { ambient, signal }: CommandContext,
  canAsk: boolean = canAskHere(ambient),
): Promise<Answer> {
  const request = {
    principal: { kind: "operator", id: "cli" },
    tool,
    args,
    signal,
    canAsk,
    canAnswer: canAsk,
  } as const;
  let answer = await host.call(request);
  if (answer.kind === "deferral")
    answer = await host.call({ ...request, approval: await ask(ambient, answer.deferral, signal) });
  while (answer.kind === "question" && !signal.aborted) {
    const { askForms } = await import("./ask-form.ts");
    answer = await host.call({ ...request, inputs: await askForms(ambient, answer.asking, signal) });
  }
  return answer;
}

/** What a command does with an open host. */
export interface Operator {
  readonly host: OpenHost;
  /** Answers what the tool does; where it is refused or fails, says so on standard error and answers nothing. */
  call(tool: string, args: JsonObject): Promise<JsonObject | undefined>;
}

/**
 * Opens a host for one command and closes it again. It looks and asks, as a client would through the same gate, but takes up
 * no agents and fires no jobs: that is for hosts that stay.
 */
export async function withOperator(
  context: CommandContext,
  use: (operator: Operator) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { ambient, args, signal } = context;
  const resolved = await settingsOf(context, args.list("dir"));
  if (!resolved.ok) return complain(ambient, resolved.fault);
  const { openHost } = await import("../host/open-host.ts");
  const opened = await openHost(resolved.settings, ambient, { standby: true });
  if (!opened.ok) return complain(ambient, opened.fault);
  const { host } = opened;
  try {
    const code = await use({
      host,
      async call(tool, given) {
        const answer = await callAsOperator(host, tool, given, context);
        if (answer.kind === "result") return JSON.parse(new TextDecoder().decode(answer.json)) as JsonObject;
        if (answer.kind === "fault") note(ambient, `tollgate: ${faultText(answer.fault, answer.decision)}`);
        else note(ambient, "tollgate: approval-required: the call was deferred again");
        return undefined;
      },
    });
    return signal.aborted ? EXIT.interrupted : code;
  } finally {
    await host.close("the command is done");
  }
}
