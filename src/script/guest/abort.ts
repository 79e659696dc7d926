type Listener = ((event: { readonly type: string }) => void) | { handleEvent(event: { readonly type: string }): void };

/** The DOM's AbortSignal, as far as it does without an event system. */
export class AbortSignal {
  aborted = false;
  reason: unknown;
  onabort: ((event: { readonly type: string }) => void) | null = null;
  #listeners: Listener[] = [];

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const controller = new AbortController();
    for (const signal of signals) {
      if (signal.aborted) controller.abort(signal.reason);
      else signal.addEventListener("abort", () => controller.abort(signal.reason));
    }
    return controller.signal;
  }

  addEventListener(_type: string, listener: Listener): void {
    if (!this.#listeners.includes(listener)) this.#listeners.push(listener);
  }

  removeEventListener(_type: string, listener: Listener): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** What the controller does. */
  become(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const event = { type: "abort" };
    const listeners = this.#listeners;
    this.#listeners = [];
    this.onabort?.(event);
    for (const listener of listeners) {
      if (typeof listener === "function") listener(event);
      else listener.handleEvent(event);
    }
  }
}

export class AbortController {
  readonly signal = new AbortSignal();

  abort(reason: unknown = new DOMException("This operation was aborted", "AbortError")): void {
    this.signal.become(reason);
  }
}
