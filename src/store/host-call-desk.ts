import { type Fault, fault } from "../contract/fault.ts";
import { type HostCallContext, type RegisteredHostCall, SHARED_ANSWER_BYTES } from "./host-calls.ts";
import type { RunTask } from "./run-task.ts";

/** What goes back to the guest: an answer, or an error document. */
export interface DeskAnswer {
  readonly bytes: Uint8Array;
  readonly isError: boolean;
}

const encoder = new TextEncoder();

/**
 * Has the handlers of registered host calls answer what guests ask, on the main thread. Always answers, never rejects:
 * what a handler throws is told to the store's user, and to the guest only that the call failed.
 */
export class HostCallDesk {
  readonly calls: readonly RegisteredHostCall[];
  readonly #onError: (name: string, error: unknown) => void;

  constructor(calls: readonly RegisteredHostCall[], onError: (name: string, error: unknown) => void) {
    this.calls = calls;
    this.#onError = onError;
  }

  async answer(task: RunTask, index: number, request: Uint8Array): Promise<DeskAnswer> {
    const call = this.calls[index] as RegisteredHostCall;
    let answer: Uint8Array | Fault;
    try {
      answer = await call.handler(request, contextOf(task));
      if (answer instanceof Uint8Array) return this.#bounded(call, answer);
      if (typeof answer?.code !== "string" || typeof answer.message !== "string") {
        throw new TypeError("the handler answered neither bytes nor a fault");
      }
      return errorDocument(answer);
    } catch (error) {
      queueMicrotask(() => this.#onError(call.name, error));
      return errorDocument(fault("host", "internal", "the host call failed"));
    }
  }

  #bounded({ name, answerBytes }: RegisteredHostCall, bytes: Uint8Array): DeskAnswer {
    if (bytes.length <= answerBytes) return { bytes, isError: false };
    const message = `the answer of ${name} has ${bytes.length} bytes, over its limit: ask for less at once`;
    const data = { size: bytes.length, limit: answerBytes };
    return errorDocument(fault("host", "answer-too-large", message, data));
  }
}

/** What handlers are told of a run; one for all its calls. */
function contextOf(task: RunTask): HostCallContext {
  task.ended ??= new AbortController();
  task.context ??= Object.freeze({
    principal: task.principal,
    module: task.module,
    signal: task.ended.signal,
    value: task.input.context,
    depth: task.depth,
  });
  return task.context;
}

/** The bytes of `{code, message, data?}`; one that is too long loses its data, then most of its message. */
export function errorDocument({ code, message, data }: Fault): DeskAnswer {
  for (const document of [
    { code, message, data },
    { code, message },
  ]) {
    const bytes = encoder.encode(JSON.stringify(document));
    if (bytes.length <= SHARED_ANSWER_BYTES) return { bytes, isError: true };
  }
  return {
    bytes: encoder.encode(JSON.stringify({ code: code.slice(0, 64), message: message.slice(0, 1000) })),
    isError: true,
  };
}
