import type { Outcome } from "../contract/outcome.ts";
import type { PreparedModule, RunTask } from "./run-task.ts";

/** What a run costs a worker beside the guest, in microseconds. */
const OVERHEAD_US = 10;
/** A run that takes so long or less costs the main thread about as much as the worker. */
const SHORT_US = 200;
/** By so much the typical time follows each run, up or down. */
const STEP = 1.05;

/**
 * Learns from a run what the next of its module is expected to take. One that took longer than expected counts for more,
 * so that a module that turns slow is soon handed alone.
 */
export function learnFrom({ prepared }: RunTask, outcome: Outcome): void {
  if (prepared === undefined) return;
  const took = outcome.usage.durationMs * 1000 + OVERHEAD_US;
  const weight = took > prepared.expectedUs ? 0.5 : 0.2;
  prepared.expectedUs += (took - prepared.expectedUs) * weight;
  prepared.typicalUs *= took > prepared.typicalUs ? STEP : 1 / STEP;
}

/** Whether a run of the module typically costs the main thread about as much as a worker. */
export function isShort(prepared: PreparedModule): boolean {
  return prepared.typicalUs <= SHORT_US;
}
