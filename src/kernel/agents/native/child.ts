import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { JsonObject } from "../../../contract/json.ts";
import { parseJson } from "../../../contract/strict-json.ts";
import { isObject } from "../document-reading.ts";

/** A command that the operator configured. It is started without a shell and with an empty environment. */
export interface NativeCommand {
  /** Absolute path of a program. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** Most bytes of one line of standard output: a state, and all that may be sent with it. */
export const LINE_BYTES = 8 * 1024 * 1024;
const STDERR_LINE_BYTES = 4096;

/** Why a child can answer nothing any more. */
export type ChildEnd = "exited" | "output-limit-exceeded" | "answer-invalid" | "start-failed" | "killed";

export type ChildAnswer =
  | { readonly ok: true; readonly answer: JsonObject }
  | { readonly ok: false; readonly end: ChildEnd; readonly detail: string };

/** Process groups that are to end with this process, however it exits. */
const groups = new Set<number>();
let watchesExit = false;

/**
 * One child process in a group of its own, which takes a message as one line of JSON and answers with one line. Whatever
 * is wrong with what it writes ends it. Ending it ends its whole group, at the latest when this process exits.
 */
export class NativeChild {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #onStderr: (line: string) => void;
  readonly started: Promise<boolean>;
  #end: { readonly end: ChildEnd; readonly detail: string } | undefined;
  #settle: ((answer: ChildAnswer) => void) | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #stderr = "";

  constructor({ command, args, cwd }: NativeCommand, onStderr: (line: string) => void) {
    this.#onStderr = onStderr;
    this.#process = spawn(command, [...args], {
      cwd,
      env: {},
      detached: true,
      shell: false,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const child = this.#process;
    this.started = new Promise((settle) => {
      child.once("spawn", () => settle(true));
      child.once("error", () => settle(false));
    });
    if (child.pid !== undefined) rememberGroup(child.pid);
    child.on("error", (error) => this.#finish("start-failed", error.message));
    child.on("exit", (code, signal) => this.#finish("exited", code === null ? `by ${signal}` : `with ${code}`));
    child.stdin.on("error", () => {}); // it has exited, which is told as such
    child.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
    child.stderr.on("data", (chunk: Buffer) => this.#readStderr(chunk));
    // An idle child keeps nothing alive; what is in hand is waited for by whoever has it.
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as { unref?(): void }).unref?.();
  }

  /** Its process group; undefined where it could not be started. */
  get group(): number | undefined {
    return this.#process.pid;
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Has it handle one message; at most one at a time. Never rejects. */
  ask(input: JsonObject): Promise<ChildAnswer> {
    return new Promise((settle) => {
      if (this.#end !== undefined) {
        settle({ ok: false, ...this.#end });
        return;
      }
      this.#settle = settle;
      this.#process.stdin.write(`${JSON.stringify(input)}\n`);
    });
  }

  /** Ends its process group at once. */
  kill(): void {
    this.#finish("killed", "by its host");
  }

  #read(chunk: Buffer): void {
    if (this.#end !== undefined) return;
    const newline = chunk.indexOf(0x0a);
    const head = newline < 0 ? chunk : chunk.subarray(0, newline);
    this.#bytes += head.length;
    if (this.#bytes > LINE_BYTES) {
      this.#finish("output-limit-exceeded", `its line has more than ${LINE_BYTES} bytes`);
      return;
    }
    this.#chunks.push(head);
    if (newline < 0) return;
    const line = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    const answer = newline === chunk.length - 1 ? readLine(line) : "it wrote more than one line";
    const settle = this.#settle;
    if (typeof answer === "string" || settle === undefined) {
      this.#finish("answer-invalid", typeof answer === "string" ? answer : "it wrote a line that nobody asked for");
      return;
    }
    this.#settle = undefined;
    settle({ ok: true, answer });
  }

  #readStderr(chunk: Buffer): void {
    const lines = (this.#stderr + chunk.toString("utf8")).split("\n");
    // A line without an end is kept up to a bound only.
    this.#stderr = (lines.pop() ?? "").slice(0, STDERR_LINE_BYTES);
    for (const line of lines.slice(-64)) this.#onStderr(line.slice(0, STDERR_LINE_BYTES));
  }

  #finish(end: ChildEnd, detail: string): void {
    if (this.#end !== undefined) return;
    this.#end = { end, detail };
    // Also where the child itself is gone: what it started may still be there.
    if (this.#process.pid !== undefined) endGroup(this.#process.pid);
    this.#settle?.({ ok: false, end, detail });
    this.#settle = undefined;
    this.#chunks = [];
  }
}

/** The answer in a line, or what is wrong with it. */
function readLine(line: Buffer): JsonObject | string {
  const parsed = parseJson(line);
  if (!parsed.ok) return `its line is not JSON: ${parsed.reason}`;
  return isObject(parsed.value) ? parsed.value : "its line is not an object";
}

function rememberGroup(pid: number): void {
  groups.add(pid);
  if (watchesExit) return;
  watchesExit = true;
  process.on("exit", () => {
    for (const group of [...groups]) endGroup(group);
  });
}

function endGroup(pid: number): void {
  groups.delete(pid);
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // nobody is left in it
  }
}
