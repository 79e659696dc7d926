import type { Answer, ApprovalAnswer, Call, Deferral, Principal, ToolHost } from "../../contract/call.ts";
import { abortSignalOf } from "../../contract/cancellation.ts";
import { fault } from "../../contract/fault.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { APPROVAL_KEY, type Asking, type GivenInputs } from "../../contract/question.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { CallWindow } from "../call-window.ts";
import { faultDetail, faultText } from "../fault-text.ts";
import type { ToolNames } from "../names.ts";
import type { Exchange, Exchanges } from "./exchanges.ts";
import { logTo } from "./logging.ts";
import { asObject, type Request } from "./message.ts";
import { progressTo } from "./progress.ts";
import { approvalForm, inputRequests, type QuestionForm, readApproval, toolForm, toolForms } from "./question.ts";
import { ErrorCode, errorReply, type Replies } from "./reply.ts";
import type { Revision } from "./revisions.ts";
import type { ToolList } from "./tool-list.ts";

/** What the tools of an open host look like from the wire. */
export interface Catalog {
  readonly host: ToolHost;
  readonly names: ToolNames;
  readonly list: ToolList;
}

/** Who calls, in which revision, and how a person is asked there. */
export interface Caller {
  readonly revision: Revision;
  readonly principal: Principal;
  /** From which severity on the client wants what tools log, see `logging.ts`; nothing where it did not say. */
  readonly logFrom?: number;
  /** Whether the client said that it can show a form. */
  readonly canAsk: boolean;
  /** Asks within the call (legacy). Absent where the client is told to call again (2026-07-28). Never rejects. */
  readonly ask?: (deferral: Deferral, signal: AbortSignal) => Promise<ApprovalAnswer["answer"]>;
  /** Puts one form of a tool's in the same way, and answers what came back as it came. */
  readonly askForm?: (form: QuestionForm, expiresAt: number, signal: AbortSignal) => Promise<Json>;
}

interface ToolCall {
  readonly exchange: Exchange;
  readonly caller: Caller;
  readonly name: string;
  readonly args: JsonObject;
  readonly approval: ApprovalAnswer | undefined;
  readonly inputs: GivenInputs | undefined;
  readonly onProgress: Call["onProgress"];
  /** Bytes of the line that it came on: what it holds in memory while it waits. */
  readonly size: number;
  /** Questions asked so far. */
  readonly asked: number;
}

const MAX_NAME = 256;
/** What may wait. Beyond, calls are refused and reading goes on, so that cancellations and the end are always seen. */
const MAX_QUEUED = 1024;
const MAX_QUEUED_BYTES = 64 * 1_048_576;
const OVERLOADED = fault("request", "overloaded", "too many calls wait: call again when others have been answered", {
  queued: MAX_QUEUED,
  queuedBytes: MAX_QUEUED_BYTES,
});
/** Questions open at a time; beyond, a deferral refuses. */
const MAX_QUESTIONS = 32;
/** Questions within one request: a policy that changes meanwhile may ask once more, not for ever. */
const MAX_QUESTIONS_PER_CALL = 2;
const NO_ARGUMENTS: JsonObject = Object.freeze({});

/**
 * Lists and calls tools for both eras. Calls start in the order they came, as many at a time as their answers
 * leave room for; the others wait here, bounded, and beyond the bound are refused as `overloaded` (2026-07-28,
 * server/tools, security considerations: servers must rate limit tool invocations).
 */
export class ToolService {
  readonly #exchanges: Exchanges;
  readonly #writer: ByteWriter;
  readonly #replies: Replies;
  readonly #window = new CallWindow();
  readonly #queue = new Map<Exchange, ToolCall>();
  readonly #lists: (() => void)[] = [];
  #queuedBytes = 0;
  #questions = 0;
  #catalog: Catalog | undefined;

  constructor(exchanges: Exchanges, writer: ByteWriter, replies: Replies) {
    this.#exchanges = exchanges;
    this.#writer = writer;
    this.#replies = replies;
  }

  /** The host is open: everything that waited for it goes on. */
  open(catalog: Catalog): void {
    this.#catalog = catalog;
    for (const list of this.#lists.splice(0)) list();
    this.advance();
  }

  /** Answers `tools/list`: at once, or later when the host is not open yet. */
  list(request: Request, revision: Revision): Uint8Array | undefined {
    const { cursor } = request.params;
    if (cursor !== undefined && typeof cursor !== "string") {
      return errorReply(request.id, ErrorCode.invalidParams, "the cursor must be a string");
    }
    const reply = (catalog: Catalog) => {
      const members = catalog.list.page(revision, cursor);
      return members === undefined
        ? errorReply(request.id, ErrorCode.invalidParams, "unknown cursor: list again from the start")
        : this.#replies.complete(request.id, revision, members);
    };
    if (this.#catalog !== undefined) return reply(this.#catalog);
    if (this.#lists.length >= MAX_QUEUED) return errorReply(request.id, ErrorCode.internal, OVERLOADED.message);
    const exchange = this.#exchanges.begin(request.id);
    this.#lists.push(() => this.#exchanges.finish(exchange, reply(this.#catalog as Catalog)));
    return undefined;
  }

  /** Answers `tools/call`: at once what is malformed, later what runs. `size` is the length of the request's line. */
  call(request: Request, caller: Caller, size: number): Uint8Array | undefined {
    const { name, arguments: given, inputResponses, requestState } = request.params;
    const refuse = (reason: string) => errorReply(request.id, ErrorCode.invalidParams, reason);
    if (typeof name !== "string" || name.length > MAX_NAME) return refuse("params.name must be the name of a tool");
    const args = given === undefined ? NO_ARGUMENTS : asObject(given);
    if (args === undefined) return refuse("params.arguments must be an object");

    if (this.#queue.size >= MAX_QUEUED || this.#queuedBytes + size > MAX_QUEUED_BYTES) {
      return this.#replies.toolFault(request.id, caller.revision, { kind: "fault", fault: OVERLOADED });
    }

    let approval: ApprovalAnswer | undefined;
    let inputs: GivenInputs | undefined;
    if (caller.revision.modern && (requestState !== undefined || inputResponses !== undefined)) {
      const responses = inputResponses === undefined ? NO_ARGUMENTS : asObject(inputResponses);
      if (responses === undefined) return refuse("params.inputResponses must be an object");
      if (requestState !== undefined && typeof requestState !== "string")
        return refuse("params.requestState must be a string");
      // An answer without the state of a question was never asked for, and a state without an answer asks again
      // (basic/patterns/mrtr, error handling).
      if (requestState !== undefined && Object.hasOwn(responses, APPROVAL_KEY)) {
        approval = { token: requestState, answer: readApproval(responses[APPROVAL_KEY]) };
      } else {
        inputs = { responses, ...(requestState !== undefined && { token: requestState }) };
      }
    }
    const exchange = this.#exchanges.begin(request.id);
    const onProgress = progressTo(this.#exchanges, exchange, request.params);
    this.#enqueue({ exchange, caller, name, args, approval, inputs, onProgress, size, asked: 0 });
    return undefined;
  }

  /** Takes a cancelled exchange out of the queue, so that it never starts. */
  drop(exchange: Exchange): void {
    const call = this.#queue.get(exchange);
    if (call === undefined) return;
    this.#queue.delete(exchange);
    this.#queuedBytes -= call.size;
  }

  /** Starts what has room now. */
  advance(): void {
    const catalog = this.#catalog;
    if (catalog === undefined) return;
    for (const [exchange, call] of this.#queue) {
      if (this.#writer.full || !this.#window.enter(this.#writer.pendingBytes)) return;
      this.#queue.delete(exchange);
      this.#queuedBytes -= call.size;
      this.#start(catalog, call);
    }
  }

  #enqueue(call: ToolCall): void {
    this.#queue.set(call.exchange, call);
    this.#queuedBytes += call.size;
    this.advance();
  }

  #start(catalog: Catalog, call: ToolCall): void {
    const { caller, approval, inputs, exchange } = call;
    const canAnswer = caller.canAsk && (caller.ask === undefined || this.#questions < MAX_QUESTIONS);
    const canAsk = canAnswer && call.asked < MAX_QUESTIONS_PER_CALL;
    const tool = catalog.names.resolve(call.name) ?? call.name;
    const onLog = logTo(this.#exchanges, exchange, tool, caller.logFrom);
    const request = {
      principal: caller.principal,
      tool,
      args: call.args,
      signal: exchange.signal,
      canAsk,
      canAnswer,
      ...(approval && { approval }),
      ...(inputs && { inputs }),
      ...(onLog && { onLog }),
      ...(call.onProgress && { onProgress: call.onProgress }),
    };
    catalog.host.call(request).then(
      (answer) => this.#settle(call, answer),
      () => this.#settle(call, { kind: "fault", fault: fault("host", "internal", "the call failed inside the host") }),
    );
  }

  #settle(call: ToolCall, answer: Answer): void {
    if (call.exchange.signal.aborted) {
      this.#window.leave(0);
    } else if (answer.kind === "deferral" && call.caller.ask !== undefined) {
      this.#window.leave(0);
      this.#ask(call, call.caller.ask, answer.deferral);
    } else if (answer.kind === "question" && call.caller.askForm !== undefined) {
      this.#window.leave(0);
      void this.#askForms(call, call.caller.askForm, answer.asking);
    } else {
      const reply = this.#reply(call, answer);
      this.#window.leave(reply.length);
      this.#exchanges.finish(call.exchange, reply);
    }
    this.advance();
  }

  #ask(call: ToolCall, ask: NonNullable<Caller["ask"]>, deferral: Deferral): void {
    this.#questions++;
    void ask(deferral, abortSignalOf(call.exchange.signal)).then((answer) => {
      this.#questions--;
      if (call.exchange.signal.aborted) return;
      const approval = { token: deferral.token, answer };
      this.#enqueue({ ...call, approval, inputs: undefined, asked: call.asked + 1 });
    });
  }

  /** Puts the forms of a tool one after the other: a person fills in one at a time. */
  async #askForms(call: ToolCall, ask: NonNullable<Caller["askForm"]>, asking: Asking): Promise<void> {
    const { signal } = call.exchange;
    const responses: { [key: string]: Json } = {};
    this.#questions++;
    for (const [key, question] of Object.entries(asking.questions)) {
      responses[key] = await ask(toolForm(question), asking.expiresAt, abortSignalOf(signal));
      if (signal.aborted) break;
    }
    this.#questions--;
    if (signal.aborted) return;
    this.#enqueue({ ...call, approval: undefined, inputs: { token: asking.token, responses } });
  }

  #reply(call: ToolCall, answer: Answer): Uint8Array {
    const { id } = call.exchange;
    const { revision, canAsk } = call.caller;
    switch (answer.kind) {
      case "result":
        return this.#replies.toolResult(id, revision, answer);
      case "deferral": {
        const inputs = inputRequests({ [APPROVAL_KEY]: approvalForm(answer.deferral) });
        return this.#replies.inputRequired(id, inputs, answer.deferral.token);
      }
      case "question":
        return this.#replies.inputRequired(id, inputRequests(toolForms(answer.asking.questions)), answer.asking.token);
      case "fault": {
        const { code } = answer.fault;
        // 2025-11-25 and 2026-07-28, server/tools, error handling: unknown tools are protocol errors; what a model can
        // correct, arguments included, is a result.
        if (code === "tool-not-found")
          return errorReply(id, ErrorCode.invalidParams, `unknown tool: ${faultText(answer.fault, undefined)}`);
        const detail = () => faultDetail(answer.fault, answer.decision, answer.sequence);
        if (code === "input-invalid" && revision.modern) {
          // 2026-07-28, basic/patterns/mrtr, server requirements: state that fails verification is rejected.
          return errorReply(id, ErrorCode.invalidParams, faultText(answer.fault, answer.decision), { fault: detail() });
        }
        if ((code === "approval-required" || code === "input-required") && revision.modern && !canAsk) {
          // 2026-07-28, basic/index: a capability that the request needed and did not declare.
          const data = { requiredCapabilities: { elicitation: { form: {} } }, fault: detail() };
          return errorReply(id, ErrorCode.missingClientCapability, faultText(answer.fault, answer.decision), data);
        }
        return this.#replies.toolFault(id, revision, answer);
      }
    }
  }
}
