import { readdirSync, readFileSync } from "node:fs";
import { wat } from "./meter/metered-run.ts";
import { ending, openTestStore, type TestStore } from "./test-store.ts";

/** A guest of test/guests, with what its first lines say of it. */
export interface HostileGuest {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** `exited N` or the code of the fault. */
  readonly ends: string;
  readonly fuel: number;
}

/** What one run of a guest came to; fuel and memory are left out where the stack ended it, which hangs on the compiler. */
export type GuestFigures = readonly [ends: string, fuel: number, memoryPeak: number];

const folder = new URL("../guests/", import.meta.url);
const FUEL = 1_000_000;

/** Every guest of test/guests. */
export function hostileGuests(): HostileGuest[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".wat"))
    .sort()
    .map((name) => {
      const text = readFileSync(new URL(name, folder), "utf8");
      const ends = /^;; ends: (.+)$/m.exec(text)?.[1];
      if (ends === undefined || !text.startsWith(";; Attacks: ")) {
        throw new Error(`${name} does not say what it attacks and how it ends`);
      }
      const fuel = Number(/^;; fuel: (\d+)$/m.exec(text)?.[1] ?? FUEL);
      return { name: name.slice(0, -".wat".length), bytes: wat(text), ends, fuel };
    });
}

export async function figuresOf(store: TestStore, guest: HostileGuest, fuel = guest.fuel): Promise<GuestFigures> {
  const outcome = await store.go(guest.bytes, { limits: { fuel } });
  const ends = ending(outcome);
  if (ends === "stack-exhausted") return [ends, 0, 0];
  return [ends, outcome.usage.fuelConsumed, outcome.usage.memoryPeak];
}

/** Fuels with which guests are cut off, beside their own: early, in the middle of something, and late. */
const BUDGETS = [1, 7, 100, 1_234, 54_321];

/** What every guest comes to with every budget, by name. */
export async function allFigures(): Promise<Record<string, readonly GuestFigures[]>> {
  const store = openTestStore();
  const all: Record<string, readonly GuestFigures[]> = {};
  try {
    for (const guest of hostileGuests()) {
      const figures: GuestFigures[] = [];
      for (const fuel of [guest.fuel, ...BUDGETS]) figures.push(await figuresOf(store, guest, fuel));
      all[guest.name] = figures;
    }
  } finally {
    await store.close();
  }
  return all;
}
