import { performance } from "node:perf_hooks";
import type { Limits } from "../contract/limits.ts";
import type { HostCallStop } from "./host-call-client.ts";
import { DEFAULT_HOST_CALL_COUNT } from "./host-calls.ts";
import { METER_EXPORTS } from "./meter/meter.ts";
import { outOfFuel } from "./meter/out-of-fuel.ts";
import type { StopReason } from "./wasi/host.ts";

/** Why the host ended a run. */
export type Stop = StopReason | HostCallStop | { readonly kind: "fuel" };

/** Thrown through the guest when a run ends early. What counts is the stored reason: a guest may catch this. */
const STOPPED = Symbol("stopped");
/** So far below zero that no credit brings the tank back. */
const EMPTY_TANK = -(2n ** 62n);

/**
 * Holds one run to its fuel, its deadline and its number of host calls, wherever the guest calls the host. A run that is
 * stopped stays so: from then on each call of an imported function throws before it does anything, whatever the guest
 * caught, the first reason stands, and the guest has no fuel for another loop or call of its own.
 */
export class RunBounds {
  /** Whether the run under way is to end. */
  readonly isCancelled: () => boolean;
  #fuel: WebAssembly.Global<bigint> | undefined;
  #deadline = 0;
  /** Calls of imported functions that the run may still make. */
  #callsLeft = 0;
  #callLimit = 0;
  #fuelAtStop = 0n;
  /** Why the run was ended from within a call of the host; undefined while it was not. */
  stopped: Stop | undefined;
  /** What the instance exports, from when it has its fuel on. */
  exports: WebAssembly.Exports | undefined;

  constructor(isCancelled: () => boolean) {
    this.isCancelled = isCancelled;
  }

  /** Takes a run in hand. `deadline` is on the clock of `performance.now()`. */
  begin(limits: Limits, deadline: number): void {
    this.#deadline = deadline;
    this.#callLimit = limits.hostCallCount ?? DEFAULT_HOST_CALL_COUNT;
    this.#callsLeft = this.#callLimit;
  }

  /** Gives a metered instance its fuel; before anything of it runs. */
  fill(exports: WebAssembly.Exports, fuel: number): void {
    const tank = exports[METER_EXPORTS.fuel] as WebAssembly.Global<bigint>;
    tank.value = BigInt(fuel);
    this.#fuel = tank;
    this.exports = exports;
  }

  /** Forgets the run, so that nothing of its instance is held. */
  end(): void {
    this.stopped = undefined;
    this.#fuel = undefined;
    this.exports = undefined;
  }

  /** Before each call of the host: counts it. Throws where the run was stopped, or is stopped by this. */
  enterHost(): void {
    if (this.stopped !== undefined) throw STOPPED;
    if (--this.#callsLeft < 0) this.stop({ kind: "host-call-limit", name: "", limit: this.#callLimit });
    if (this.isCancelled()) this.stop({ kind: "cancelled" });
  }

  /** Takes fuel for what the host does for the guest. Throws where the run was stopped, or is stopped by this. */
  charge(amount: number): void {
    if (this.stopped !== undefined) throw STOPPED;
    const fuel = this.#fuel as WebAssembly.Global<bigint>;
    const left = fuel.value - BigInt(amount);
    fuel.value = left;
    if (left < 0n) this.stop({ kind: "fuel" });
    if (this.isCancelled()) this.stop({ kind: "cancelled" });
    if (performance.now() > this.#deadline) this.stop({ kind: "deadline" });
  }

  /** Ends the run: keeps the first reason, empties the tank, then throws through the guest. */
  stop(reason: Stop): never {
    const fuel = this.#fuel as WebAssembly.Global<bigint>;
    if (this.stopped === undefined) {
      this.stopped = reason;
      this.#fuelAtStop = fuel.value;
    }
    fuel.value = EMPTY_TANK;
    throw STOPPED;
  }

  /** What is left of a limit of fuel after a run that threw this, if it did; below zero where it was used up. */
  left(limit: number, thrown: unknown): bigint {
    if (this.stopped !== undefined) return this.#fuelAtStop;
    if (this.exports === undefined || this.#fuel === undefined) return BigInt(limit);
    return outOfFuel(this.exports, thrown) ? -1n : this.#fuel.value;
  }
}
