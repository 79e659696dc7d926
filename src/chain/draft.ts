import { canonicalJson, NotCanonical } from "../contract/canonical-json.ts";
import type { EventDraft } from "../contract/chain-event.ts";
import { type Fault, fault } from "../contract/fault.ts";
import { PAYLOAD_BYTES } from "./event-record.ts";

/** A source or kind: dotted lower-case words, at most 64 characters. */
const EVENT_NAME = /^(?=.{1,64}$)[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$/;
/** LMDB's keys are short; a call id is far shorter still. */
const CALL_ID_CHARACTERS = 200;

/** Whether an event can have this source or kind. */
export const isEventName = (name: string): boolean => EVENT_NAME.test(name);

export const INTENT_KIND = "call.intent";
export const OUTCOME_KIND = "call.outcome";

/** An event that may be recorded; it lacks only its place. */
export interface AcceptedEvent {
  readonly source: string;
  readonly kind: string;
  /** Canonical JSON. */
  readonly payload: string;
  /** The call that an intent announces or an outcome ends. */
  readonly callId?: string;
}

/**
 * Checks a draft and fixes its payload as canonical text, so that what the caller does to the object afterwards
 * does not matter. A draft is made by the host itself; one that cannot be recorded is a bug and answers `internal`.
 */
export function acceptDraft(draft: EventDraft): AcceptedEvent | Fault {
  const { source, kind } = draft;
  if (!isEventName(source) || !isEventName(kind)) return refuse("its source or kind is not a dotted lower-case name");
  let payload: string;
  try {
    payload = canonicalJson(draft.payload);
  } catch (error) {
    if (error instanceof NotCanonical) return refuse(error.message);
    throw error;
  }
  if (payload.length * 3 > PAYLOAD_BYTES && Buffer.byteLength(payload) > PAYLOAD_BYTES) {
    return refuse(`its payload is over ${PAYLOAD_BYTES} bytes`);
  }
  const callId = draft.payload.call_id;
  if (kind === INTENT_KIND) {
    if (typeof callId !== "string" || callId.length === 0 || callId.length > CALL_ID_CHARACTERS) {
      return refuse("an intent without a short call_id cannot be paired with its outcome");
    }
    return { source, kind, payload, callId };
  }
  if (kind === OUTCOME_KIND && typeof callId === "string") return { source, kind, payload, callId };
  return { source, kind, payload };
}

function refuse(why: string): Fault {
  return fault("chain", "internal", `the event cannot be recorded: ${why}`);
}
