import { performance } from "node:perf_hooks";
import { Script } from "node:vm";
import { type Fault, fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Authority } from "../contract/permit.ts";
import { chooseEntry, type EntryContext, EntryRefused, type EntryResult, enter } from "./entry-point.ts";
import type { HostCallClient, HostCallStop } from "./host-call-client.ts";
import { DEFAULT_HOST_CALL_COUNT } from "./host-calls.ts";
import { MemoryShelf } from "./memory-shelf.ts";
import type { ModuleShape } from "./messages.ts";
import { METER_EXPORTS, METER_MEMORY } from "./meter/meter.ts";
import { outOfFuel } from "./meter/out-of-fuel.ts";
import type { EntryPoint } from "./module-report.ts";
import {
  cancelledFault,
  deadlineFault,
  fuelFault,
  hostCallLimitFault,
  memoryFault,
  outputFault,
  stackFault,
  trapFault,
  uncaughtExceptionFault,
} from "./trap.ts";
import type { HostFunction, StopReason, WasiHost } from "./wasi/host.ts";

/** A module that is ready to be instantiated. */
export interface GuestModule {
  readonly module: WebAssembly.Module;
  readonly shape: ModuleShape;
}

type Stop = StopReason | HostCallStop | { readonly kind: "fuel" };

/** Thrown through the guest when a run ends early. What counts is the stored reason: a guest may catch this. */
const STOPPED = Symbol("stopped");
/** So far below zero that no credit brings the tank back. */
const EMPTY_TANK = -(2n ** 62n);
/**
 * Milliseconds that a unit of fuel takes at most, by a wide margin (measured: 0.3 to 3 ns). Where the fuel is used up
 * before the deadline, the interrupt, 60 to 200 µs a run, is not set up. Growing a memory or a table by nothing takes
 * longer than that; such a run is ended by the main thread, which watches every deadline.
 */
const MS_PER_FUEL = 10e-6;
const NOTHING = new Uint8Array(0);

const ENTER = Symbol.for("tollgate.enter");
const enterScript = new Script("globalThis[Symbol.for('tollgate.enter')]()");

/**
 * Runs guests in this thread, one at a time, each in a fresh instance with a memory of zeros and a fresh WASI context.
 * Whatever a guest does, `run` returns an outcome and the thread is ready for the next; only a single bulk operation or
 * system call can outlast the deadline, which the main thread watches.
 */
export class GuestRunner {
  readonly #host: WasiHost;
  readonly #calls: HostCallClient | undefined;
  readonly #isCancelled: () => boolean;
  readonly #imports: WebAssembly.Imports;
  /** What the imports say of the memory; set for each instance. */
  readonly #memoryImport: { [METER_MEMORY.name]: WebAssembly.Memory | undefined } = { memory: undefined };
  readonly #memories = new MemoryShelf();
  readonly #hooks = {
    memory: () => this.#visibleMemory,
    charge: (amount: number) => this.#charge(amount),
    stop: (reason: Stop): never => this.#stop(reason),
    isCancelled: () => this.#isCancelled(),
  };
  #fuel: WebAssembly.Global<bigint> | undefined;
  #exports: WebAssembly.Exports | undefined;
  #memory: WebAssembly.Memory | undefined;
  /** The memories that the instance made itself. */
  #ownMemories: readonly WebAssembly.Memory[] = [];
  /** The memory where the module exports it: what host calls work on. */
  #visibleMemory: WebAssembly.Memory | undefined;
  #deadline = 0;
  /** Calls of imported functions that the run may still make. */
  #callsLeft = 0;
  #callLimit = 0;
  #stopped: Stop | undefined;
  #fuelAtStop = 0n;

  /** True when the run before sent something that must arrive before its outcome. */
  sentNotes = false;

  /** `calls` are the host calls beside those of `host`, where there are any. */
  constructor(host: WasiHost, isCancelled: () => boolean, calls?: HostCallClient) {
    this.#host = host;
    this.#calls = calls;
    this.#isCancelled = isCancelled;
    const entered = (): void => this.#enterHost();
    this.#imports = {
      wasi_snapshot_preview1: guarded(host.imports.wasi_snapshot_preview1, entered),
      tollgate: guarded({ ...host.imports.tollgate, ...calls?.imports }, entered),
      [METER_MEMORY.module]: this.#memoryImport,
    };
  }

  run(guest: GuestModule, authority: Authority, stdin: Uint8Array, asked: EntryPoint | undefined): Outcome {
    const entry = chooseEntry(guest.shape, asked);
    if (typeof entry !== "string") return unused(entry);
    const { limits } = authority;
    this.#reset();
    const began = performance.now();
    this.#deadline = began + limits.deadlineMs;
    try {
      this.#host.begin({ authority, stdin, hooks: this.#hooks, deadline: this.#deadline });
    } catch (error) {
      return unused(fault("store", "permit-invalid", `a granted root cannot be opened: ${plain(error)}`));
    }
    this.#callLimit = limits.hostCallCount ?? DEFAULT_HOST_CALL_COUNT;
    this.#callsLeft = this.#callLimit;
    this.#calls?.begin(authority, this.#hooks, this.#deadline);
    let result: EntryResult | undefined;
    let region: Uint8Array | undefined;
    let thrown: unknown;
    try {
      const interruptible = limits.fuel * MS_PER_FUEL > limits.deadlineMs;
      result = interruptible
        ? interruptAfter(limits.deadlineMs, () => this.#enter(guest, limits.fuel, stdin, entry))
        : this.#enter(guest, limits.fuel, stdin, entry);
      region = result.region?.slice();
    } catch (error) {
      thrown = error ?? new Error("nothing was thrown");
    }
    const durationMs = performance.now() - began;
    const left = this.#left(limits.fuel, thrown);
    const usage = {
      fuelConsumed: left < 0n ? limits.fuel : limits.fuel - Number(left),
      memoryPeak: this.#memoryBytes(),
      durationMs,
    };
    const verdict = this.#verdict(authority, left, thrown);
    // a guest that caught its end and returned all the same returned nothing
    if (this.#stopped !== undefined) {
      result = undefined;
      region = undefined;
    }
    this.#reset();
    if (!isTimeout(thrown)) this.#memories.putBack();
    this.sentNotes = this.#calls?.end() ?? false;
    const { stdout, stderr } = this.#host.end();
    if (typeof verdict !== "number") return { kind: "fault", fault: verdict, stderr, usage };
    const output = region === undefined ? stdout : joined(stdout, region);
    if (output.length > limits.outputBytes) {
      return { kind: "fault", fault: outputFault(limits.outputBytes), stderr, usage };
    }
    return { kind: "exited", exitCode: result?.exitCode ?? verdict, stdout: output, stderr, usage };
  }

  /** Linear memory never shrinks: what it is at the end is the most that it was. */
  #memoryBytes(): number {
    let sum = this.#memory?.buffer.byteLength ?? 0;
    for (const memory of this.#ownMemories) sum += memory.buffer.byteLength;
    return sum;
  }

  #reset(): void {
    this.#stopped = undefined;
    this.#fuel = undefined;
    this.#exports = undefined;
    this.#memory = undefined;
    this.#ownMemories = [];
    this.#visibleMemory = undefined;
    this.#memoryImport[METER_MEMORY.name] = undefined;
  }

  #enter(guest: GuestModule, fuel: number, stdin: Uint8Array, entry: EntryPoint): EntryResult {
    const { memory, memoryExport, ownMemories } = guest.shape;
    if (memory !== undefined) {
      this.#memory = this.#memories.take(memory);
      this.#memoryImport[METER_MEMORY.name] = this.#memory;
    }
    const { exports } = new WebAssembly.Instance(guest.module, this.#imports);
    this.#exports = exports;
    this.#ownMemories = ownMemories.map((name) => exports[name] as WebAssembly.Memory);
    if (memoryExport !== undefined) this.#visibleMemory = this.#memory ?? this.#ownMemories[0];
    this.#fuel = exports[METER_EXPORTS.fuel] as WebAssembly.Global<bigint>;
    this.#fuel.value = BigInt(fuel);
    if (guest.shape.startFunction) {
      this.#charge(1);
      exports[METER_EXPORTS.start]();
    }
    const context: EntryContext = {
      exports,
      shape: guest.shape,
      stdin,
      memory: this.#hooks.memory,
      charge: this.#hooks.charge,
    };
    return enter(context, entry);
  }

  /** Before each call of the host: a run that was ended makes no more, whatever the guest caught. */
  #enterHost(): void {
    if (this.#stopped !== undefined) throw STOPPED;
    if (--this.#callsLeft < 0) this.#stop({ kind: "host-call-limit", name: "", limit: this.#callLimit });
    if (this.#isCancelled()) this.#stop({ kind: "cancelled" });
  }

  #charge(amount: number): void {
    if (this.#stopped !== undefined) throw STOPPED;
    const fuel = this.#fuel as WebAssembly.Global<bigint>;
    const left = fuel.value - BigInt(amount);
    fuel.value = left;
    if (left < 0n) this.#stop({ kind: "fuel" });
    if (this.#isCancelled()) this.#stop({ kind: "cancelled" });
    if (performance.now() > this.#deadline) this.#stop({ kind: "deadline" });
  }

  #stop(reason: Stop): never {
    const fuel = this.#fuel as WebAssembly.Global<bigint>;
    if (this.#stopped === undefined) {
      this.#stopped = reason;
      this.#fuelAtStop = fuel.value;
    }
    fuel.value = EMPTY_TANK;
    throw STOPPED;
  }

  /** What is left of the fuel; below zero where it was used up. */
  #left(limit: number, thrown: unknown): bigint {
    if (this.#stopped !== undefined) return this.#fuelAtStop;
    if (this.#exports === undefined || this.#fuel === undefined) return BigInt(limit);
    return outOfFuel(this.#exports, thrown) ? -1n : this.#fuel.value;
  }

  /** The exit code, or why the run did not come to one. What the host stopped for wins over what the guest made of it. */
  #verdict(authority: Authority, left: bigint, thrown: unknown): number | Fault {
    const { limits } = authority;
    const stop = this.#stopped;
    if (stop?.kind === "deadline" || isTimeout(thrown)) return deadlineFault(limits.deadlineMs);
    if (stop?.kind === "cancelled") return cancelledFault();
    if (left < 0n) return fuelFault(limits.fuel);
    if (stop?.kind === "exit") return stop.code;
    if (stop?.kind === "output-limit") return outputFault(stop.limit);
    if (stop?.kind === "host-call-limit") {
      return hostCallLimitFault(stop.name === "" ? "host calls" : `calls of ${stop.name}`, stop.limit);
    }
    if (stop?.kind === "refused") return fault("store", "host-call-refused", stop.message);
    if (thrown === undefined) return 0;
    if (thrown instanceof EntryRefused) return thrown.fault;
    if (thrown instanceof WebAssembly.RuntimeError) {
      const growFailed = this.#exports?.[METER_EXPORTS.growFailed] as WebAssembly.Global<number> | undefined;
      return growFailed?.value === 1 ? memoryFault(limits.memoryBytes) : trapFault(thrown.message);
    }
    if (thrown instanceof RangeError && /call stack/.test(thrown.message)) return stackFault();
    if (thrown instanceof RangeError && /memory/i.test(thrown.message)) {
      return fault("store", "worker-lost", "the engine has no room for another memory: call again later");
    }
    if (thrown instanceof WebAssembly.LinkError) {
      return fault("store", "import-refused", `module cannot be linked: ${plain(thrown)}`);
    }
    if (isGuestException(thrown)) return uncaughtExceptionFault();
    if (thrown instanceof TypeError && this.#fuel !== undefined) {
      return fault(
        "store",
        "module-refused",
        `module refused: a value that it passed cannot be taken: ${plain(thrown)}`,
      );
    }
    return fault("store", "internal", `the store failed on this run: ${plain(thrown)}`);
  }
}

/**
 * The same functions, each entered by way of `enter`. With as many parameters as they have, because the engine calls
 * those straight; ones of more than four all get nine, the most that WASI has.
 */
function guarded(
  functions: Readonly<Record<string, HostFunction>>,
  enter: () => void,
): Readonly<Record<string, HostFunction>> {
  return Object.fromEntries(Object.entries(functions).map(([name, call]) => [name, guardedCall(call, enter)]));
}

function guardedCall(call: HostFunction, enter: () => void): HostFunction {
  switch (call.length) {
    case 1:
      return (a) => {
        enter();
        return call(a);
      };
    case 2:
      return (a, b) => {
        enter();
        return call(a, b);
      };
    case 3:
      return (a, b, c) => {
        enter();
        return call(a, b, c);
      };
    case 4:
      return (a, b, c, d) => {
        enter();
        return call(a, b, c, d);
      };
    default:
      return (a, b, c, d, e, f, g, h, i) => {
        enter();
        return call(a, b, c, d, e, f, g, h, i);
      };
  }
}

function interruptAfter<T>(milliseconds: number, work: () => T): T {
  let result: T | undefined;
  (globalThis as Record<symbol, unknown>)[ENTER] = () => {
    result = work();
  };
  enterScript.runInThisContext({ timeout: Math.max(1, Math.ceil(milliseconds)) });
  return result as T;
}

function isTimeout(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException | undefined)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}

function isGuestException(thrown: unknown): boolean {
  const { Exception } = WebAssembly as unknown as { Exception?: new () => unknown };
  return Exception !== undefined && thrown instanceof Exception;
}

function unused(reason: Fault): Outcome {
  return {
    kind: "fault",
    fault: reason,
    stderr: NOTHING,
    usage: { fuelConsumed: 0, memoryPeak: 0, durationMs: 0 },
  };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function plain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
}
