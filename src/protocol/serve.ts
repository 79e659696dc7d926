import type { ToolHost } from "../contract/call.ts";
import { HostOpening } from "./host-opening.ts";
import { serveMcp } from "./mcp/connection.ts";
import { createToolNames } from "./names.ts";
import type { ServeOptions, Serving } from "./serving.ts";

/** The host opens by itself when the client stays silent, so that a bad configuration is told at once. */
const SILENCE_MS = 20;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Serves one client on a pair of byte streams until it leaves, and answers the exit code. The first byte chooses:
 * `C` or `c` (Content-Length) is JSON-RPC with header framing, everything else MCP.
 *
 * Resolves within a second of the end of the input, of a broken output or of `stop`, with the host closed; with
 * `EXIT_HOST_FAILED` when the host did not open, in which case nothing more is written. Never rejects. The
 * caller reports why the host did not open, and then ends the process; tools whose names fall together are reported
 * here.
 */
export async function serveStdio(options: ServeOptions): Promise<number> {
  const opening = new HostOpening(options.host, (host) => {
    const names = createToolNames(namesOf(host), options.toolNames);
    if (!("code" in names)) return undefined;
    options.log(`${names.code}: ${names.message}`);
    return names;
  });
  const silence = setTimeout(() => opening.start(), SILENCE_MS);
  try {
    const head = await readHead(options, opening);
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

/** Reads until the first byte after a byte order mark is known, or nothing more will come. Leaves the input paused. */
function readHead({ input, stop }: ServeOptions, opening: HostOpening): Promise<Uint8Array> {
  return new Promise((resolve) => {
    let head: Buffer = Buffer.alloc(0);
    const done = () => {
      input.off("data", onData);
      for (const event of ["end", "close", "error"]) input.off(event, done);
      stop?.removeEventListener("abort", done);
      opening.off(done);
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
    opening.onFailure(done);
    if (stop?.aborted === true || input.readableEnded || input.destroyed) done();
  });
}

function namesOf(host: ToolHost): string[] {
  return host.tools().map((tool) => tool.name);
}

function byteOrderMark(head: Uint8Array): number {
  return BYTE_ORDER_MARK.every((byte, at) => head[at] === byte) ? 3 : 0;
}

function isPartOfMark(head: Uint8Array): boolean {
  return head.length < 3 && head.every((byte, at) => byte === BYTE_ORDER_MARK[at]);
}
