/** What a tool refuses a call with: a code of lower-case words joined by `-`, a sentence, and what else there is to say. */
export class ToolError extends Error {
  readonly code: string;
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, message: string, data?: Readonly<Record<string, unknown>>) {
    super(message);
    this.name = "ToolError";
    this.code = code;
    this.data = data;
  }
}
