import { METER_EXPORTS } from "./meter.ts";

/** Whether a run ended because its fuel was used up, by what it threw, if it did. */
export function outOfFuel(exports: WebAssembly.Exports, thrown: unknown): boolean {
  if ((exports[METER_EXPORTS.fuel] as WebAssembly.Global<bigint>).value < 0n) return true;
  if (!(thrown instanceof WebAssembly.RuntimeError) || thrown.message !== "unreachable") return false;
  return (exports[METER_EXPORTS.unreachable] as WebAssembly.Global<number>).value === 0;
}
