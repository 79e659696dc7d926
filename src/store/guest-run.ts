import { performance } from "node:perf_hooks";
import { type Fault, fault } from "../contract/fault.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Authority } from "../contract/permit.ts";
import { interruptAfter, mayOutlast, wasInterrupted } from "./deadline-interrupt.ts";
import { chooseEntry, type EntryContext, type EntryResult, enter } from "./entry-point.ts";
import { guardedImports } from "./guarded-imports.ts";
import type { HostCallClient } from "./host-call-client.ts";
import { MemoryShelf } from "./memory-shelf.ts";
import type { ModuleShape } from "./messages.ts";
import { METER_EXPORTS, METER_MEMORY } from "./meter/meter.ts";
import type { EntryPoint } from "./module-report.ts";
import { isLarge, NextInstance } from "./next-instance.ts";
import { RunBounds, type Stop } from "./run-bounds.ts";
import { outputFault } from "./trap.ts";
import { plainText, verdictOf } from "./verdict.ts";
import type { WasiHost } from "./wasi/host.ts";

/** A module that is ready to be instantiated. */
export interface GuestModule {
  readonly module: WebAssembly.Module;
  readonly shape: ModuleShape;
}

const NOTHING = new Uint8Array(0);

/**
 * Runs guests in this thread, one at a time, each in a fresh instance with a memory of zeros and a fresh WASI context.
 * Whatever a guest does, `run` returns an outcome and the thread is ready for the next; only a single bulk operation or
 * system call can outlast the deadline, which the main thread watches.
 */
export class GuestRunner {
  readonly #host: WasiHost;
  readonly #calls: HostCallClient | undefined;
  readonly #bounds: RunBounds;
  readonly #next: NextInstance;
  readonly #memories = new MemoryShelf();
  /** What the host's functions are given of the run; made once, since a run is to cost no closure. */
  readonly #hooks = {
    memory: () => this.#visibleMemory,
    charge: (amount: number) => this.#bounds.charge(amount),
    stop: (reason: Stop): never => this.#bounds.stop(reason),
    isCancelled: () => this.#bounds.isCancelled(),
  };
  #memory: WebAssembly.Memory | undefined;
  /** The memories that the instance made itself. */
  #ownMemories: readonly WebAssembly.Memory[] = [];
  /** The memory where the module exports it: what host calls work on. */
  #visibleMemory: WebAssembly.Memory | undefined;

  /** True when the run before sent something that must arrive before its outcome. */
  sentNotes = false;

  /** `calls` are the host calls beside those of `host`, where there are any. */
  constructor(host: WasiHost, isCancelled: () => boolean, calls?: HostCallClient) {
    this.#host = host;
    this.#calls = calls;
    this.#bounds = new RunBounds(isCancelled);
    const enterHost = (): void => this.#bounds.enterHost();
    const memoryImport: { [METER_MEMORY.name]: WebAssembly.Memory | undefined } = { memory: undefined };
    const imports = {
      wasi_snapshot_preview1: guardedImports(host.imports.wasi_snapshot_preview1, enterHost),
      tollgate: guardedImports({ ...host.imports.tollgate, ...calls?.imports }, enterHost),
      [METER_MEMORY.module]: memoryImport,
    };
    this.#next = new NextInstance(imports as WebAssembly.Imports, memoryImport);
  }

  /** An instance for a run that may come, for when there is nothing else to do. */
  get next(): Pick<NextInstance, "isDue" | "make" | "drop"> {
    return this.#next;
  }

  /** Runs one guest to its outcome; why it was refused, stopped or trapped is the fault in that. */
  run(guest: GuestModule, authority: Authority, stdin: Uint8Array, asked: EntryPoint | undefined): Outcome {
    const entry = chooseEntry(guest.shape, asked);
    if (typeof entry !== "string") return unused(entry);
    const { limits } = authority;
    const bounds = this.#bounds;
    this.#reset();
    const began = performance.now();
    const deadline = began + limits.deadlineMs;
    try {
      this.#host.begin({ authority, stdin, hooks: this.#hooks, deadline });
    } catch (error) {
      return unused(fault("store", "permit-invalid", `a granted root cannot be opened: ${plainText(error)}`));
    }
    bounds.begin(limits, deadline);
    this.#calls?.begin(authority, this.#hooks, deadline);
    let result: EntryResult | undefined;
    let region: Uint8Array | undefined;
    let thrown: unknown;
    try {
      result = mayOutlast(limits.fuel, limits.deadlineMs)
        ? interruptAfter(limits.deadlineMs, () => this.#enter(guest, limits.fuel, stdin, entry))
        : this.#enter(guest, limits.fuel, stdin, entry);
      region = result.region?.slice();
    } catch (error) {
      thrown = error ?? new Error("nothing was thrown");
    }
    const durationMs = performance.now() - began;
    const left = bounds.left(limits.fuel, thrown);
    const usage = {
      fuelConsumed: left < 0n ? limits.fuel : limits.fuel - Number(left),
      memoryPeak: this.#memoryBytes(),
      durationMs,
    };
    const used = this.#memory;
    const verdict = verdictOf(limits, bounds, left, thrown);
    // a guest that caught its end and returned all the same returned nothing
    if (bounds.stopped !== undefined) {
      result = undefined;
      region = undefined;
    }
    this.#reset();
    if (wasInterrupted(thrown)) this.#memories.giveUp();
    else {
      this.#memories.putBack();
      this.#next.giveBack(guest, used);
    }
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

  /** Leaves nothing of a run's instance to be held, or to be seen by the next. */
  #reset(): void {
    this.#bounds.end();
    this.#memory = undefined;
    this.#ownMemories = [];
    this.#visibleMemory = undefined;
  }

  #enter(guest: GuestModule, fuel: number, stdin: Uint8Array, entry: EntryPoint): EntryResult {
    const { memory, memoryExport, ownMemories } = guest.shape;
    const fresh =
      this.#next.take(guest) ??
      this.#next.instantiate(guest, memory === undefined || isLarge(memory) ? undefined : this.#memories.take(memory));
    const { exports } = fresh;
    this.#memory = fresh.memory;
    this.#ownMemories = ownMemories.map((name) => exports[name] as WebAssembly.Memory);
    if (memoryExport !== undefined) this.#visibleMemory = this.#memory ?? this.#ownMemories[0];
    this.#bounds.fill(exports, fuel);
    if (guest.shape.startFunction) {
      this.#bounds.charge(1);
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
