import { addressOf, hostFunction, isGiven, native } from "./native.ts";
import { ToolError } from "./tool-error.ts";

const answerRead = hostFunction("answer_read");

interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Sends a document to a registered host call and answers what came back; an error document is thrown as a {@link ToolError}. */
export function ask(name: string, request: unknown): unknown {
  if (!isGiven(name)) throw new TypeError(`the host call ${name} is not given: list it in "hostCalls" of tool.json`);
  const bytes = native.encode(JSON.stringify(request));
  const result = hostFunction(name)(addressOf(bytes), bytes.length);
  const size = result >= 0 ? result : -1 - result;
  const answer = new Uint8Array(size);
  if (answerRead(addressOf(answer), 0, size) !== size) throw new Error(`what ${name} answered cannot be read`);
  const document = JSON.parse(native.decode(addressOf(answer), size));
  if (result >= 0) return document;
  const { code, message, data } = document as ErrorDocument;
  throw new ToolError(code, message, data);
}
