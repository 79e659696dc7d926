// What a program under test has sent so far, and waiting for what it has not.
import type { ChildProcess } from "node:child_process";
import type { Message } from "./program.ts";

const PATIENCE_MS = 20_000;
const LOOK_MS = 500;

export class Inbox {
  readonly messages: Message[] = [];
  readonly #child: ChildProcess;
  #stderr = "";
  #waiting: (() => void)[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on("data", (text) => {
      this.#stderr += text;
    });
    child.on("close", () => this.wake());
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** To be called after messages were added: whoever waits looks again. */
  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** What `find` finds, as soon as it finds something; fails when the program ends or 20 s pass without. */
  async until(find: () => Message | undefined): Promise<Message> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const ended = this.#child.exitCode ?? this.#child.signalCode;
      if (ended !== null) throw new Error(`the program ended with ${ended}: ${this.#stderr}`);
      if (Date.now() > deadline) throw new Error(`no such message within 20 s; stderr: ${this.#stderr}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}
