/** Lines that are kept before they become one text. */
const MOST_LINES = 4096;

/** What is written to one place: a line without its end has it as soon as another follows. */
export class Output {
  readonly #end: string;
  #text = "";
  #lines: string[] = [];
  #open = false;

  constructor(end: string) {
    this.#end = end;
  }

  line(text: string, ended = true): void {
    this.#open = !ended;
    if (this.#lines.push(text) >= MOST_LINES && ended) this.#settle();
  }

  /** Text as it is. */
  raw(text: string): void {
    if (text.endsWith(this.#end)) {
      this.line(text.slice(0, -this.#end.length));
      return;
    }
    this.#settle();
    this.#text += text;
  }

  #settle(): void {
    this.#open = false;
    this.#text = this.text;
    this.#lines = [];
  }

  get text(): string {
    if (this.#lines.length === 0) return this.#text;
    return this.#text + this.#lines.join(this.#end) + (this.#open ? "" : this.#end);
  }
}
