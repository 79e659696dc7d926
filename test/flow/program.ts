// The built program under test: a scratch folder of its own (root, state, configuration), started as a client
// starts it, spoken to in raw bytes. Nothing here interprets an answer.
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Inbox } from "./inbox.ts";

export const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface Scratch {
  /** Holds everything below; outside of the root. */
  readonly home: string;
  readonly root: string;
  readonly state: string;
  readonly env: NodeJS.ProcessEnv;
  /** The program to start, where it is not the built one of this checkout. */
  readonly main?: string;
  remove(): void;
}

/** Makes a scratch home with an empty root in it; `tollgate` started with its `env` touches nothing else. */
export function scratch(): Scratch {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-test-")));
  const root = join(home, "root");
  mkdirSync(root);
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_STATE_HOME: join(home, "state"),
    XDG_CONFIG_HOME: join(home, "config"),
  };
  return {
    home,
    root,
    state: join(home, "state", "tollgate"),
    env,
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end; `stdin` is closed at once unless text is given. */
export function run(
  place: Scratch,
  args: readonly string[],
  options: { cwd?: string; stdin?: string } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [place.main ?? MAIN, ...args],
      { env: place.env, cwd: options.cwd ?? place.root, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr }),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.stdin ?? "");
  });
}

// biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, member by member
export type Message = any;

/** `tollgate serve`, spoken to in lines. */
export class Served {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exit: Promise<number | null>;
  readonly #inbox: Inbox;
  /** What has come of a line that has not ended: joined once, so that a long line takes linear time. */
  #rest: string[] = [];
  #lastId = 0;
  readonly #byId = new Map<unknown, Message>();

  constructor(place: Scratch, args: readonly string[] = [place.root], cwd = place.root) {
    this.child = spawn(process.execPath, [place.main ?? MAIN, "serve", ...args], { env: place.env, cwd });
    this.child.stdin.on("error", () => {});
    this.child.stdout.setEncoding("utf8");
    this.child.stdout.on("data", (text: string) => this.#receive(text));
    this.#inbox = new Inbox(this.child);
    this.exit = new Promise((resolve) => this.child.on("close", (code) => resolve(code)));
  }

  #receive(text: string): void {
    this.#rest.push(text);
    if (!text.includes("\n")) return;
    const lines = this.#rest.join("").split("\n");
    this.#rest = [lines.pop() ?? ""];
    for (const line of lines) {
      const message = JSON.parse(line);
      this.messages.push(message);
      if (message.method === undefined) this.#byId.set(message.id, message);
    }
    if (lines.length > 0) this.#inbox.wake();
  }

  get messages(): Message[] {
    return this.#inbox.messages;
  }

  get stderr(): string {
    return this.#inbox.stderr;
  }

  /** Writes bytes as they are. */
  write(bytes: string | Uint8Array): void {
    this.child.stdin.write(bytes);
  }

  send(message: unknown): void {
    this.write(`${JSON.stringify(message)}\n`);
  }

  /** The first message for which the test holds; fails when the program ends or 20 s pass without one. */
  next(holds: (message: Message) => boolean): Promise<Message> {
    return this.#inbox.until(() => this.messages.find(holds));
  }

  /** The last response to the request of this id, as soon as there is one. */
  response(id: unknown): Promise<Message> {
    return this.#inbox.until(() => this.#byId.get(id));
  }

  /** Sends a request and answers its whole response. */
  request(method: string, params: unknown = {}): Promise<Message> {
    const id = `r${++this.#lastId}`;
    this.send({ jsonrpc: "2.0", id, method, params });
    return this.response(id);
  }

  /** The legacy handshake. */
  async initialize(capabilities: unknown = {}, protocolVersion = "2025-11-25"): Promise<Message> {
    const clientInfo = { name: "test", version: "1" };
    const response = await this.request("initialize", { protocolVersion, capabilities, clientInfo });
    this.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    return response;
  }

  /** Calls a tool and answers the `result` (also one with `isError`). */
  async call(name: string, args: unknown): Promise<Message> {
    const response = await this.request("tools/call", { name, arguments: args });
    return response.result ?? { error: response.error };
  }

  /** Closes standard input and answers the exit code. */
  async close(): Promise<number | null> {
    this.child.stdin.end();
    return this.exit;
  }
}

/** The events of the chain, oldest first, as `tollgate chain tail --json` prints them. */
export async function chainEvents(place: Scratch): Promise<Message[]> {
  const { stdout } = await run(place, ["chain", "tail", "-n", "100000", "--json"]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
