import { ErrorCodes, ResponseError } from "vscode-jsonrpc/node";

/** The life of a connection (LSP 3.17, "Server lifecycle"): it only ever moves forward. */
export type Phase = "new" | "initialized" | "shut-down";

/** Refuses what does not belong to the phase, and knows the exit code. */
export class Lifecycle {
  #phase: Phase = "new";

  /** The error for a request of this method in the present phase, or nothing when it may be served. */
  refuse(method: string): ResponseError<void> | undefined {
    if (this.#phase === "shut-down")
      return new ResponseError(ErrorCodes.InvalidRequest, "the server was shut down: send exit");
    if (method === "initialize") {
      return this.#phase === "new"
        ? undefined
        : new ResponseError(ErrorCodes.InvalidRequest, "initialize was answered before");
    }
    return this.#phase === "new"
      ? new ResponseError(ErrorCodes.ServerNotInitialized, "send initialize first")
      : undefined;
  }

  initialized(): void {
    this.#phase = "initialized";
  }

  shutDown(): void {
    this.#phase = "shut-down";
  }

  /** Between `initialize` and `shutdown`: only then the client is told anything unasked. */
  get isOpen(): boolean {
    return this.#phase === "initialized";
  }

  /** The exit code when the connection ends now: 0 after `shutdown`, else 1. */
  get exitCode(): 0 | 1 {
    return this.#phase === "shut-down" ? 0 : 1;
  }
}
