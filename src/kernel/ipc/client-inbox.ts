import { type Fault, isFault } from "../../contract/fault.ts";
import type { ClientInbox, DeliveredMessage, InboxNews } from "../../contract/messages.ts";
import type { StateReader } from "../../contract/state.ts";
import { matchesTopic } from "../../contract/topic.ts";

import type { MessageRecord } from "../records.ts";
import { DAMAGED, lookAtRows, readRow } from "../rows.ts";
import { exitClient } from "./client-address.ts";
import { bury, buryDamaged } from "./dead-letters.ts";
import { mailOf, take } from "./deliver.ts";
import type { IpcOptions } from "./ipc-tools.ts";
import { Retained } from "./retained.ts";
import { subscriptionsOf } from "./subscriptions.ts";

/** Messages that one change takes out. */
const AT_ONCE = 128;
/** Messages that are looked at to find them, since some may be for others. */
const LOOKED_AT = 2 * AT_ONCE;
/** The name of what is sent to the client itself; no pattern is empty. */
const DIRECT = "";

export interface ClientInboxOptions extends IpcOptions {
  /** Messages that somebody else of this host takes out: replies that a request waits for. */
  readonly awaits: (message: MessageRecord) => boolean;
}

export interface OpenClientInbox extends ClientInbox {
  /** Ends the client: what was not taken out becomes dead letters. Idempotent. */
  close(): Promise<void>;
}

/**
 * Moves what is in the inbox of this host's client into memory, in the order in which it was sent, and tells who listens:
 * once the taking out is committed, so each message once in the life of this host. A message whose topic the client has left
 * meanwhile counts as sent to it.
 */
export function openClientInbox({ ledger, signals, hostId, awaits }: ClientInboxOptions): OpenClientInbox {
  const retained = new Retained();
  const listeners = new Set<(news: InboxNews) => void>();
  let pid: number | undefined;
  let patterns: readonly string[] = [];
  let pumping = false;
  let again = false;
  let closed: Promise<void> | undefined;

  const tell = (news: InboxNews) => {
    for (const listener of [...listeners]) listener(news);
  };

  const look = (state: StateReader) => {
    const own = readRow(state, "client", hostId);
    if (own === undefined) return { own, held: [], messages: [], damaged: [] };
    const found = mailOf(state, own) === 0 ? [] : lookAtRows(state, "inbox", [own], { limit: LOOKED_AT });
    const messages = found.flatMap(({ row }) => (row === DAMAGED ? [] : [row]));
    return {
      own,
      damaged: found.filter(({ row }) => row === DAMAGED).map(({ key }) => Number(key[1])),
      held: subscriptionsOf(state, own),
      messages: messages.filter((message) => !awaits(message)).slice(0, AT_ONCE),
    };
  };

  const pump = async () => {
    again = true;
    if (pumping) return;
    pumping = true;
    try {
      await pumpOn();
    } catch {
      // A row that is damaged: `doctor` finds it, and the next signal tries again.
    }
    pumping = false;
  };

  const pumpOn = async () => {
    while (again && closed === undefined) {
      again = false;
      const { own, held, messages, damaged } = ledger.read(look);
      pid = own;
      follow(held);
      if (own !== undefined && damaged.length > 0 && isFault(await discard(own, damaged))) break;
      if (messages.length === 0) continue;
      const taken = await takeOut(messages);
      if (isFault(taken)) break; // the next signal tries again; the host ends where nothing can be written
      for (const message of taken) keep(message);
      again ||= messages.length === AT_ONCE;
    }
  };

  const discard = (own: number, damaged: readonly number[]) =>
    ledger.commit((state) => {
      for (const msgId of damaged) buryDamaged(state, own, msgId, { bury });
      return null;
    }, "committed");

  const follow = (held: readonly string[]) => {
    if (held.length === patterns.length && held.every((pattern, i) => pattern === patterns[i])) return;
    patterns = held;
    retained.keepOnly(new Set([DIRECT, ...held]));
    tell({ kind: "subscriptions" });
  };

  const takeOut = async (messages: readonly MessageRecord[]): Promise<readonly MessageRecord[] | Fault> => {
    const done = await ledger.commit((state) => {
      const own = readRow(state, "client", hostId);
      if (own === undefined) return [];
      const taken = messages.filter(({ msg_id }) => take(state, own, msg_id));
      if (taken.length === 0) return [];
      const first = taken[0]?.msg_id as number;
      const last = taken.at(-1)?.msg_id as number;
      state.event({
        source: "kernel",
        kind: "ipc.received",
        payload: { pid: own, messages: taken.length, first, last },
      });
      return taken;
    }, "committed");
    return isFault(done) ? done : done.value;
  };

  const keep = (record: MessageRecord) => {
    const { topic, sent, ...rest } = record;
    const matching = topic === undefined ? [] : patterns.filter((pattern) => matchesTopic(pattern, topic));
    const message: DeliveredMessage = {
      ...rest,
      ...(topic !== undefined && { topic }),
      ...(matching[0] !== undefined && { pattern: matching[0] }),
      sent: new Date(sent).toISOString(),
    };
    retained.add(matching.length === 0 ? [DIRECT] : matching, message);
    tell({ kind: "message", message, patterns: matching });
  };

  const stop = signals.listen((signal) => {
    if (signal.kind === "elsewhere" || signal.kind === "subscriptions" || (signal.kind === "mail" && isOwn(signal.pid)))
      void pump();
  });
  const isOwn = (receiver: number) => pid === undefined || pid === receiver;

  return {
    pid: () => pid,
    subscriptions: () => patterns,
    messages: (pattern) => (patterns.includes(pattern) ? retained.of(pattern) : undefined),
    direct: () => retained.of(DIRECT),
    fallen: (pattern = DIRECT) => retained.fallen(pattern),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed ??= (async () => {
        stop();
        if (ledger.read((state) => readRow(state, "client", hostId)) === undefined) return;
        await ledger.commit((state) => exitClient(state, hostId), "committed");
      })();
      return closed;
    },
  };
}
