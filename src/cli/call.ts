import type { Answer } from "../contract/call.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { OpenHost } from "../host/open-host.ts";
import type { Ambient } from "../host/settings.ts";
import { faultText } from "../protocol/fault-text.ts";
import { canAskHere } from "./ask.ts";
import { readJsonArguments, readPairs } from "./call-arguments.ts";
import { type Command, type CommandContext, EXIT, type ExitCode } from "./command.ts";
import { contentLines } from "./content-text.ts";
import { callAsOperator } from "./operator-call.ts";
import { bytes, complain, grouped, misused, note, say, sayJson } from "./output.ts";
import { DIR_OPTION, SETTINGS_OPTIONS, settingsOf } from "./settings-options.ts";
import { findTool } from "./tools.ts";

const STDIN_BYTES = 64 * 1024 * 1024;

/** One call from the terminal, as the principal `operator:cli`, through the same gate as every other. */
export const call: Command = {
  spec: {
    name: "call",
    summary: "make one call through the gate, from this terminal",
    usage: "<tool> [key=value... | --json ARGS] [options]",
    details: `
Calls one tool exactly as a client would: policy, effect score, a fresh store, the chain. The
arguments are key=value pairs, read by the tool's schema (repeat a key for a list), or one JSON
object. The roots are those of --dir, else of tollgate.json, else the current directory.

Standard output is one JSON document: the tool's answer, or {"error": {...}}; on a terminal, an
answer of blocks is shown as text, with pictures and the like named by type and size. Standard
error says what the call used and where it is on the chain. A call that a person must approve
asks here when this is a terminal, and is refused as approval-required when it is not.`,
    options: {
      json: {
        kind: "value",
        placeholder: "ARGS",
        description: "the arguments as one JSON object; - reads it from stdin",
      },
      quiet: { kind: "flag", short: "q", description: "no usage line on standard error" },
      ...DIR_OPTION,
      ...SETTINGS_OPTIONS,
    },
    operands: [1, 1024],
    examples: [
      ["tollgate call fs.read_file path=README.md limit=200", "the first 200 bytes of a file"],
      ["tollgate call fs.glob pattern='**/*.md' --dir ~/notes", "in another root"],
      [`tollgate call fs.write_file --json '{"path": "a.txt", "content": "x"}'`, "arguments as JSON"],
      ["tollgate call fs.stat path=. | jq .modified", "one field for a script"],
    ],
    exits: "With call, 1 means that the call was refused or that the tool answered with an error.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args } = context;
    const [name, ...pairs] = args.operands as [string, ...string[]];
    const json = args.value("json");
    if (json !== undefined && pairs.length > 0)
      return misused(ambient, "give key=value pairs or --json, not both", "call");
    const resolved = await settingsOf(context, args.list("dir"));
    if (!resolved.ok) return complain(ambient, resolved.fault);
    const [{ prepareHost }, { openPrepared }] = await Promise.all([
      import("../host/prepare-host.ts"),
      import("../host/open-host.ts"),
    ]);
    const checked = await prepareHost(resolved.settings, ambient);
    if (!checked.ok) return complain(ambient, checked.fault);
    const manifests = [...checked.prepared.program.registry.values()].map(({ manifest }) => manifest);
    const shipped = findTool(manifests, name);
    const text = json === "-" ? await readAll(ambient) : json;
    const read = (parameters: JsonObject) =>
      text === undefined ? readPairs(pairs, parameters) : readJsonArguments(text);
    // Before the host opens: a slip of the pen leaves no trace on the chain.
    const early = typeof shipped === "string" ? undefined : read(shipped.parameters);
    if (typeof early === "string") return misused(ambient, early, "call");

    const opened = await openPrepared(checked.prepared, { standby: true });
    if (!opened.ok) return complain(ambient, opened.fault);
    try {
      const found = early === undefined ? findTool(opened.host.tools(), name) : shipped;
      const known = typeof found !== "string";
      const given = early ?? read(known ? found.parameters : {});
      if (typeof given === "string") return misused(ambient, given, "call");
      // A name that no tool has still goes through the gate: the attempt belongs on the chain.
      const code = await callOnce(opened.host, known ? found.name : name, given, context);
      if (!known && opened.host.registry.refusal?.(name) === undefined) note(ambient, `tollgate: ${found}`);
      return code;
    } finally {
      await opened.host.close("the command is done");
    }
  },
};

async function callOnce(host: OpenHost, tool: string, given: JsonObject, context: CommandContext): Promise<ExitCode> {
  const { ambient, args, signal } = context;
  const canAsk = canAskHere(ambient) && args.value("json") !== "-";
  const code = show(await callAsOperator(host, tool, given, context, canAsk), ambient, args.flag("quiet"));
  return signal.aborted ? EXIT.interrupted : code;
}

function show(answer: Answer, ambient: Ambient, quiet: boolean): ExitCode {
  if (answer.kind === "result") {
    if (ambient.stdout.isTTY && answer.content !== undefined) {
      for (const line of contentLines(answer.content)) say(ambient, line);
    } else if (ambient.stdout.isTTY) sayJson(ambient, JSON.parse(new TextDecoder().decode(answer.json)) as Json);
    else ambient.stdout.write(Buffer.concat([answer.json, Buffer.from("\n")]));
    const { verdict, reasons } = answer.decision;
    if (!quiet && verdict === "warn") note(ambient, `permitted with a warning: ${reasons.join(", ")}`);
  } else if (answer.kind === "fault") {
    const { code, layer, message, data } = answer.fault;
    const error: JsonObject = { code, layer, message, ...(data !== undefined && { data }) };
    sayJson(ambient, { error });
    note(ambient, `tollgate: ${faultText(answer.fault, answer.decision)}`);
  } else {
    // The answer to an approval is a result or a fault; a second question cannot be put to anybody.
    sayJson(ambient, { error: { code: "approval-required", layer: "gate", message: "the call was deferred again" } });
    note(ambient, "tollgate: approval-required: the call was deferred again");
  }
  if (!quiet) note(ambient, usageLine(answer));
  return answer.kind === "result" && answer.content?.isError !== true ? EXIT.ok : EXIT.no;
}

function usageLine(answer: Answer): string {
  const usage = answer.kind === "deferral" ? undefined : answer.usage;
  const parts =
    usage === undefined
      ? ["nothing ran"]
      : [
          `fuel ${grouped(usage.fuelConsumed)}`,
          `memory ${bytes(usage.memoryPeak)}`,
          `${usage.durationMs.toFixed(2)} ms`,
        ];
  return [...parts, answer.sequence === undefined ? "not on the chain" : `chain event ${answer.sequence}`].join(" · ");
}

async function readAll({ stdin }: Ambient): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    chunks.push(chunk);
    if (length > STDIN_BYTES) break; // the parser refuses what is cut off
  }
  return Buffer.concat(chunks);
}
