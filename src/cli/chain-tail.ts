import type { ChainEvent } from "../contract/chain-event.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { Ambient } from "../host/settings.ts";
import { CHAIN_OPTIONS } from "./chain-location.ts";
import { type Command, EXIT, type ExitCode } from "./command.ts";
import { grouped, say } from "./output.ts";
import { chainOf } from "./read-chain.ts";

/** Events that are read at once. */
const PAGE = 1000;

/** Shows the last events, oldest first, and goes on with what comes when asked to. */
export const chainTail: Command = {
  spec: {
    name: "chain tail",
    summary: "the last events, or all that come",
    usage: "[-n N] [--follow] [options]",
    details: `
Prints the last events, oldest first, one line each: sequence, time, kind, principal, tool, what
was decided and why. With --follow it goes on with the events of every host on this state
directory until it is interrupted. With --json each line is one whole event.`,
    options: {
      lines: {
        kind: "value",
        short: "n",
        placeholder: "N",
        description: "how many events (20)",
        range: [0, 1_000_000_000],
      },
      follow: { kind: "flag", short: "f", description: "go on with what comes" },
      ...CHAIN_OPTIONS,
      json: { kind: "flag", description: "print one JSON event a line" },
    },
    operands: [0, 0],
    examples: [
      ["tollgate chain tail -n 50", "the last 50 events"],
      ["tollgate chain tail -f --json | jq 'select(.kind == \"call.refused\")'", "refusals as they come"],
    ],
    exits: "With chain tail, 1 means that there is no chain yet.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args, signal } = context;
    const chain = await chainOf(context);
    if (typeof chain === "number") return chain;
    const json = args.flag("json");
    const count = args.number("lines") ?? 20;
    const last = chain.status().sequence;
    let next: number | undefined = Math.max(1, last - count + 1);
    while (next !== undefined && next <= last && !signal.aborted) {
      const page = chain.query({ sinceSequence: next, untilSequence: last, count: PAGE });
      for (const event of page.events) print(event, json, ambient);
      next = page.next;
    }
    if (args.flag("follow")) {
      for await (const event of chain.follow(last + 1, signal)) print(event, json, ambient);
    }
    await chain.close();
    return EXIT.ok;
  },
};

function print(event: ChainEvent, json: boolean, ambient: Ambient): void {
  // A line a event even on a terminal; what JSON leaves raw and a terminal would act on is escaped by `say`.
  if (json && !ambient.stdout.isTTY) ambient.stdout.write(`${JSON.stringify(event)}\n`);
  else if (json) say(ambient, JSON.stringify(event));
  else say(ambient, eventLine(event));
}

/** One line about one event, from whatever of the usual members its payload has. */
export function eventLine({ sequence, timestamp, kind, payload }: ChainEvent): string {
  const decision = object(payload.decision);
  const reason = Array.isArray(decision?.reasons) ? decision.reasons[0] : undefined;
  const parts = [
    `#${sequence}`,
    timestamp,
    kind,
    text(payload.principal),
    text(payload.tool),
    text(decision?.verdict),
    text(object(payload.fault)?.code) ?? text(payload.status),
    typeof payload.fuel === "number" ? `fuel ${grouped(payload.fuel)}` : undefined,
    typeof payload.duration_us === "number" ? `${(payload.duration_us / 1000).toFixed(2)} ms` : undefined,
    typeof reason === "string" && decision?.verdict !== "permit" ? `(${reason})` : undefined,
    text(payload.reason),
    text(payload.detail),
  ];
  return parts.filter((part) => part !== undefined).join("  ");
}

const text = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);

const object = (value: Json | undefined): JsonObject | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
