import { type Fault, isFault } from "../../contract/fault.ts";
import type { Ledger } from "../../contract/ledger.ts";
import type { Change, Committed } from "../../contract/state.ts";
import type { Routed } from "../ipc/send.ts";

/** How long a message may wait for its own handling, so that both are one transaction. */
export const HOLD_MS = 5;

/** A message that is handled while it is not yet sent. Its sender has no answer before it is. */
export interface HeldSending {
  /** What its sender is answered. */
  readonly sent: Promise<Committed<Routed> | Fault>;
  /** Sends it, if that was not done before. What is committed directly after this is in the same transaction. */
  release(): void;
  /**
   * Whether it was sent with the id that was foreseen. To be asked within a change that comes behind {@link release}: of a
   * message that became another, or none, nothing that its handling came to may come true.
   */
  cameTrue(): boolean;
}

/** Holds the sending of one message, whose id is foreseen as `msgId`, for a short time or until it is released. */
export function holdSending(ledger: Ledger, sending: Change<Routed>, msgId: number): HeldSending {
  let id: number | undefined;
  let released = false;
  let resolve: (result: Committed<Routed> | Fault) => void = () => {};
  const sent = new Promise<Committed<Routed> | Fault>((settle) => {
    resolve = settle;
  });
  const release = () => {
    if (released) return;
    released = true;
    clearTimeout(timer);
    ledger
      .commit((state) => {
        id = undefined;
        const routed = sending(state);
        if (!isFault(routed)) id = routed.msg_id;
        return routed;
      }, "committed")
      .then(resolve);
  };
  // It keeps the process alive: somebody waits for the answer.
  const timer = setTimeout(release, HOLD_MS);
  return { sent, release, cameTrue: () => id === msgId };
}
