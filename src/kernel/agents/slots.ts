import { type Minutes, newMinutes } from "./budget.ts";
import type { Charge } from "./conclude.ts";
import type { HeldSending } from "./held-sending.ts";

/** What a host has in memory of an agent that it runs. Losing it loses no message and no state. */
export interface Slot {
  readonly pid: number;
  readonly minutes: Minutes;
  /** Ends what is in hand; undefined where nothing is. */
  abort?: AbortController | undefined;
  /** Settles once nothing is in hand. */
  done: Promise<void>;
  /** Calls off the next look. */
  cancelTimer?: (() => void) | undefined;
  /** What could not be committed is not tried again until a timer says so. */
  blocked: boolean;
  failures: number;
  /** What came of the message in hand is being committed. */
  concluding?: boolean;
  /** The message in hand, where it is not known to be sent yet. */
  held?: HeldSending | undefined;
  /** How long the last run took; unknown before the first. */
  lastRunMs: number;
  /** Used by its tool calls since the last message was concluded. */
  nested: Charge;
}

const NO_CHARGE: Charge = Object.freeze({ calls: 0, fuel: 0, cpuMs: 0 });

export function newSlot(pid: number): Slot {
  return {
    pid,
    minutes: newMinutes(),
    done: Promise.resolve(),
    blocked: false,
    failures: 0,
    lastRunMs: 0,
    nested: NO_CHARGE,
  };
}

export function addCharge(slot: Slot, more: Partial<Charge>): void {
  const { calls, fuel, cpuMs } = slot.nested;
  slot.nested = {
    calls: calls + (more.calls ?? 0),
    fuel: fuel + (more.fuel ?? 0),
    cpuMs: cpuMs + (more.cpuMs ?? 0),
  };
}

/** Takes off what a concluded message has written down. */
export function settleCharge(slot: Slot, settled: Charge): void {
  addCharge(slot, { calls: -settled.calls, fuel: -settled.fuel, cpuMs: -settled.cpuMs });
}
