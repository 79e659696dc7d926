import type { ChainEvent } from "../contract/chain-event.ts";

/** What a principal or a tool did within the window. */
export interface Tally {
  readonly name: string;
  readonly calls: number;
  readonly refused: number;
  readonly fuel: number;
  /** Milliseconds that guests ran. */
  readonly ms: number;
}

interface Entry {
  readonly at: number;
  readonly principal: string;
  readonly tool: string;
  readonly refused: boolean;
  readonly fuel: number;
  readonly ms: number;
}

const ENDS: ReadonlySet<string> = new Set(["call.outcome", "call.refused"]);

/** Counts the calls that ended within the last so many milliseconds, from the events of the chain. */
export class Activity {
  readonly #windowMs: number;
  #entries: Entry[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Takes events in, in their order; those that end no call do not count. */
  add(events: readonly ChainEvent[]): void {
    for (const { kind, timestamp, payload } of events) {
      if (!ENDS.has(kind)) continue;
      this.#entries.push({
        at: Date.parse(timestamp),
        principal: String(payload.principal ?? "-"),
        tool: String(payload.tool ?? "-"),
        refused: kind === "call.refused",
        fuel: typeof payload.fuel === "number" ? payload.fuel : 0,
        ms: typeof payload.duration_us === "number" ? payload.duration_us / 1000 : 0,
      });
    }
  }

  /** All of the window together, then by principal and by tool, the busiest first. */
  tally(now: number): { readonly all: Tally; readonly principals: readonly Tally[]; readonly tools: readonly Tally[] } {
    this.#entries = this.#entries.filter(({ at }) => at > now - this.#windowMs);
    return {
      all: sum("all", this.#entries),
      principals: groups(this.#entries, ({ principal }) => principal),
      tools: groups(this.#entries, ({ tool }) => tool),
    };
  }
}

function groups(entries: readonly Entry[], key: (entry: Entry) => string): Tally[] {
  const byName = new Map<string, Entry[]>();
  for (const entry of entries) {
    const own = byName.get(key(entry));
    if (own === undefined) byName.set(key(entry), [entry]);
    else own.push(entry);
  }
  return [...byName]
    .map(([name, own]) => sum(name, own))
    .sort((a, b) => b.calls - a.calls || (a.name < b.name ? -1 : 1));
}

function sum(name: string, entries: readonly Entry[]): Tally {
  let refused = 0;
  let fuel = 0;
  let ms = 0;
  for (const entry of entries) {
    if (entry.refused) refused++;
    fuel += entry.fuel;
    ms += entry.ms;
  }
  return { name, calls: entries.length, refused, fuel, ms };
}
