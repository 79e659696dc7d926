import { type Fault, fault } from "../contract/fault.ts";
import type { PrincipalAccount, RunTask } from "./run-task.ts";

/** All principals together may have so many times as much under way as one. */
const ALL = 4;

/**
 * Says whether one more run may wait: each principal has a share of its own, so that one that floods the queue leaves
 * room for the others.
 */
export class Admission {
  readonly #limit: number;
  readonly #bytes: number;
  readonly #accounts = new Map<string, PrincipalAccount>();
  readonly #all: PrincipalAccount = { runs: 0, bytes: 0, handed: 0 };

  /** `limit` runs of one principal may wait, and `bytes` of their input be under way. */
  constructor(limit: number, bytes: number) {
    this.#limit = limit;
    this.#bytes = bytes;
  }

  refuses(principal: string, bytes: number): Fault | undefined {
    const own = this.#accounts.get(principal);
    const all = this.#all;
    if (own !== undefined && own.runs - own.handed >= this.#limit) return waiting("of this principal", this.#limit);
    // those of all that are handed are few, and not counted apart
    if (all.runs >= this.#limit * ALL) return waiting("of all principals", this.#limit * ALL);
    if ((own?.bytes ?? 0) + bytes > this.#bytes) return large("of this principal", this.#bytes);
    if (all.bytes + bytes > this.#bytes * ALL) return large("of all principals", this.#bytes * ALL);
    return undefined;
  }

  /** Counts a run in; every one must leave. */
  enter(principal: string, bytes: number): PrincipalAccount {
    let own = this.#accounts.get(principal);
    if (own === undefined) {
      own = { runs: 0, bytes: 0, handed: 0 };
      this.#accounts.set(principal, own);
    }
    own.runs++;
    own.bytes += bytes;
    this.#all.runs++;
    this.#all.bytes += bytes;
    return own;
  }

  leave({ principal, stdin, account }: RunTask): void {
    account.runs--;
    account.bytes -= stdin.length;
    this.#all.runs--;
    this.#all.bytes -= stdin.length;
    if (account.runs === 0) this.#accounts.delete(principal);
  }
}

function waiting(whose: string, limit: number): Fault {
  const message = `${limit} runs ${whose} wait for a worker, as many as may: wait for answers, then call again`;
  return fault("request", "overloaded", message, { limit });
}

function large(whose: string, limit: number): Fault {
  const message = `the inputs ${whose} would take more than ${limit} bytes: wait for answers, then call again`;
  return fault("request", "overloaded", message, { limit });
}
