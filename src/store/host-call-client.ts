import { performance } from "node:perf_hooks";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { fault } from "../contract/fault.ts";
import { LOG_LEVELS } from "../contract/note.ts";
import type { Authority } from "../contract/permit.ts";
import { CallChannel } from "./call-channel.ts";
import { HOST_CALL_FUEL, type HostCallBounds } from "./host-calls.ts";
import type { NoteSender } from "./note-sender.ts";
import { ERRNO } from "./wasi/errno.ts";
import { GuestMemory } from "./wasi/guest-memory.ts";
import type { HostFunction } from "./wasi/host.ts";
import type { LinearMemory } from "./wasi/run-state.ts";

/** Why a host call ends the run. */
export type HostCallStop =
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "host-call-limit"; readonly name: string; readonly limit: number }
  | { readonly kind: "deadline" | "cancelled" };

/** What a run gives its host calls. */
export interface HostCallHooks {
  memory(): LinearMemory | undefined;
  charge(amount: number): void;
  stop(reason: HostCallStop): never;
  isCancelled(): boolean;
}

/** How a worker reaches the main thread. */
export interface HostCallSetup {
  readonly calls: readonly HostCallBounds[];
  readonly answers: SharedArrayBuffer;
  /** Where answers come that are too large for shared memory. */
  readonly port: MessagePort;
}

/** What the worker sends for a guest: a request that it waits on. */
export interface HostCallRequest {
  readonly kind: "call";
  /** The run that asks. */
  readonly sequence: number;
  /** Never 0; counts up. */
  readonly id: number;
  readonly call: number;
  readonly request: Uint8Array<ArrayBuffer>;
}

const NOTHING = new Uint8Array(0);
const LAST_ID = 0x3fff_ffff;

/**
 * The host calls of one worker, as its guests import them from the module `tollgate`:
 *
 * - `<name>(request: i32, length: i32) -> i32`, for each registered name: sends the bytes to the host and waits. n ≥ 0:
 *   an answer of n bytes waits. n < 0: an error document of −1 − n bytes waits, JSON `{code, message, data?}`
 * - `answer_read(to: i32, offset: i32, length: i32) -> i32`: copies from what waits, up to `length` bytes from `offset`;
 *   answers how many, −1 where that is outside of the memory or of what waits. It waits until the next call
 * - `progress(done: f64, total: f64, message: i32, length: i32)` and `log(level: i32, message: i32, length: i32)`, level
 *   0 to 3 for debug, info, warning, error: nobody waits for them; as `-> i32` they answer 0, 21 (a message outside of
 *   the memory) or 28 (a figure that is not finite, no such level)
 *
 * A call costs `HOST_CALL_FUEL`, a note `NOTE_FUEL`, and each byte one unit each time that it is moved: with the
 * request, when the answer comes, when it is read. Every number is the guest's and hostile.
 */
export class HostCallClient {
  readonly imports: Readonly<Record<string, HostFunction>>;
  readonly #calls: readonly HostCallBounds[];
  readonly #channel: CallChannel;
  readonly #port: MessagePort;
  readonly #post: (message: Omit<HostCallRequest, "sequence">) => void;
  readonly #memory = new GuestMemory();
  readonly #notes: NoteSender;
  readonly #counts: Uint32Array;
  #hooks: HostCallHooks | undefined;
  #authority: Authority | undefined;
  #deadline = 0;
  #lastId = 0;
  #answer: Uint8Array = NOTHING;

  constructor(setup: HostCallSetup, post: (message: Omit<HostCallRequest, "sequence">) => void, notes: NoteSender) {
    this.#calls = setup.calls;
    this.#channel = new CallChannel(setup.answers);
    this.#port = setup.port;
    this.#post = post;
    this.#notes = notes;
    this.#counts = new Uint32Array(setup.calls.length);
    const imports: Record<string, HostFunction> = {
      answer_read: (to: unknown, offset: unknown, length: unknown) => this.#read(u32(to), u32(offset), u32(length)),
      progress: (done: unknown, total: unknown, message: unknown, length: unknown) =>
        this.#progress(done, total, u32(message), u32(length)),
      log: (level: unknown, message: unknown, length: unknown) => this.#log(u32(level), u32(message), u32(length)),
    };
    for (const [index, { name }] of setup.calls.entries()) {
      imports[name] = (request: unknown, length: unknown) => this.#call(index, u32(request), u32(length));
    }
    this.imports = imports;
  }

  /** Takes a run in hand. `deadline` is on the clock of `performance.now()`. */
  begin(authority: Authority, hooks: HostCallHooks, deadline: number): void {
    this.#authority = authority;
    this.#hooks = hooks;
    this.#deadline = deadline;
    this.#memory.attach(hooks.memory);
  }

  /** Ends the run; nothing of it is left. Answers whether anything was posted that must arrive before the outcome. */
  end(): boolean {
    this.#authority = undefined;
    this.#hooks = undefined;
    this.#answer = NOTHING;
    this.#memory.detach();
    if (this.#counts.length > 0) this.#counts.fill(0);
    return this.#notes.end();
  }

  #call(index: number, pointer: number, length: number): number {
    const hooks = this.#running();
    const { name, requestBytes, callsPerRun } = this.#calls[index] as HostCallBounds;
    this.#allow(name);
    const count = (this.#counts[index] as number) + 1;
    this.#counts[index] = count;
    if (count > callsPerRun) hooks.stop({ kind: "host-call-limit", name, limit: callsPerRun });
    hooks.charge(HOST_CALL_FUEL);
    if (length > requestBytes) {
      return this.#refuse("request-too-large", `a request to ${name} has ${length} bytes, over its limit: send less`, {
        size: length,
        limit: requestBytes,
      });
    }
    if (length > 0 && !this.#memory.has(pointer, length)) {
      return this.#refuse("request-out-of-bounds", `a request to ${name} is not inside of the memory`, {
        pointer,
        length,
      });
    }
    hooks.charge(length);
    const request = new Uint8Array(length);
    if (length > 0) request.set(this.#memory.bytes.subarray(pointer, pointer + length));
    this.#answer = NOTHING;
    this.#lastId = this.#lastId === LAST_ID ? 1 : this.#lastId + 1;
    this.#notes.flush();
    this.#post({ kind: "call", id: this.#lastId, call: index, request });
    const answer = this.#channel.wait(
      this.#lastId,
      () => this.#deadline - performance.now(),
      () => hooks.isCancelled(),
    );
    if (answer === undefined) return hooks.stop({ kind: hooks.isCancelled() ? "cancelled" : "deadline" });
    this.#answer = answer.bytes ?? this.#posted(this.#lastId);
    hooks.charge(this.#answer.length);
    return answer.length;
  }

  /** An answer too large for shared memory was posted before it was announced; older ones were never waited for. */
  #posted(id: number): Uint8Array {
    for (;;) {
      const next = receiveMessageOnPort(this.#port)?.message as { id: number; bytes: Uint8Array } | undefined;
      if (next === undefined) throw new Error("the answer of a host call did not arrive");
      if (next.id === id) return next.bytes;
    }
  }

  #read(to: number, offset: number, length: number): number {
    const hooks = this.#running();
    if (offset > this.#answer.length) return -1;
    const size = Math.min(length, this.#answer.length - offset);
    if (size > 0 && !this.#memory.has(to, size)) return -1;
    hooks.charge(size + 1);
    if (size > 0) this.#memory.bytes.set(this.#answer.subarray(offset, offset + size), to);
    return size;
  }

  #progress(done: unknown, total: unknown, pointer: number, length: number): number {
    this.#running();
    this.#allow("progress");
    if (!Number.isFinite(done) || !Number.isFinite(total)) return ERRNO.inval;
    const message = this.#text(pointer, length);
    if (typeof message === "number") return message;
    this.#notes.progress({ done: done as number, total: total as number, message });
    return ERRNO.success;
  }

  #log(level: number, pointer: number, length: number): number {
    this.#running();
    this.#allow("log");
    const name = LOG_LEVELS[level];
    if (name === undefined) return ERRNO.inval;
    const message = this.#text(pointer, length);
    if (typeof message === "number") return message;
    this.#notes.log({ level: name, message });
    return ERRNO.success;
  }

  /** The text of a note, cut where it is too long; or an errno. Charged whole. */
  #text(pointer: number, length: number): string | number {
    if (length > 0 && !this.#memory.has(pointer, length)) return ERRNO.fault;
    this.#running().charge(this.#notes.costOf(length));
    return length === 0 ? "" : this.#notes.decode(this.#memory.bytes, pointer, length);
  }

  #running(): HostCallHooks {
    const hooks = this.#hooks;
    if (hooks === undefined) throw new Error("a host call was made while no run was in hand");
    return hooks;
  }

  /** A module that imports what was not granted is refused before it is compiled; this holds where that was wrong. */
  #allow(name: string): void {
    if (this.#authority?.hostCalls.includes(name) === true) return;
    this.#running().stop({ kind: "refused", message: `the host call tollgate.${name} was not granted` });
  }

  /** Leaves an error document of the store's own for the guest to read. */
  #refuse(code: string, message: string, data: Record<string, number>): number {
    const { layer: _, ...document } = fault("store", code, message, data);
    this.#answer = new TextEncoder().encode(JSON.stringify(document));
    return -1 - this.#answer.length;
  }
}

/** A number from the guest as unsigned 32 bits; whatever else its import's type made of it is 0. */
function u32(value: unknown): number {
  return typeof value === "number" ? value >>> 0 : 0;
}
