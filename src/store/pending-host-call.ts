import type { MessagePort } from "node:worker_threads";
import type { CallChannel } from "./call-channel.ts";
import type { DeskAnswer } from "./host-call-desk.ts";
import { SHARED_ANSWER_BYTES } from "./host-calls.ts";
import type { RunTask } from "./run-task.ts";

/**
 * The host call that a worker's guest waits in, if it does: one at most, since the guest has one thread. An answer
 * reaches only the call that it is for; one that nobody waits for any more is dropped.
 */
export class PendingHostCall {
  readonly #channel: CallChannel;
  readonly #answers: MessagePort;
  /** The request that is waited on, or 0. */
  #id = 0;
  /** Whose run waits; undefined while none does. */
  caller: RunTask | undefined;

  /** `answers` takes what is too large for the channel. */
  constructor(channel: CallChannel, answers: MessagePort) {
    this.#channel = channel;
    this.#answers = answers;
  }

  /** The guest of this run waits for the answer to a request. */
  wait(id: number, caller: RunTask): void {
    this.#id = id;
    this.caller = caller;
  }

  answer(id: number, { bytes, isError }: DeskAnswer): void {
    if (this.#id !== id) return;
    this.clear();
    // before it is announced, so that it is there when the guest wakes
    if (bytes.length > SHARED_ANSWER_BYTES) this.#answers.postMessage({ id, bytes });
    this.#channel.answer(id, bytes, isError);
  }

  /** Has the waiting guest look whether its run is to end. */
  wake(): void {
    this.#channel.wake();
  }

  /** A run ended, its call with it. */
  ended(task: RunTask): void {
    if (this.caller === task) this.clear();
  }

  /** Nobody waits any more. */
  clear(): void {
    this.#id = 0;
    this.caller = undefined;
  }

  close(): void {
    this.clear();
    this.#answers.close();
  }
}
