import type { BinaryWriter } from "./binary-writer.ts";
import type { ModuleLayout } from "./layout.ts";
import type { Ledger } from "./ledger.ts";

/** Longer runs are copied by the engine's own means, which take as long as this many bytes to begin. */
const SHORT_RUN = 256;
/** What a short run may read beyond its end. */
const RUN_MARGIN = 4;

/** Copies stretches of bodies, in the order of the code; the room for them is reserved. */
export class BodyCopy {
  readonly #bytes: Uint8Array;
  readonly #ledger: Ledger;
  readonly #out: BinaryWriter;
  readonly #source: DataView;
  /** No run that ends behind this is a short one. */
  readonly #shortEnd: number;
  /** Where the local goes whose place the counter took. */
  #moved = 0;
  /** Which of the ledger's moves comes next, and where those of the body end. */
  #move = 0;
  #lastMove = 0;

  constructor(layout: ModuleLayout, ledger: Ledger, out: BinaryWriter) {
    const { bytes } = layout;
    this.#bytes = bytes;
    this.#ledger = ledger;
    this.#out = out;
    this.#source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#shortEnd = bytes.byteLength - RUN_MARGIN;
  }

  /** Starts the body of a function whose first local goes to the index `moved`. */
  begin(i: number, moved: number): void {
    const { firstMove } = this.#ledger;
    this.#moved = moved;
    this.#move = firstMove[i]!;
    this.#lastMove = firstMove[i + 1]!;
  }

  /** Copies a stretch of the body that was begun, but for the indices of the local that moved. */
  run(from: number, to: number): void {
    const shift = this.#out.at - from;
    this.plain(from, to);
    const { moves } = this.#ledger;
    const { bytes } = this.#out;
    for (; this.#move < this.#lastMove && moves[this.#move]! < to; this.#move++)
      bytes[moves[this.#move]! + shift] = this.#moved;
  }

  /** Copies a stretch as it was. */
  plain(from: number, to: number): void {
    if (to - from > SHORT_RUN || to > this.#shortEnd) this.#out.run(this.#bytes, from, to);
    else this.#out.shortRun(this.#source, from, to);
  }
}
