import { linesOf } from "../command.ts";

export interface Input {
  readonly name: string;
  readonly text: string;
}

/** The lines of files, one after the other. */
export class Lines {
  /** The number of the line that was taken last: in its file alone where each is for itself. */
  number = 0;
  /** Whether it had an end. */
  ended = true;
  readonly #inputs: readonly Input[];
  readonly #end: string;
  readonly #separate: boolean;
  readonly #begins: (input: number) => void;
  #input = -1;
  #lines: string[] = [];
  #next = 0;

  /** `begins` is told of each file whose first line is about to be taken, and of those that have none. */
  constructor(inputs: readonly Input[], end: string, separate: boolean, begins: (input: number) => void) {
    this.#inputs = inputs;
    this.#end = end;
    this.#separate = separate;
    this.#begins = begins;
  }

  get name(): string {
    return this.#inputs[this.#input]?.name ?? "-";
  }

  /** The next line; undefined where there is none. */
  take(): string | undefined {
    while (this.#next >= this.#lines.length) if (!this.#open()) return undefined;
    const line = this.#lines[this.#next++] as string;
    this.number++;
    this.ended = this.#next < this.#lines.length || this.#inputs[this.#input]?.text.endsWith(this.#end) === true;
    return line;
  }

  /** Whether no line follows. */
  isLast(): boolean {
    if (this.#next < this.#lines.length) return false;
    return this.#separate || this.#inputs.slice(this.#input + 1).every(({ text }) => text === "");
  }

  #open(): boolean {
    const input = this.#inputs[this.#input + 1];
    if (input === undefined) return false;
    this.#input++;
    this.#lines = linesOf(input.text, this.#end);
    this.#next = 0;
    if (this.#separate) this.number = 0;
    this.#begins(this.#input);
    return true;
  }
}
