// A call of a tool by a client of 2026-07-28, which says with each request what it is able to.
import type { Message, Served } from "./program.ts";

const FORM = { elicitation: { form: {} } };

export function callModern(
  served: Served,
  name: string,
  args: unknown,
  more: object = {},
  capabilities: object = FORM,
): Promise<Message> {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  };
  return served.request("tools/call", { name, arguments: args, ...more, _meta });
}
