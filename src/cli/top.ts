import type { Chain } from "../chain/chain.ts";
import { pause } from "../chain/pause.ts";
import type { JsonObject } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import type { Ambient } from "../host/settings.ts";
import { listAgents } from "../kernel/agents/view.ts";
import { Activity, type Tally } from "./activity.ts";
import { agentLines } from "./agent-list.ts";
import { CHAIN_OPTIONS } from "./chain-location.ts";
import { type Command, EXIT, type ExitCode } from "./command.ts";
import { grouped, sayJson } from "./output.ts";
import { chainOf } from "./read-chain.ts";
import { table } from "./table.ts";

const WINDOW_MS = 60_000;
const PAGE = 1000;
/** Events that are looked at for the first picture; more would make people wait. */
const LOOK_BACK = 10_000;
const SHOWN = 10;
/** To the top left, and what is below is cleared (ECMA-48 CUP and ED). */
const HOME = "\x1b[H\x1b[J";
/** The other screen and back (xterm's 1049), so that what was there is there again afterwards. */
const OTHER_SCREEN = "\x1b[?1049h\x1b[?25l";
const OWN_SCREEN = "\x1b[?25h\x1b[?1049l";

/** Shows what every host on this state directory is doing, again and again. */
export const top: Command = {
  spec: {
    name: "top",
    summary: "agents, calls and fuel, as they are now",
    usage: "[--interval SECS] [-n N] [--json] [options]",
    details: `
Shows the agents of this state directory and who called what in the last minute, from the chain:
calls, refusals, fuel and time, by principal and by tool. On a terminal it stays and is drawn
anew until q or Ctrl-C; elsewhere it prints one picture, or as many as -n says.`,
    options: {
      interval: { kind: "value", placeholder: "SECS", description: "seconds between pictures (2)", range: [1, 3600] },
      count: {
        kind: "value",
        short: "n",
        placeholder: "N",
        description: "so many pictures, then end",
        range: [1, 1_000_000],
      },
      json: { kind: "flag", description: "print one JSON document a picture" },
      ...CHAIN_OPTIONS,
    },
    operands: [0, 0],
    examples: [
      ["tollgate top", "a live view"],
      ["tollgate top --json | jq .calls", "one picture, for a script"],
    ],
    exits: "With top, 1 means that there is no chain yet.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args, signal } = context;
    const chain = await chainOf(context);
    if (typeof chain === "number") return chain;
    const live = ambient.stdout.isTTY === true && !args.flag("json");
    const pictures = args.number("count") ?? (live ? Number.POSITIVE_INFINITY : 1);
    const everyMs = (args.number("interval") ?? 2) * 1000;
    const activity = new Activity(WINDOW_MS);
    const quit = live ? watchForQuit(ambient, signal) : { signal, end: () => {} };
    let next = Math.max(1, chain.sequence() - LOOK_BACK);
    if (live) ambient.stdout.write(OTHER_SCREEN);
    try {
      for (let shown = 0; shown < pictures && !quit.signal.aborted; shown++) {
        if (shown > 0) await pause(everyMs, quit.signal);
        if (quit.signal.aborted) break;
        next = readOn(chain, next, activity);
        const picture = look(chain, activity, ambient.clock());
        if (args.flag("json")) sayJson(ambient, picture);
        else draw(ambient, picture, live);
      }
    } finally {
      if (live) ambient.stdout.write(OWN_SCREEN);
      quit.end();
      await chain.close();
    }
    return EXIT.ok;
  },
};

/** Takes in what came since, and answers where to go on. */
function readOn(chain: Chain, since: number, activity: Activity): number {
  for (let next = since; ; ) {
    const { events } = chain.query({ sinceSequence: next, count: PAGE });
    activity.add(events);
    next = (events.at(-1)?.sequence ?? next - 1) + 1;
    if (events.length < PAGE) return next;
  }
}

function look(chain: Chain, activity: Activity, now: number): JsonObject {
  const agents = chain.read(listAgents);
  const { all, principals, tools } = activity.tally(now);
  return {
    time: new Date(now).toISOString(),
    events: chain.sequence(),
    agents,
    last_minute: { ...all },
    principals: principals.map((one) => ({ ...one })),
    tools: tools.map((one) => ({ ...one })),
  };
}

function draw(ambient: Ambient, picture: JsonObject, live: boolean): void {
  const all = picture.last_minute as unknown as Tally;
  const lines = [
    `tollgate · ${picture.time} · ${grouped(picture.events as number)} events · last minute: ${figures(all)}`,
    "",
    ...agentLines(picture.agents as readonly JsonObject[]),
    "",
    ...tallies("PRINCIPAL", picture.principals as unknown as readonly Tally[]),
    "",
    ...tallies("TOOL", picture.tools as unknown as readonly Tally[]),
  ];
  // A terminal that does not know its size says 0.
  const rows = ambient.stdout.rows || Number.POSITIVE_INFINITY;
  const columns = ambient.stdout.columns || Number.POSITIVE_INFINITY;
  const shown = live ? lines.slice(0, Math.max(1, rows - 1)) : lines;
  const text = shown.map((line) => safeText(live ? line.slice(0, columns) : line, 8192)).join("\n");
  ambient.stdout.write(`${live ? HOME : ""}${text}\n`);
}

const figures = ({ calls, refused, fuel, ms }: Tally): string =>
  `${grouped(calls)} calls, ${grouped(refused)} refused, fuel ${grouped(fuel)}, ${grouped(Math.round(ms))} ms`;

function tallies(what: string, rows: readonly Tally[]): string[] {
  const shown = rows
    .slice(0, SHOWN)
    .map(({ name, calls, refused, fuel, ms }) => [
      name,
      grouped(calls),
      grouped(refused),
      grouped(fuel),
      String(Math.round(ms)),
    ]);
  const more = rows.length > SHOWN ? [`and ${rows.length - SHOWN} more`] : [];
  return [...table([what, "CALLS", "REFUSED", "FUEL", "MS"], shown), ...more];
}

/** Ends at q as well as at a signal. Ctrl-C is a key while keys are read one by one. */
function watchForQuit({ stdin }: Ambient, signal: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  if (stdin.isTTY !== true) return { signal, end: () => {} };
  const quit = new AbortController();
  const onKey = (key: Buffer) => {
    if (key.includes("q") || key.includes(3)) quit.abort();
  };
  stdin.setRawMode(true);
  stdin.on("data", onKey);
  stdin.resume();
  return {
    signal: AbortSignal.any([signal, quit.signal]),
    end() {
      stdin.off("data", onKey);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
