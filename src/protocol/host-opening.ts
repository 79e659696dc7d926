import type { ToolHost } from "../contract/call.ts";
import { type Fault, fault } from "../contract/fault.ts";

/** What can be served: an open host, one that is opening, or the function that opens it. */
export type HostSource = ToolHost | Promise<ToolHost | Fault> | (() => Promise<ToolHost | Fault>);

/**
 * Opens the host once, when first asked to, and lets the handshake be answered before that.
 *
 * A function is called no sooner than {@link start} or {@link ready}; a rejected promise becomes the fault
 * `internal`, so nothing here ever throws.
 */
export class HostOpening {
  readonly #source: HostSource;
  readonly #check: (host: ToolHost) => Fault | undefined;
  #opened: Promise<ToolHost | Fault> | undefined;
  #host: ToolHost | undefined;
  #onFailure: (() => void) | undefined;

  /** `check` may find a reason not to serve an open host, which is then closed again. */
  constructor(source: HostSource, check: (host: ToolHost) => Fault | undefined = () => undefined) {
    this.#source = source;
    this.#check = check;
  }

  /** The host, when it is open already. */
  get host(): ToolHost | undefined {
    return this.#host;
  }

  /** Begins to open, without waiting. */
  start(): void {
    void this.ready();
  }

  /** The open host, or why it did not open. Never rejects. */
  ready(): Promise<ToolHost | Fault> {
    this.#opened ??= this.#open().then((host) => {
      if (isFault(host)) this.#onFailure?.();
      else this.#host = host;
      return host;
    });
    return this.#opened;
  }

  /** Calls `then` when the host turns out not to open, unless {@link off} came before. One listener at a time. */
  onFailure(then: () => void): void {
    this.#onFailure = then;
  }

  /** Takes the listener off. */
  off(then: () => void): void {
    if (this.#onFailure === then) this.#onFailure = undefined;
  }

  /** Closes the host, also one that is still opening; answers false for one that did not open. */
  async close(reason: string): Promise<boolean> {
    const host = await this.ready();
    if (isFault(host)) return false;
    await host.close(reason);
    return true;
  }

  async #open(): Promise<ToolHost | Fault> {
    try {
      const host = await (typeof this.#source === "function" ? this.#source() : this.#source);
      const reason = isFault(host) ? host : this.#check(host);
      if (reason === undefined) return host;
      if (!isFault(host)) await host.close(reason.message);
      return reason;
    } catch (error) {
      return fault(
        "host",
        "internal",
        `the host did not open: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

/** Tells why a host did not open from a host. */
export function isFault(value: ToolHost | Fault): value is Fault {
  return "code" in value;
}
