import type { Answer } from "../../contract/call.ts";
import type { Json } from "../../contract/json.ts";
import type { Usage } from "../../contract/outcome.ts";
import { faultDetail, faultText } from "../fault-text.ts";
import { contentMembers } from "./content-members.ts";
import { writeJsonInJson } from "./json-in-json.ts";
import type { RequestId } from "./message.ts";
import type { Revision } from "./revisions.ts";

/** JSON-RPC 2.0 §5.1 and MCP 2026-07-28, basic/index, error codes. */
export const ErrorCode = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  missingClientCapability: -32021,
  unsupportedProtocolVersion: -32022,
} as const;

/** Keys of ours in `_meta`: reverse DNS, second label not reserved (2026-07-28, basic/index, `_meta`). */
const USAGE_KEY = "dev.tollgate/usage";
const FAULT_KEY = "dev.tollgate/fault";
const WARNING_KEY = "dev.tollgate/warning";
const SERVER_INFO_KEY = "io.modelcontextprotocol/serverInfo";

type Result = Extract<Answer, { kind: "result" }>;
type Failure = Extract<Answer, { kind: "fault" }>;

/** One line that says a request failed as a request. `id` is null where none could be read. */
export function errorReply(id: RequestId | null, code: number, message: string, data?: Json): Uint8Array {
  const error = data === undefined ? { code, message } : { code, message, data };
  return Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${JSON.stringify(error)}}\n`);
}

/** Builds the lines that answer requests; made once for a server, since it holds the server's identity. */
export interface Replies {
  /** A result whose members (JSON text without the braces) are known already. */
  complete(id: RequestId, revision: Revision, members: string): Uint8Array;
  /**
   * A tool's answer: its blocks, or its JSON once as text and, where the revision knows it, once as `structuredContent`.
   */
  toolResult(id: RequestId, revision: Revision, answer: Result): Uint8Array;
  /** A tool call that was refused or failed: one readable line, `isError`, and the figures in `_meta`. */
  toolFault(id: RequestId, revision: Revision, answer: Failure): Uint8Array;
  /** A question that the client answers by calling again (2026-07-28, basic/patterns/mrtr). */
  inputRequired(id: RequestId, inputRequests: Json, requestState: string): Uint8Array;
}

/** Builds replies that name this server in every result of the stateless revision. */
export function createReplies(serverInfo: Json): Replies {
  const identity = `"${SERVER_INFO_KEY}":${JSON.stringify(serverInfo)}`;
  const meta = (revision: Revision, own: string) => {
    const members = revision.modern ? (own === "" ? identity : `${own},${identity}`) : own;
    return members === "" ? "" : `"_meta":{${members}}`;
  };
  const open = (id: RequestId, type: string | undefined) =>
    `{"jsonrpc":"2.0","id":${typeof id === "number" ? id : JSON.stringify(id)},"result":{${type === undefined ? "" : `"resultType":"${type}",`}`;
  const complete = (id: RequestId, revision: Revision, members: string, own = "") => {
    const tail = meta(revision, own);
    const comma = members !== "" && tail !== "" ? "," : "";
    let head = open(id, revision.modern ? "complete" : undefined);
    if (members === "" && tail === "" && head.endsWith(",")) head = head.slice(0, -1);
    return Buffer.from(`${head}${members}${comma}${tail}}}\n`);
  };

  return {
    complete,
    toolResult(id, revision, answer) {
      const own = `"${USAGE_KEY}":${usageText(answer.usage, answer.sequence)}${warningText(answer)}`;
      if (answer.content !== undefined) return complete(id, revision, contentMembers(answer.content, revision), own);
      const head = `${open(id, revision.modern ? "complete" : undefined)}"content":[{"type":"text","text":"`;
      const middle = revision.structured ? '"}],"structuredContent":' : '"}]';
      const tail = `,${meta(revision, own)}}}\n`;
      return writeJsonInJson(head, middle, tail, answer.json, revision.structured);
    },
    toolFault(id, revision, answer) {
      const text = JSON.stringify(faultText(answer.fault, answer.decision));
      const detail = JSON.stringify(faultDetail(answer.fault, answer.decision, answer.sequence));
      let own = `"${FAULT_KEY}":${detail}`;
      if (answer.usage !== undefined) own += `,"${USAGE_KEY}":${usageText(answer.usage, answer.sequence)}`;
      return complete(id, revision, `"content":[{"type":"text","text":${text}}],"isError":true`, own);
    },
    inputRequired(id, inputRequests, requestState) {
      const members = `"inputRequests":${JSON.stringify(inputRequests)},"requestState":${JSON.stringify(requestState)}`;
      return Buffer.from(`${open(id, "input_required")}${members},"_meta":{${identity}}}}\n`);
    },
  };
}

function warningText({ decision: { verdict, reasons } }: Result): string {
  return verdict === "warn" ? `,"${WARNING_KEY}":${JSON.stringify({ reasons })}` : "";
}

function usageText(usage: Usage, sequence: number | undefined): string {
  const at = sequence === undefined ? "" : `,"sequence":${sequence}`;
  return `{"fuelConsumed":${usage.fuelConsumed},"memoryPeak":${usage.memoryPeak},"durationMs":${Math.round(usage.durationMs * 1000) / 1000}${at}}`;
}
