import { LRUCache } from "lru-cache";
import { type Fault, fault } from "../contract/fault.ts";
import { type Authority, isFrozenAuthority } from "../contract/permit.ts";
import { WASM_PAGE } from "../contract/units.ts";
import type { KnownAuthority } from "./run-task.ts";

/** Authorities remembered; a tool's calls differ little, so that a few serve them all. */
const REMEMBERED = 1024;
const ALL_PAGES = 65_536;

/** Gives authorities that say the same the same number, so that a worker is sent each once. */
export class AuthorityBook {
  readonly #known = new LRUCache<string, KnownAuthority>({ max: REMEMBERED });
  /** Those that cannot change any more: what they say needs no second look. */
  readonly #frozen = new WeakMap<Authority, KnownAuthority>();
  #nextId = 1;

  /** The number of an authority, or why no run can have it: a limit that is not a positive safe integer. */
  know(authority: Authority): KnownAuthority | Fault {
    return this.#frozen.get(authority) ?? this.#read(authority);
  }

  #read(authority: Authority): KnownAuthority | Fault {
    const text = JSON.stringify(authority);
    const known = this.#known.get(text) ?? this.#add(text, authority);
    if (!("code" in known) && isFrozenAuthority(authority)) this.#frozen.set(authority, known);
    return known;
  }

  #add(text: string, authority: Authority): KnownAuthority | Fault {
    const { fuel, memoryBytes, deadlineMs, outputBytes, hostCallCount = 1 } = authority.limits;
    const wrong = Object.entries({ fuel, memoryBytes, deadlineMs, outputBytes, hostCallCount }).find(
      ([, value]) => !Number.isSafeInteger(value) || value <= 0,
    );
    if (wrong !== undefined) {
      const message = `the permit's limit ${wrong[0]} is not a positive whole number: mint it with one`;
      return fault("store", "permit-invalid", message);
    }
    const memoryPages = Math.min(ALL_PAGES, Math.floor(memoryBytes / WASM_PAGE));
    const hostCalls = [...new Set(authority.hostCalls)].sort();
    const known = {
      id: this.#nextId++,
      authority,
      memoryPages,
      hostCalls,
      moduleKey: `:${memoryPages}:${hostCalls.join()}`,
    };
    this.#known.set(text, known);
    return known;
  }
}
