import { isFault } from "../../contract/fault.ts";
import type { Ledger } from "../../contract/ledger.ts";
import type { Change } from "../../contract/state.ts";
import type { Routed } from "../ipc/send.ts";
import { HOLD_MS } from "./held-sending.ts";
import { nextStep, type Step, type TemplateFacts } from "./next-step.ts";
import type { Slot } from "./slots.ts";

/**
 * A message that became another than was foreseen, because others write at the same time, was handled for nothing. The next
 * ones are then sent before they are handled: two, twice as many each time it happens again, at most so many.
 */
const MOST_UNFORESEEN = 256;

/** Tells what a message that is about to be sent will be, so that it can be handled early. */
export interface Foresight {
  /**
   * What the agent would do once the message was sent, if that is to handle the message in question in a store: nothing else
   * can be undone. Undefined as well where its runs are slow, and for some messages after one came otherwise.
   */
  foresee(slot: Slot, sending: Change<Routed>): Extract<Step, { kind: "handle" }> | undefined;
  /** A message that was foreseen was sent: as itself, or as another. */
  learn(cameTrue: boolean): void;
}

export function createForesight(
  ledger: Pick<Ledger, "preview">,
  hostId: string,
  clock: () => number,
  templates: TemplateFacts,
): Foresight {
  /** Messages that are not to be foreseen from here on, and how many it were the last time. */
  let blind = 0;
  let lastBlind = 1;
  return {
    foresee({ pid, minutes, lastRunMs }, sending) {
      if (lastRunMs > HOLD_MS) return undefined;
      if (blind > 0) {
        blind--;
        return undefined;
      }
      const preview = ledger.preview(sending);
      if (preview === undefined || isFault(preview.value)) return undefined;
      try {
        const next = nextStep(preview.state, pid, hostId, clock(), minutes, templates);
        if (next.kind !== "handle" || next.agent.backend !== "wasm") return undefined;
        return next.message.msg_id === preview.value.msg_id ? next : undefined;
      } catch {
        return undefined; // a damaged row is met again where the message is handled
      }
    },
    learn(cameTrue) {
      lastBlind = cameTrue ? 1 : Math.min(2 * lastBlind, MOST_UNFORESEEN);
      if (!cameTrue) blind = lastBlind;
    },
  };
}
