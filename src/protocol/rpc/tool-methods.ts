import { type CancellationToken, ErrorCodes, type MessageConnection, ResponseError } from "vscode-jsonrpc/node";
import type { Answer, ApprovalAnswer, Call, Deferral, Principal, ToolHost } from "../../contract/call.ts";
import { Cancellation, type CancelSignal } from "../../contract/cancellation.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { answersObject } from "../../contract/manifest.ts";
import type { LogLine, Progress as Step } from "../../contract/note.ts";
import type { Asking, GivenInputs } from "../../contract/question.ts";
import { safeText } from "../../contract/safe-text.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { CallWindow } from "../call-window.ts";
import { faultDetail, faultText } from "../fault-text.ts";
import { clientPrincipal } from "../mcp/identity.ts";
import { asObject } from "../mcp/message.ts";
import { RawJson } from "./message-writer.ts";
import { openProgress, type Progress } from "./progress.ts";

/** LSP 3.17, "ResponseMessage": well formed but failed; cancelled by its sender. */
const REQUEST_FAILED = -32803;
const REQUEST_CANCELLED = -32800;
/** Calls that may wait for a place. */
const MAX_QUEUED = 1024;
/** Questions within one request: a policy that changes meanwhile may ask once more, not for ever. */
const MAX_QUESTIONS = 2;
/** The request by which a client is asked to have its user fill in a form: {tool, message, schema} to {action, content?}. */
const ASK_METHOD = "tools/ask";
const CANCELLED: Json = Object.freeze({ action: "cancel" });
const ALLOW = "Allow once";
const REFUSE = "Refuse";
/** LSP 3.17, MessageType.Warning. */
const WARNING = 2;
/** LSP 3.17, MessageType, of each level of a guest's log. */
const MESSAGE_TYPE = { error: 1, warning: WARNING, info: 3, debug: 4 } as const;
const MAX_LOGGED = 4096;

/**
 * The tools of the host as methods. Calls start in the order they came, as many at a time as their answers leave
 * room for. A cancelled call ends its store and is answered −32800, as LSP wants it.
 */
export class ToolMethods {
  readonly #connection: MessageConnection;
  readonly #bytes: ByteWriter;
  readonly #onRoom: () => void;
  readonly #clock: () => number;
  readonly #window = new CallWindow();
  readonly #waiting: (() => void)[] = [];
  readonly #running = new Set<Cancellation>();
  readonly #opened: Promise<ToolHost>;
  #open: (host: ToolHost) => void = () => {};
  #principal: Principal = { kind: "client", id: "stdio" };
  #canAsk = false;
  #canAnswer = false;

  /** `onRoom` is called when {@link full} may have ended. */
  constructor(connection: MessageConnection, bytes: ByteWriter, clock: () => number, onRoom: () => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#bytes = bytes;
    this.#onRoom = onRoom;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** True while no further call should be read. */
  get full(): boolean {
    return this.#waiting.length >= MAX_QUEUED;
  }

  /** The host is open: everything that waited for it goes on. */
  open(host: ToolHost): void {
    this.#open(host);
  }

  /** Notes what the client said of itself in `initialize`. */
  introduce(params: JsonObject): void {
    this.#principal = clientPrincipal(asObject(params.clientInfo));
    const window = asObject(asObject(params.capabilities)?.window);
    // LSP 3.17, window/showMessageRequest: a client that shows messages says so under window.showMessage.
    this.#canAsk = asObject(window?.showMessage) !== undefined;
    // LSP has no forms: a client that shows them says so.
    this.#canAnswer = asObject(asObject(params.capabilities)?.tools)?.ask === true;
  }

  /** Describes every tool: name, schemas, effect and annotations. */
  async list(): Promise<Json> {
    const host = await this.#opened;
    return {
      tools: host.tools().map((tool) => ({
        name: tool.name,
        title: tool.title,
        description: tool.description,
        category: tool.category,
        parameters: tool.parameters,
        ...(answersObject(tool) && { output: tool.output }),
        ...(tool.result !== undefined && { result: tool.result }),
        ...(tool.asks === true && { asks: true }),
        action: tool.action,
        effect: { ...tool.effect },
        annotations: { ...tool.annotations },
      })),
    };
  }

  /** Runs the tool of this name. Answers its JSON, or an error with the fault in `data`. */
  async call(tool: string, params: Json | undefined, token: CancellationToken): Promise<RawJson | ResponseError<Json>> {
    const host = await this.#opened;
    if (params !== undefined && asObject(params) === undefined) {
      return new ResponseError(ErrorCodes.InvalidParams, "tools take their arguments by name: send an object");
    }
    const abort = new Cancellation();
    this.#running.add(abort);
    const cancelled = token.onCancellationRequested(() => abort.cancel());
    if (token.isCancellationRequested) abort.cancel();
    const { workDoneToken, ...args } = asObject(params) ?? {};
    const progress = openProgress(this.#connection, workDoneToken, tool, () => this.#bytes.full);
    try {
      const answer = await this.#run(host, tool, args, abort, progress);
      if (abort.aborted) return new ResponseError(REQUEST_CANCELLED, "the request was cancelled");
      this.#warn(tool, answer);
      return answer.kind === "result" ? new RawJson(answer.json) : failure(answer);
    } finally {
      progress.end();
      cancelled.dispose();
      this.#running.delete(abort);
    }
  }

  /** Starts what has room now. */
  advance(): void {
    while (this.#waiting.length > 0 && this.#hasRoom()) this.#waiting.shift()?.();
    this.#onRoom();
  }

  /** Ends every call. */
  end(): void {
    for (const abort of this.#running) abort.cancel();
    for (const start of this.#waiting.splice(0)) start();
  }

  async #run(
    host: ToolHost,
    tool: string,
    args: JsonObject,
    signal: CancelSignal,
    progress: Progress,
  ): Promise<Answer> {
    const told = {
      onProgress: (step: Step) => progress.report(step),
      onLog: (line: LogLine) => this.#log(tool, line),
    };
    const request = { principal: this.#principal, tool, args, signal, canAnswer: this.#canAnswer, ...told };
    let answered: Pick<Call, "approval" | "inputs"> = {};
    for (let asked = 0; ; ) {
      const canAsk = this.#canAsk && asked < MAX_QUESTIONS;
      const answer = await this.#inTurn(() => host.call({ ...request, canAsk, ...answered }));
      if (signal.aborted) return answer;
      if (answer.kind === "question") answered = { inputs: await this.#askForms(tool, answer.asking, signal) };
      else if (answer.kind === "deferral") {
        asked++;
        answered = { approval: { token: answer.deferral.token, answer: await this.#ask(answer.deferral, signal) } };
      } else return answer;
    }
  }

  /** Puts what a tool asks to the client, one form after the other, by the request `tools/ask`. */
  async #askForms(tool: string, asking: Asking, signal: CancelSignal): Promise<GivenInputs> {
    const responses: { [key: string]: Json } = {};
    for (const [key, { message, schema }] of Object.entries(asking.questions)) {
      const asked = this.#connection.sendRequest<Json>(ASK_METHOD, { tool, message, schema });
      responses[key] = await within(asked, asking.expiresAt - this.#clock(), signal).catch(() => CANCELLED);
      if (signal.aborted) break;
    }
    return { token: asking.token, responses };
  }

  /** A permit with a warning is an answer like any other; why it was close is told beside it. */
  #warn(tool: string, answer: Answer): void {
    if (answer.kind !== "result" || answer.decision.verdict !== "warn") return;
    const message = `${tool} was permitted with a warning: ${answer.decision.reasons.join(", ")}`;
    void this.#connection.sendNotification("window/logMessage", { type: WARNING, message });
  }

  /** A line that a guest logged, while the client reads what it is sent. */
  #log(tool: string, { level, message }: LogLine): void {
    if (this.#bytes.full) return;
    const params = { type: MESSAGE_TYPE[level], message: safeText(`${tool}: ${message}`, MAX_LOGGED) };
    void this.#connection.sendNotification("window/logMessage", params).catch(() => {});
  }

  async #inTurn(call: () => Promise<Answer>): Promise<Answer> {
    if (this.#waiting.length > 0 || !this.#hasRoom()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const answer = await call();
    this.#window.leave(answer.kind === "result" ? answer.json.byteLength : 0);
    setImmediate(() => this.advance());
    return answer;
  }

  #hasRoom(): boolean {
    return !this.#bytes.full && this.#window.enter(this.#bytes.pendingBytes);
  }

  /** What the person answered; a client that does not answer in time, or cancels, counts as a cancel. */
  async #ask(deferral: Deferral, signal: CancelSignal): Promise<ApprovalAnswer["answer"]> {
    const question = this.#connection.sendRequest<{ title?: unknown } | null>("window/showMessageRequest", {
      type: WARNING,
      message: deferral.question,
      actions: [{ title: ALLOW }, { title: REFUSE }],
    });
    try {
      const chosen = await within(question, deferral.expiresAt - this.#clock(), signal);
      if (chosen?.title === ALLOW) return "accept";
      return chosen?.title === REFUSE ? "decline" : "cancel";
    } catch {
      return "cancel";
    }
  }
}

/** The promise's answer, or a rejection once `ms` have passed or the signal aborts. */
function within<T>(promise: Promise<T>, ms: number, signal: CancelSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", give);
      reject(new Error("there is no answer"));
    };
    const timer = setTimeout(give, Math.min(Math.max(ms, 0), 2 ** 31 - 1));
    signal.addEventListener("abort", give);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", give);
    });
  });
}

function failure(answer: Exclude<Answer, { kind: "result" }>): ResponseError<Json> {
  if (answer.kind !== "fault")
    return new ResponseError(REQUEST_FAILED, "approval-required: the question was not answered");
  const { fault, decision, sequence } = answer;
  const code =
    fault.code === "tool-not-found"
      ? ErrorCodes.MethodNotFound
      : fault.code === "invalid-arguments"
        ? ErrorCodes.InvalidParams
        : REQUEST_FAILED;
  return new ResponseError(code, faultText(fault, decision), faultDetail(fault, decision, sequence));
}
