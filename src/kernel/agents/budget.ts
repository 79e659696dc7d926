import type { Budget } from "../../contract/capabilities.ts";
import type { UsedMinute } from "../records.ts";

const MINUTE_MS = 60_000;

/** Amounts of the last minute, by the second they were used in. */
interface Slot {
  at: number;
  amount: number;
}

/** What was used within the last minute. */
export class SlidingMinute {
  #slots: Slot[] = [];

  spend(now: number, amount: number): void {
    this.#slide(now);
    const at = Math.floor(now / 1000) * 1000;
    const last = this.#slots.at(-1);
    if (last !== undefined && last.at === at) last.amount += amount;
    else this.#slots.push({ at, amount });
  }

  /** Begins with what was used before: as if all of it had been used at that time. */
  resume(at: number, amount: number): void {
    if (this.#slots.length === 0 && amount > 0) this.#slots.push({ at: Math.floor(at / 1000) * 1000, amount });
  }

  used(now: number): number {
    this.#slide(now);
    return this.#slots.reduce((sum, { amount }) => sum + amount, 0);
  }

  /** How long until `amount` more stays within `budget`; 0 where it does now, or where it never would but nothing is used. */
  waitFor(now: number, amount: number, budget: number): number {
    let used = this.used(now);
    if (used + amount <= budget) return 0;
    for (const { at, amount: freed } of this.#slots) {
      used -= freed;
      if (used + amount <= budget || used <= 0) return Math.max(1, at + 1000 + MINUTE_MS - now);
    }
    return 0;
  }

  #slide(now: number): void {
    // After a jump of the clock backwards, what lies ahead counts as used now: it neither vanishes nor stays for long.
    for (const slot of this.#slots) if (slot.at > now) slot.at = Math.floor(now / 1000) * 1000;
    this.#slots = this.#slots.filter(({ at }) => at + 1000 + MINUTE_MS > now);
  }
}

/** The minutes of one agent. */
export interface Minutes {
  readonly fuel: SlidingMinute;
  readonly calls: SlidingMinute;
  readonly messages: SlidingMinute;
}

export function newMinutes(): Minutes {
  return { fuel: new SlidingMinute(), calls: new SlidingMinute(), messages: new SlidingMinute() };
}

/** The minutes as they are kept in the record of an agent that has a budget, so that they outlive its host. */
export function minuteOf({ fuel, calls, messages }: Minutes, budget: Budget, now: number): UsedMinute | undefined {
  if (Object.keys(budget).length === 0) return undefined;
  return { at: now, fuel: fuel.used(now), calls: calls.used(now), messages: messages.used(now) };
}

/** Goes on from what a record says. */
export function resumeMinutes(minutes: Minutes, used: UsedMinute | undefined): void {
  if (used === undefined) return;
  for (const what of ["fuel", "calls", "messages"] as const) minutes[what].resume(used.at, used[what]);
}
