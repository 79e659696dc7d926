import type { Fault } from "../contract/fault.ts";
import type { LogLine, Progress } from "../contract/note.ts";
import { KIB, MIB, type Sha256 } from "../contract/units.ts";
import { DOTTED_NAME, NAME_LENGTH } from "./module-name.ts";
import { HOST_CALLS } from "./wasi/import-names.ts";

/** Whose call it is, and until when an answer is of use. One context serves all host calls of one run. */
export interface HostCallContext {
  readonly principal: string;
  /** SHA-256 of the module that runs. */
  readonly module: Sha256;
  /** Aborted when the run ends, for whatever reason, also after every call was answered. */
  readonly signal: AbortSignal;
  /** What the caller of `run` passed as `context`, untouched. */
  readonly value: unknown;
  /** How many runs this one is nested in. */
  readonly depth: number;
}

/**
 * Answers one host call, on the main thread. The request is a copy of the guest's bytes. A fault reaches the guest as
 * its error document. What it throws, or answers beside bytes and faults, reaches the guest as `internal` with a fixed
 * text, and the error goes to `onHostCallError`. An answer after the run has ended is dropped.
 */
export type HostCallHandler = (
  request: Uint8Array,
  context: HostCallContext,
) => Promise<Uint8Array | Fault> | Uint8Array | Fault;

/** One function of the import module `tollgate` that the user of the store provides. All figures are whole numbers. */
export interface HostCall {
  readonly handler: HostCallHandler;
  /** Longest request in bytes; a longer one is answered `request-too-large`. 1 MiB by default, 64 MiB at most. */
  readonly requestBytes?: number;
  /** Longest answer in bytes; a longer one is answered `answer-too-large`. 8 MiB by default, 64 MiB at most. */
  readonly answerBytes?: number;
  /** Calls that one run may make; one more ends the run as `host-call-limit-exceeded`. 10 000 by default. */
  readonly callsPerRun?: number;
}

/** A host call as a worker knows it. */
export interface HostCallBounds {
  readonly name: string;
  readonly requestBytes: number;
  readonly answerBytes: number;
  readonly callsPerRun: number;
}

/** A registered host call: its bounds, and who answers. */
export interface RegisteredHostCall extends HostCallBounds {
  readonly handler: HostCallHandler;
}

/** What a guest tells while it runs. */
export type Note =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "log"; readonly line: LogLine };

/**
 * What one host call costs a guest beside its bytes, in units of fuel. It takes two threads some 40 µs, in which a guest
 * gets through some tens of thousands of operators; less would let a guest keep the main thread busy for little, more
 * would leave too few calls to a run with the default fuel.
 */
export const HOST_CALL_FUEL = 1000;
/** What a progress or log call costs beside its bytes: a message to the main thread, which nobody waits for. */
export const NOTE_FUEL = 100;
/** Host calls of all kinds that a run may make where its limits do not say. */
export const DEFAULT_HOST_CALL_COUNT = 10_000_000;

const RESERVED: ReadonlySet<string> = new Set([...HOST_CALLS, "answer_read"]);
const MOST_BYTES = 64 * MIB;
const MOST_CALLS = 1_000_000_000;

/** Checks and completes what a user registers. Throws a TypeError that names the call and what is wrong with it. */
export function registerHostCalls(calls: Readonly<Record<string, HostCall>>): readonly RegisteredHostCall[] {
  return Object.entries(calls).map(([name, call]) => {
    if (name.length > NAME_LENGTH || !DOTTED_NAME.test(name)) {
      throw new TypeError(`the host call name ${JSON.stringify(name.slice(0, 80))} does not match ${DOTTED_NAME}`);
    }
    if (RESERVED.has(name)) throw new TypeError(`the host call ${name} is the store's own: choose another name`);
    if (typeof call?.handler !== "function") throw new TypeError(`the host call ${name} has no handler`);
    return {
      name,
      handler: call.handler,
      requestBytes: bound(name, "requestBytes", call.requestBytes, MIB, MOST_BYTES),
      answerBytes: bound(name, "answerBytes", call.answerBytes, 8 * MIB, MOST_BYTES),
      callsPerRun: bound(name, "callsPerRun", call.callsPerRun, 10_000, MOST_CALLS),
    };
  });
}

function bound(name: string, what: string, given: number | undefined, otherwise: number, most: number): number {
  if (given === undefined) return otherwise;
  if (Number.isSafeInteger(given) && given >= 0 && given <= most) return given;
  throw new TypeError(`${what} of the host call ${name} is ${given}: give a whole number up to ${most}`);
}

/** Largest answer that travels in shared memory; a larger one is posted. */
export const SHARED_ANSWER_BYTES = 64 * KIB;
