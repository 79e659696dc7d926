import type { Json, JsonObject } from "../../contract/json.ts";

/** A JSON-RPC request id that MCP allows: a string or an integer (2025-11-25 and 2026-07-28, basic). */
export type RequestId = string | number;

/** A request: `params` is empty when there were none. */
export interface Request {
  readonly id: RequestId;
  readonly method: string;
  readonly params: JsonObject;
}

/** What one line can be. `invalid.id` is null where no usable id could be read. */
export type Message =
  | { readonly kind: "request"; readonly request: Request }
  | { readonly kind: "notification"; readonly method: string; readonly params: JsonObject }
  | { readonly kind: "response"; readonly message: JsonObject }
  | { readonly kind: "invalid"; readonly id: RequestId | null; readonly reason: string };

const MAX_ID_LENGTH = 256;
const NO_PARAMS: JsonObject = Object.freeze({});

/** Sorts a parsed line into what JSON-RPC 2.0 with MCP's narrower ids knows. Batches are invalid. */
export function classify(value: Json): Message {
  const object = asObject(value);
  if (object === undefined) {
    return invalid(
      null,
      Array.isArray(value) ? "batches are not served: send one message a line" : "a message is a JSON object",
    );
  }
  const hasId = Object.hasOwn(object, "id");
  const id = hasId ? readId(object.id) : undefined;
  if (hasId && id === undefined) {
    return invalid(null, `the id must be an integer or a string of at most ${MAX_ID_LENGTH} characters`);
  }
  if (object.jsonrpc !== "2.0") return invalid(id ?? null, 'the member jsonrpc must be "2.0"');

  if (!Object.hasOwn(object, "method")) {
    const answers = Object.hasOwn(object, "result") !== Object.hasOwn(object, "error");
    return answers && id !== undefined
      ? { kind: "response", message: object }
      : invalid(id ?? null, "a message has a method, or an id and either a result or an error");
  }
  const method = object.method;
  if (typeof method !== "string") return invalid(id ?? null, "the method must be a string");
  const params = Object.hasOwn(object, "params") ? asObject(object.params) : NO_PARAMS;
  if (params === undefined) return invalid(id ?? null, "the params must be an object");
  return id === undefined
    ? { kind: "notification", method, params }
    : { kind: "request", request: { id, method, params } };
}

/** The value as an object, or `undefined` for everything else, arrays included. */
export function asObject(value: Json | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The value as a request id, or `undefined`. */
export function readId(value: Json | undefined): RequestId | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === "string" && value.length <= MAX_ID_LENGTH ? value : undefined;
}

function invalid(id: RequestId | null, reason: string): Message {
  return { kind: "invalid", id, reason };
}
