import type { Durability } from "./chain-event.ts";
import type { Fault } from "./fault.ts";
import type { Change, Committed, StateReader } from "./state.ts";

/** The state and its chain as what acts on them sees it. The chain is one. */
export interface Ledger {
  /**
   * Makes one change of the state together with the events it records, in one transaction. Answers once it is as durable
   * as asked, or with the change's own fault, or `chain-unwritable`. Never throws or rejects.
   */
  commit<T>(change: Change<T>, durability: Durability): Promise<Committed<T> | Fault>;
  /** Reads the state as it is visible now, whichever process wrote it, at one moment. */
  read<T>(reading: (state: StateReader) => T): T;
  /** Whether the host with this id runs. */
  isAlive(hostId: string): boolean;
}
