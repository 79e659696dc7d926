// A JSON-RPC client of a server over streams in this process.
import { PassThrough } from "node:stream";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import type { ToolHost } from "../../../src/contract/call.ts";
import { serveStdio } from "../../../src/protocol/serve.ts";
import { result } from "../mcp/wire.ts";

/** A host without tools, each of whose answers is close to a megabyte. */
export const LARGE_ANSWERS: ToolHost = {
  version: "0",
  roots: [],
  tools: () => [],
  close: async () => {},
  call: async () => result({ text: "x".repeat(900_000) }),
};

/** Serves a host; the client does not listen yet. */
export function serveClient(host: ToolHost, output = new PassThrough()) {
  const input = new PassThrough();
  const exit = serveStdio({
    host,
    version: "0",
    roots: [],
    input,
    output,
    toolNames: "underscore",
    log: () => {},
    clock: Date.now,
    inbox: host.inbox !== undefined,
  });
  const client = createMessageConnection(new StreamMessageReader(output), new StreamMessageWriter(input));
  return { client, input, output, exit };
}
