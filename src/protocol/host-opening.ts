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
  #opened: Promise<ToolHost | Fault> | undefined;
  #host: ToolHost | undefined;

  constructor(source: HostSource) {
    this.#source = source;
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
    this.#opened ??= this.#open();
    return this.#opened;
  }

  /** Closes the host, also one that is still opening. Never rejects. */
  async close(reason: string): Promise<void> {
    const host = await this.ready();
    if (isFault(host)) return;
    await host.close(reason);
  }

  async #open(): Promise<ToolHost | Fault> {
    try {
      const host = await (typeof this.#source === "function" ? this.#source() : this.#source);
      if (!isFault(host)) this.#host = host;
      return host;
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
