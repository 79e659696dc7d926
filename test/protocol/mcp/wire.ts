// A server on in-process streams in front of a small fake host, and a client that sees every line.
import { PassThrough } from "node:stream";
import type { Answer, Call, ToolHost } from "../../../src/contract/call.ts";
import type { DecisionRecord } from "../../../src/contract/decision.ts";
import { fault } from "../../../src/contract/fault.ts";
import type { Json } from "../../../src/contract/json.ts";
import { DEFAULT_LIMITS } from "../../../src/contract/limits.ts";
import type { ToolManifest } from "../../../src/contract/manifest.ts";
import { serveStdio } from "../../../src/protocol/serve.ts";
import type { ServeOptions } from "../../../src/protocol/serving.ts";

// biome-ignore lint/suspicious/noExplicitAny: messages are looked into member by member, and a missing one must fail the test
export type Message = any;

export const decision: DecisionRecord = {
  verdict: "permit",
  layer: "governance",
  environment: "development",
  rules: ["read-inside-roots"],
  reasons: [],
  policyDigest: "0".repeat(64),
  resources: [],
};
export const usage = { fuelConsumed: 1234, memoryPeak: 65_536, durationMs: 0.25 };
const TOKEN = "sealed-token";

export function manifest(name: string): ToolManifest {
  return {
    name,
    title: `Title of ${name}`,
    description: `Does ${name}`,
    category: "test",
    parameters: { type: "object", properties: { path: { type: "string" } }, additionalProperties: false },
    output: { type: "object", properties: { echo: {} }, required: ["echo"] },
    action: "tool.fs.read",
    effect: { risk: 0.1, fairness: 0, privacy: 0, novelty: 0, security: 0 },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    limits: DEFAULT_LIMITS,
    filesystem: "read-only",
    resources: [],
    hostCalls: [],
    module: `${name}.wasm`,
  };
}

export const result = (value: Json): Answer => ({
  kind: "result",
  json: Buffer.from(JSON.stringify(value)),
  usage,
  decision,
  sequence: 7,
});

/** Remembers what it was asked. Each tool shows one behaviour of a host. */
export class FakeHost implements ToolHost {
  readonly version = "1.2.3";
  readonly roots = ["/data"];
  readonly calls: Call[] = [];
  readonly aborted: Call[] = [];
  closed: string[] = [];
  running = 0;
  mostRunning = 0;
  names = ["test.deny", "test.echo", "test.hang", "test.large", "test.question"];

  tools(): readonly ToolManifest[] {
    return this.names.map(manifest);
  }

  async call(call: Call): Promise<Answer> {
    this.calls.push(call);
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    try {
      return await this.#run(call);
    } finally {
      this.running--;
    }
  }

  async close(reason: string): Promise<void> {
    this.closed.push(reason);
  }

  async #run(call: Call): Promise<Answer> {
    switch (call.tool) {
      case "test.echo":
        for (const done of [0, 1, 1, Number(call.args.steps ?? 0)]) {
          call.onProgress?.({ done, total: 3, message: done === 1 ? "one\u001b[2J" : "" });
        }
        for (const level of ["debug", "info", "warning", "error"] as const) {
          call.onLog?.({ level, message: `${level}\u001b[2J` });
        }
        return result({ echo: call.args });
      case "test.large":
        await new Promise((done) => setImmediate(done));
        return result({ echo: "x".repeat(1_048_576) });
      case "test.deny":
        return {
          kind: "fault",
          fault: fault(
            "gate",
            "governance-denied",
            "reading is not allowed here: ask for another path\u001b[2J\nforged",
          ),
          decision: { ...decision, verdict: "deny", rules: ["no-reads"], reasons: ["the path is outside"] },
          usage,
          sequence: 9,
        };
      case "test.hang":
        await new Promise<void>((done) => call.signal.addEventListener("abort", () => done()));
        this.aborted.push(call);
        return { kind: "fault", fault: fault("request", "cancelled", "cancelled") };
      case "test.question":
        return this.#question(call);
      default:
        return {
          kind: "fault",
          fault: fault("request", "tool-not-found", `no tool is named ${call.tool}`),
          sequence: 3,
        };
    }
  }

  #question(call: Call): Answer {
    const record: DecisionRecord = { ...decision, verdict: "defer", layer: "approval" };
    const refuse = (code: string, message: string): Answer => ({
      kind: "fault",
      fault: fault("gate", code, message),
      decision: record,
      sequence: 4,
    });
    if (call.approval === undefined) {
      if (!call.canAsk) return refuse("approval-required", "a person has to approve this call");
      const deferral = { token: TOKEN, question: "Remove /data/x?", expiresAt: Date.now() + 60_000 };
      return { kind: "deferral", deferral, decision: record, sequence: 4 };
    }
    if (call.approval.token !== TOKEN) return refuse("approval-invalid", "the approval was changed");
    if (call.approval.answer !== "accept") return refuse("approval-declined", `the answer was ${call.approval.answer}`);
    return result({ echo: "approved" });
  }
}

/** One server and the client's end of its streams. */
export class Wire {
  readonly host: FakeHost;
  readonly input = new PassThrough();
  readonly output: PassThrough;
  readonly messages: Message[] = [];
  readonly logged: string[] = [];
  readonly exit: Promise<number>;
  exitCode: number | undefined;
  #rest = Buffer.alloc(0);
  #waiting: (() => void)[] = [];
  #listener: (message: Message) => void = () => {};
  #id = 1000;

  constructor(options: Partial<ServeOptions> & { fake?: FakeHost; read?: boolean } = {}) {
    const { fake, read, ...rest } = options;
    this.host = fake ?? new FakeHost();
    this.output = new PassThrough({ highWaterMark: 16_384 });
    if (read !== false) this.read();
    this.exit = serveStdio({
      host: this.host,
      version: "1.2.3",
      roots: ["/data"],
      input: this.input,
      output: this.output,
      toolNames: "underscore",
      log: (line) => this.logged.push(line),
      clock: Date.now,
      ...rest,
    });
    void this.exit.then((code) => {
      this.exitCode = code;
      this.#wake();
    });
  }

  /** Starts to read what the server writes. */
  read(): void {
    this.output.on("data", (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      for (let end = this.#rest.indexOf(10); end !== -1; end = this.#rest.indexOf(10)) {
        const message = JSON.parse(this.#rest.subarray(0, end).toString());
        this.messages.push(message);
        this.#listener(message);
        this.#rest = this.#rest.subarray(end + 1);
      }
      this.#wake();
    });
  }

  /** Calls `listener` with each message as it comes. */
  onMessage(listener: (message: Message) => void): void {
    this.#listener = listener;
  }

  /** Writes bytes or text as they are, and any other value as one line. */
  send(...messages: unknown[]): void {
    for (const message of messages) {
      const raw = typeof message === "string" || message instanceof Uint8Array;
      this.input.write(raw ? message : `${JSON.stringify(message)}\n`);
    }
  }

  /** The first message that fits, which may be there already. Rejects after two seconds. */
  async find(fits: (message: Message) => boolean): Promise<Message> {
    const deadline = Date.now() + 5000;
    for (;;) {
      const found = this.messages.find(fits);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no such message among ${JSON.stringify(this.messages).slice(0, 2000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  reply(id: string | number | null): Promise<Message> {
    return this.find((message) => message.id === id && message.method === undefined);
  }

  /** Sends one request under an id of its own and answers the reply. */
  request(method: string, params?: unknown): Promise<Message> {
    const id = this.#id++;
    this.send({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) });
    return this.reply(id);
  }

  /** Opens a legacy session. */
  async initialize(protocolVersion = "2025-11-25", capabilities: unknown = {}): Promise<Message> {
    const reply = await this.request("initialize", {
      protocolVersion,
      capabilities,
      clientInfo: { name: "test", version: "1" },
    });
    this.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    return reply;
  }

  /** Waits until everything sent so far was handled. */
  async settle(): Promise<void> {
    await this.request("ping");
  }

  end(): Promise<number> {
    this.input.end();
    return this.exit;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** The `_meta` of a request of 2026-07-28. */
export const modern = (capabilities: unknown = {}, version: unknown = "2026-07-28") => ({
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": capabilities,
});
