// `tollgate serve` spoken to over JSON-RPC with Content-Length framing, in raw bytes.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Inbox } from "./inbox.ts";
import { MAIN, type Message, type Scratch } from "./program.ts";

export const frame = (content: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from(`Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
};

export class Framed {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exit: Promise<number | null>;
  readonly #inbox: Inbox;
  #rest = Buffer.alloc(0);
  #lastId = 0;

  constructor(place: Scratch, args: readonly string[] = [place.root]) {
    this.child = spawn(process.execPath, [MAIN, "serve", ...args], { env: place.env, cwd: place.root });
    this.child.stdin.on("error", () => {});
    this.child.stdout.on("data", (bytes: Buffer) => this.#receive(bytes));
    this.#inbox = new Inbox(this.child);
    this.exit = new Promise((resolve) => this.child.on("close", (code) => resolve(code)));
  }

  #receive(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end === -1) break;
      const length = Number(/^Content-Length: (\d+)$/.exec(this.#rest.toString("latin1", 0, end))?.[1]);
      if (!(this.#rest.length >= end + 4 + length)) break;
      this.messages.push(JSON.parse(this.#rest.toString("utf8", end + 4, end + 4 + length)));
      this.#rest = this.#rest.subarray(end + 4 + length);
    }
    this.#inbox.wake();
  }

  get messages(): Message[] {
    return this.#inbox.messages;
  }

  get stderr(): string {
    return this.#inbox.stderr;
  }

  write(bytes: string | Uint8Array): void {
    this.child.stdin.write(bytes);
  }

  send(message: unknown): void {
    this.write(frame(JSON.stringify(message)));
  }

  /** The first message for which the test holds; fails when the program ends or 20 s pass without one. */
  next(holds: (message: Message) => boolean): Promise<Message> {
    return this.#inbox.until(() => this.messages.find(holds));
  }

  response(id: unknown): Promise<Message> {
    return this.next((message) => message.id === id && message.method === undefined);
  }

  request(method: string, params: unknown = {}): Promise<Message> {
    const id = ++this.#lastId;
    this.send({ jsonrpc: "2.0", id, method, params });
    return this.response(id);
  }

  notify(method: string, params?: unknown): void {
    this.send({ jsonrpc: "2.0", method, params });
  }

  initialize(more: object = {}): Promise<Message> {
    return this.request("initialize", { processId: null, rootUri: null, capabilities: {}, ...more });
  }
}
