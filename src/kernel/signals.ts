/**
 * What has just changed: this process put something into an inbox, it changed agents, jobs or subscriptions, or something
 * happened in another process, which may be any of it.
 */
export type Signal =
  | { readonly kind: "mail"; readonly pid: number }
  | { readonly kind: "agents" }
  | { readonly kind: "jobs" }
  | { readonly kind: "subscriptions" }
  | { readonly kind: "elsewhere" };

/** Tells the parts of the kernel that something is committed which they may have to act on. Losing a signal only delays. */
export interface Signals {
  tell(signal: Signal): void;
  /** Calls `listener` in a later microtask of each signal, until the answered function is called. */
  listen(listener: (signal: Signal) => void): () => void;
}

export function createSignals(): Signals {
  const listeners = new Set<(signal: Signal) => void>();
  return {
    tell(signal) {
      for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener(signal));
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
