import type { Readable, Writable } from "node:stream";
import type { HostOpening, HostSource } from "./host-opening.ts";
import type { ToolNameStyle } from "./names.ts";

/** Everything that a protocol may touch; nothing else is reached for. */
export interface ServeOptions {
  readonly host: HostSource;
  /** The program's version, told before the host is open. */
  readonly version: string;
  /** The granted roots as the model is told of them; empty when they are not known before the host is open. */
  readonly roots: readonly string[];
  readonly input: Readable;
  readonly output: Writable;
  readonly toolNames: ToolNameStyle;
  /** Whether the host will have an inbox for the client: told before the host is open. No where absent. */
  readonly inbox?: boolean;
  /** Whether the tools of the host can change: told before the host is open. No where absent. */
  readonly liveTools?: boolean;
  /** One line for a person, without a newline. */
  readonly log: (line: string) => void;
  /** Milliseconds since the Unix epoch. */
  readonly clock: () => number;
  /** Aborted when the program is told to stop (a signal): like the end of the input. */
  readonly stop?: AbortSignal;
}

/** What one protocol gets: the options, the host that may still be opening, and the bytes read so far. */
export interface Serving extends ServeOptions {
  readonly opening: HostOpening;
  /** Read already, without a byte order mark. */
  readonly head: Uint8Array;
}

/** Exit code when the host did not open. */
export const EXIT_HOST_FAILED = 1;
