import type { Readable, Writable } from "node:stream";
import type { HostSource } from "./host-opening.ts";
import { HostOpening, isFault } from "./host-opening.ts";
import { serveMcp } from "./mcp/connection.ts";
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
/** The host opens by itself when the client stays silent, so that a bad configuration is told at once. */
const SILENCE_MS = 20;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Serves one client on a pair of byte streams until it leaves, and answers the exit code. The first byte chooses:
 * `C` or `c` (Content-Length) is JSON-RPC with header framing, everything else MCP.
 *
 * Resolves within a second of the end of the input, of a broken output or of `stop`, with the host closed; with
 * {@link EXIT_HOST_FAILED} when the host did not open, in which case nothing more is written. Never rejects. The
 * caller reports why the host did not open, and then ends the process.
 */
export async function serveStdio(options: ServeOptions): Promise<number> {
  const opening = new HostOpening(options.host);
  const silence = setTimeout(() => opening.start(), SILENCE_MS);
  try {
    const head = await readHead(options.input, options.stop);
    const serving: Serving = { ...options, opening, head: head.subarray(byteOrderMark(head)) };
    const first = serving.head[0];
    if (first === 0x43 || first === 0x63) {
      const { serveRpc } = await import("./rpc/serve.ts");
      return await serveRpc(serving);
    }
    return await serveMcp(serving);
  } finally {
    clearTimeout(silence);
  }
}

/** Resolves with the exit code of a host that failed to open; never resolves for one that opened. */
export function whenHostFails(opening: HostOpening, then: () => void): void {
  void opening.ready().then((host) => {
    if (isFault(host)) then();
  });
}

/** Reads until the first byte after a byte order mark is known, or the input ended. Leaves the input paused. */
function readHead(input: Readable, stop: AbortSignal | undefined): Promise<Uint8Array> {
  return new Promise((resolve) => {
    let head: Buffer = Buffer.alloc(0);
    const done = () => {
      input.off("data", onData);
      for (const event of ["end", "close", "error"]) input.off(event, done);
      stop?.removeEventListener("abort", done);
      input.pause();
      resolve(head);
    };
    const onData = (chunk: Buffer) => {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (head.length > byteOrderMark(head) && !isPartOfMark(head)) done();
    };
    input.on("data", onData);
    for (const event of ["end", "close", "error"]) input.on(event, done);
    stop?.addEventListener("abort", done);
    if (stop?.aborted === true || input.readableEnded || input.destroyed) done();
  });
}

function byteOrderMark(head: Uint8Array): number {
  return BYTE_ORDER_MARK.every((byte, at) => head[at] === byte) ? 3 : 0;
}

function isPartOfMark(head: Uint8Array): boolean {
  return head.length < 3 && head.every((byte, at) => byte === BYTE_ORDER_MARK[at]);
}
