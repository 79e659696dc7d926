import type { Address, Command } from "./program.ts";

/** What addresses are compared with. */
export interface Place {
  readonly line: number;
  isLast(): boolean;
  matches(pattern: Extract<Address, { type: "match" }>["pattern"]): boolean;
}

/** The lines that a command is for. */
export class Selection {
  readonly #from: Address | undefined;
  readonly #to: Address | undefined;
  #active = false;
  #closed = false;
  #until = Number.POSITIVE_INFINITY;

  constructor({ from, to }: Pick<Command, "from" | "to">) {
    this.#from = from;
    this.#to = to;
    this.reset();
  }

  /** Whether lines follow that are of the range as well. */
  get active(): boolean {
    return this.#active;
  }

  /** Begins anew, as for another file. */
  reset(): void {
    this.#active = this.#from?.type === "line" && this.#from.line === 0;
    this.#closed = false;
  }

  holds(place: Place): boolean {
    const [from, to] = [this.#from, this.#to];
    if (from === undefined) return true;
    if (to === undefined) return holds(from, place);
    if (this.#active) return this.#goesOn(to, place);
    // a line's number begins a range once, where commands that take lines passed it as well
    if (from.type === "line" ? this.#closed || place.line < from.line : !holds(from, place)) return false;
    this.#until = lastOf(to, place.line);
    if (this.#until > place.line) this.#active = true;
    else this.#closed = true;
    return to.type !== "line" || place.line <= to.line || holds(from, place);
  }

  #goesOn(to: Address, place: Place): boolean {
    if (place.line >= this.#until || holds(to, place)) {
      this.#active = false;
      this.#closed = true;
    }
    return to.type !== "line" || place.line <= to.line;
  }
}

/** The number of a range's last line, as far as it is known where it begins. */
function lastOf(to: Address, line: number): number {
  switch (to.type) {
    case "line":
      return to.line;
    case "plus":
      return line + to.count;
    case "multiple":
      return to.count > 0 ? line + to.count - (line % to.count) : line;
    case "step":
      return line;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

function holds(address: Address, place: Place): boolean {
  switch (address.type) {
    case "line":
      return place.line === address.line;
    case "step":
      return address.step <= 0
        ? place.line === address.first
        : place.line >= address.first && (place.line - address.first) % address.step === 0;
    case "last":
      return place.isLast();
    case "match":
      return place.matches(address.pattern);
    default:
      return false;
  }
}
