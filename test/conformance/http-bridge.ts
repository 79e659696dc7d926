// Puts `tollgate serve` behind HTTP on the loopback interface, as far as the conformance suite needs it, which speaks nothing
// else: a process for each session of the handshake revisions, and one for all requests of 2026-07-28. A harness for tests.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createInterface } from "node:readline";

// biome-ignore lint/suspicious/noExplicitAny: messages are passed on, not understood
type Message = any;

/** A request that waits for its response; what else the server says meanwhile goes the same way. */
interface Waiting {
  readonly id: unknown;
  readonly response: ServerResponse;
}

/** One process and the requests to it that are open, by the ids that it sees. */
class Program {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #open = new Map<unknown, Waiting>();
  #ids = 0;

  constructor(command: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(command[0] as string, command.slice(1), { env });
    this.#child.stderr.resume();
    this.#child.stdin.on("error", () => {});
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#receive(JSON.parse(line)));
  }

  /** Each request is given an id of the bridge's own: clients that share a process use the same ones. */
  request(message: Message, response: ServerResponse): void {
    const id = `bridge-${++this.#ids}`;
    this.#open.set(id, { id: message.id, response });
    response.on("close", () => this.#open.delete(id));
    this.send({ ...message, id });
  }

  send(message: Message): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  end(): void {
    this.#child.stdin.end();
  }

  #receive(message: Message): void {
    const waiting = message.method === undefined ? this.#open.get(message.id) : [...this.#open.values()].at(-1);
    if (waiting === undefined) return;
    const { id, response } = waiting;
    const isAnswer = message.method === undefined;
    response.write(`event: message\ndata: ${JSON.stringify(isAnswer ? { ...message, id } : message)}\n\n`);
    if (isAnswer) response.end();
  }
}

export interface Bridge {
  readonly url: string;
  close(): void;
}

/** Opens the bridge on a free port. `names` says which tool is called in the place of another, whose name is too long. */
export async function openBridge(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  names: Readonly<Record<string, string>>,
): Promise<Bridge> {
  const sessions = new Map<string, Program>();
  let shared: Program | undefined;
  const server: Server = createServer(async (request, response) => {
    const session = sessions.get(String(request.headers["mcp-session-id"]));
    if (request.method === "DELETE") {
      session?.end();
      return response.writeHead(200).end();
    }
    if (request.method !== "POST") return response.writeHead(405).end();
    const message = renamed(JSON.parse(await bodyOf(request)), names);
    const isModern = message.params?._meta?.["io.modelcontextprotocol/protocolVersion"] !== undefined;
    if (isModern) shared ??= new Program(command, env);
    let program = isModern ? shared : session;
    const headers: Record<string, string> = { "content-type": "text/event-stream" };
    if (message.method === "initialize") {
      const id = randomUUID();
      program = new Program(command, env);
      sessions.set(id, program);
      headers["mcp-session-id"] = id;
    }
    if (program === undefined) return response.writeHead(404).end();
    if (message.id === undefined || message.method === undefined) {
      program.send(message);
      return response.writeHead(202).end();
    }
    response.writeHead(200, headers);
    response.flushHeaders();
    return program.request(message, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://localhost:${(server.address() as { port: number }).port}/mcp`,
    close() {
      for (const program of [...sessions.values(), shared]) program?.end();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function renamed(message: Message, names: Readonly<Record<string, string>>): Message {
  const name = message.method === "tools/call" ? names[message.params?.name] : undefined;
  return name === undefined ? message : { ...message, params: { ...message.params, name } };
}
