import { performance } from "node:perf_hooks";
import type { LogLine, Progress } from "../contract/note.ts";
import { KIB } from "../contract/units.ts";
import { NOTE_FUEL, type Note } from "./host-calls.ts";

/** Longest message of a note; what is beyond is cut. */
const MESSAGE_BYTES = 4 * KIB;
/** Log lines that one run may send, and bytes of all their messages; what is beyond is dropped and counted. */
const RUN_LINES = 1000;
const RUN_BYTES = 256 * KIB;
/** Progress is sent at most this often; of what comes between, the last is sent. */
const PROGRESS_MS = 20;

/**
 * Sends what a guest tells while it runs, in its order and bounded, so that no guest can fill the main thread's queue: a
 * run's log by lines and bytes, its progress by time. Everything is sent before the run's outcome.
 */
export class NoteSender {
  readonly #post: (note: Note) => void;
  #pending: Progress | undefined;
  #progressAt = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #bytes = 0;
  #dropped = 0;
  #sent = false;

  constructor(post: (note: Note) => void) {
    this.#post = post;
  }

  costOf(length: number): number {
    return NOTE_FUEL + length;
  }

  /** The text of a message, without a character that the cut would halve. */
  decode(bytes: Uint8Array, at: number, length: number): string {
    const cut = bytes.subarray(at, at + Math.min(length, MESSAGE_BYTES));
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(cut, { stream: length > MESSAGE_BYTES });
  }

  progress(progress: Progress): void {
    this.#pending = progress;
    const now = performance.now();
    if (now - this.#progressAt < PROGRESS_MS) return;
    this.#progressAt = now;
    this.flush();
  }

  log(line: LogLine): void {
    const size = Buffer.byteLength(line.message);
    if (this.#lines >= RUN_LINES || this.#bytes + size > RUN_BYTES) {
      this.#dropped++;
      return;
    }
    this.#lines++;
    this.#bytes += size;
    this.flush();
    this.#send({ kind: "log", line });
  }

  /** Sends the progress that waits. */
  flush(): void {
    const progress = this.#pending;
    if (progress === undefined) return;
    this.#pending = undefined;
    this.#send({ kind: "progress", progress });
  }

  /** Sends what is left of a run and forgets it; true when it sent anything at all. */
  end(): boolean {
    this.flush();
    if (this.#dropped > 0) {
      const message = `${this.#dropped} log lines were dropped: a run may log ${RUN_LINES} lines of ${RUN_BYTES} bytes`;
      this.#send({ kind: "log", line: { level: "warning", message, dropped: this.#dropped } });
    }
    const sent = this.#sent;
    if (sent) {
      this.#progressAt = Number.NEGATIVE_INFINITY;
      this.#lines = 0;
      this.#bytes = 0;
      this.#dropped = 0;
      this.#sent = false;
    }
    return sent;
  }

  #send(note: Note): void {
    this.#sent = true;
    this.#post(note);
  }
}
