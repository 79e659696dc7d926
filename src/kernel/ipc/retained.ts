import type { DeliveredMessage } from "../../contract/messages.ts";

/** Most messages that are kept of one subscription, and to the client itself. */
export const RING_MESSAGES = 256;
/** Most bytes of JSON that are kept of all together. */
const RETAINED_BYTES = 32 * 1_048_576;

interface Entry {
  readonly message: DeliveredMessage;
  readonly size: number;
  rings: number;
}

interface Ring {
  readonly entries: Entry[];
  fallen: number;
}

/** The newest messages of each subscription, bounded in number and, over all, in bytes; the oldest fall out. */
export class Retained {
  readonly #rings = new Map<string, Ring>();
  readonly #most: number;
  #bytes = 0;

  constructor(mostBytes: number = RETAINED_BYTES) {
    this.#most = mostBytes;
  }

  /** Keeps a message under each of the names. */
  add(names: readonly string[], message: DeliveredMessage): void {
    const size = Buffer.byteLength(JSON.stringify(message));
    const entry: Entry = { message, size, rings: names.length };
    this.#bytes += size;
    for (const name of names) {
      const ring = this.#ring(name);
      ring.entries.push(entry);
      if (ring.entries.length > RING_MESSAGES) this.#drop(ring);
    }
    while (this.#bytes > this.#most) this.#drop(this.#oldest());
  }

  /** What is kept under a name, oldest first. */
  of(name: string): readonly DeliveredMessage[] {
    return this.#rings.get(name)?.entries.map(({ message }) => message) ?? [];
  }

  /** How many fell out under a name. */
  fallen(name: string): number {
    return this.#rings.get(name)?.fallen ?? 0;
  }

  /** Forgets all that is kept under names other than these. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const [name, ring] of this.#rings) {
      if (names.has(name)) continue;
      while (ring.entries.length > 0) this.#drop(ring);
      this.#rings.delete(name);
    }
  }

  #ring(name: string): Ring {
    let ring = this.#rings.get(name);
    if (ring === undefined) {
      ring = { entries: [], fallen: 0 };
      this.#rings.set(name, ring);
    }
    return ring;
  }

  #drop(ring: Ring): void {
    const entry = ring.entries.shift() as Entry;
    ring.fallen++;
    if (--entry.rings === 0) this.#bytes -= entry.size;
  }

  /** The ring whose first message came before all others. Only asked while something is kept. */
  #oldest(): Ring {
    let oldest: Ring | undefined;
    for (const ring of this.#rings.values()) {
      const first = ring.entries[0]?.message.msg_id;
      if (first === undefined) continue;
      if (oldest === undefined || first < (oldest.entries[0] as Entry).message.msg_id) oldest = ring;
    }
    return oldest as Ring;
  }
}
