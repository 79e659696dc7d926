import type { Durability } from "./chain-event.ts";
import type { Fault } from "./fault.ts";
import type { Change, Committed, Preview, StateReader } from "./state.ts";

/** The state and its chain as what acts on them sees it. The chain is one. */
export interface Ledger {
  /**
   * Makes one change of the state together with the events it records, in one transaction. Answers once it is as durable
   * as asked, or with the change's own fault, or `chain-unwritable`. Never throws or rejects.
   */
  commit<T>(change: Change<T>, durability: Durability): Promise<Committed<T> | Fault>;
  /**
   * Makes a change without writing it: what it would answer, and the state behind it, as things are now. Undefined while
   * other changes are being written. A promise of nothing: another change may come first.
   */
  preview<T>(change: Change<T>): Preview<T> | undefined;
  /** Reads the state as it is visible now, whichever process wrote it, at one moment. */
  read<T>(reading: (state: StateReader) => T): T;
  /** Whether the host with this id runs. */
  isAlive(hostId: string): boolean;
}
