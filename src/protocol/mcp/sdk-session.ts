import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { ElicitRequestFormParams, JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { Json, JsonObject } from "../../contract/json.ts";
import type { QuestionForm } from "./question.ts";

/** The requests that the server itself writes in a legacy session. The SDK is behind this and nowhere else. */
export interface SdkSession {
  /** Asks the user of the client. Rejects when the client errs, the time is over or the signal aborts. */
  elicit(form: QuestionForm, options: { signal: AbortSignal; timeoutMs: number }): Promise<Json>;
  /** Hands over a response that the client wrote. Unknown ids are ignored. */
  receive(message: JsonObject): void;
  close(): Promise<void>;
}

/** The handshake as it took place, and where messages go. */
export interface SdkSessionStart {
  readonly initialize: JsonObject;
  readonly serverInfo: { readonly name: string; readonly version: string };
  readonly send: (message: Json) => void;
}

const HANDSHAKE_ID = "tollgate-handshake";

/**
 * Opens the SDK's own server on a session whose handshake was answered before the SDK was loaded: the same
 * `initialize` is replayed to it, and its reply is dropped, since the client has one already.
 */
export async function openSdkSession(start: SdkSessionStart): Promise<SdkSession> {
  let replayed: () => void = () => {};
  const handshake = new Promise<void>((resolve) => {
    replayed = resolve;
  });
  const transport: Transport = {
    start: async () => {},
    close: async () => transport.onclose?.(),
    send: async (message) => {
      if ("id" in message && message.id === HANDSHAKE_ID) replayed();
      else start.send(message as unknown as Json);
    },
  };
  const server = new Server(start.serverInfo, {
    capabilities: { tools: {} },
    // Its default compiles a validator per question. What comes back is looked at where it is used, and doubts refuse.
    jsonSchemaValidator: {
      getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
    },
  });
  await server.connect(transport);
  const receive = (message: Json) => transport.onmessage?.(message as unknown as JSONRPCMessage);
  receive({ jsonrpc: "2.0", id: HANDSHAKE_ID, method: "initialize", params: start.initialize });
  await handshake;
  receive({ jsonrpc: "2.0", method: "notifications/initialized" });

  return {
    elicit: async (form, { signal, timeoutMs }) =>
      (await server.elicitInput({ mode: "form", ...form } as ElicitRequestFormParams, {
        signal,
        timeout: timeoutMs,
      })) as unknown as Json,
    receive,
    close: () => server.close(),
  };
}
