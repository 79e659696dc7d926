import { type Fault, isFault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { StateReader, StateTransaction } from "../../contract/state.ts";
import type { Caller } from "../caller.ts";
import { refused } from "../fault.ts";
import type { MessageRecord } from "../records.ts";
import { DAMAGED, lookAtRow, readRow, soundRows } from "../rows.ts";
import { clientAddress } from "./client-address.ts";
import { take } from "./deliver.ts";
import { type IpcOptions, sendAs } from "./ipc-tools.ts";

/** Replies that were handed on are taken out of the inbox so much later. */
const GATHER_MS = 20;
/** Longest that setTimeout waits. */
const LONGEST_MS = 2 ** 31 - 1;

/** Asks agents on behalf of this host's client or operator. */
export interface Requests {
  /**
   * Sends a message and answers the message that answers it, which is then taken out of the inbox. Faults: as sending has,
   * `agent-exited` where the agent ends before it answers, `reply-timeout`, and `cancelled` by the signal. A reply that
   * comes later is a message like any other.
   */
  request(
    caller: Caller,
    pid: number,
    message: JsonObject,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<MessageRecord | Fault>;
  /**
   * Gives the caller an address, and keeps replies to it from everyone else until {@link Expectation.reply} has one or
   * {@link Expectation.drop} is called. For a message that is sent by other means, after this.
   */
  expect(caller: Caller): Promise<Expectation | Fault>;
  /** Whether somebody here may wait for this message, so that it is to be left in the inbox. */
  awaits(message: MessageRecord): boolean;
  /** Stops listening; whoever waits gets `cancelled`. Answers when replies that were handed on are out of the inbox. */
  close(): Promise<void>;
}

/** A reply that is waited for; exactly one of its functions is to be called, once. */
export interface Expectation {
  /** The message that answers message `msgId` to `pid`; faults as {@link Requests.request} has. */
  reply(pid: number, msgId: number, deadlineMs: number, signal: AbortSignal): Promise<MessageRecord | Fault>;
  drop(): void;
}

interface Waiting {
  readonly pid: number;
  readonly settle: (result: MessageRecord | Fault) => void;
}

export function openRequests({ ledger, signals, hostId, ...options }: IpcOptions): Requests {
  const { courier = (_, sending) => ledger.commit(sending, "committed") } = options;
  const waiting = new Map<number, Waiting>();
  /** Requests whose message has no id yet; any reply could be theirs. */
  let sending = 0;
  /** Replies that were handed on and are still in the inbox. */
  const taking = new Set<number>();
  /** Whether the last look saw a reply that nobody waits for, and that the client's inbox was kept from. */
  let left = false;
  let looking = false;
  let again = false;

  /** Finds replies for all who wait, and who waits in vain, at one look. */
  const look = async () => {
    again = waiting.size > 0;
    if (looking) return;
    looking = true;
    try {
      lookOn();
    } catch {
      // A row that is damaged: `doctor` finds it, and whoever waits has a deadline.
    }
    looking = false;
  };

  const lookOn = () => {
    while (again) {
      again = false;
      const { replies, gone } = ledger.read(findReplies);
      for (const msgId of gone) waiting.get(msgId)?.settle(exited(waiting.get(msgId)?.pid ?? 0, msgId));
      // Whoever waits has it at once: that it is taken out of the inbox concerns nobody else.
      for (const reply of replies) {
        taking.add(reply.msg_id);
        waiting.get(reply.in_reply_to as number)?.settle(reply);
      }
      if (replies.length > 0) receiveSoon(replies);
    }
  };

  const findReplies = (state: StateReader) => {
    const own = readRow(state, "client", hostId);
    const messages = own === undefined ? [] : soundRows(state, "inbox", [own]).map(({ row }) => row);
    const replies = messages.filter(
      ({ msg_id, in_reply_to }) => in_reply_to !== undefined && waiting.has(in_reply_to) && !taking.has(msg_id),
    );
    left = messages.some(
      ({ msg_id, in_reply_to }) => in_reply_to !== undefined && !waiting.has(in_reply_to) && !taking.has(msg_id),
    );
    const answered = new Set(replies.map(({ in_reply_to }) => in_reply_to));
    const gone = [...waiting]
      .filter(([msgId, { pid }]) => !answered.has(msgId) && hasExited(state, pid))
      .map(([msgId]) => msgId);
    return { replies, gone };
  };

  let handedOn: MessageRecord[] = [];
  let timer: NodeJS.Timeout | undefined;
  /** Many replies are taken out in one change, at best in that of the next request, and none keeps the next message waiting. */
  const receiveSoon = (replies: readonly MessageRecord[]) => {
    handedOn.push(...replies);
    timer ??= setTimeout(() => void receive(), GATHER_MS).unref();
  };

  const receive = async () => {
    clearTimeout(timer);
    timer = undefined;
    const replies = handedOn;
    handedOn = [];
    if (replies.length === 0) return;
    const done = await ledger.commit((state) => takeOut(state, replies), "committed");
    received(replies);
    if (isFault(done) && sending === 0 && waiting.size === 0) signals.tell({ kind: "elsewhere" });
  };

  const takeOut = (state: StateTransaction, replies: readonly MessageRecord[]): null => {
    const pid = replies.length === 0 ? undefined : readRow(state, "client", hostId);
    if (pid === undefined) return null;
    for (const { msg_id } of replies.filter((reply) => take(state, pid, reply.msg_id))) {
      state.event({
        source: "kernel",
        kind: "ipc.received",
        payload: { pid, messages: 1, first: msg_id, last: msg_id },
      });
    }
    return null;
  };

  /** Where that failed, they stay in the inbox and come to the client once more. */
  const received = (replies: readonly MessageRecord[]) => {
    for (const { msg_id } of replies) taking.delete(msg_id);
  };

  const stop = signals.listen((signal) => {
    if (signal.kind === "jobs" || signal.kind === "subscriptions") return;
    if (signal.kind === "mail" && signal.pid !== own) return;
    void look();
  });

  /** Where replies come to; undefined as long as nobody has asked for one. */
  let own: number | undefined;

  /** The caller's address, which it keeps: most have one. */
  const address = async (caller: Caller): Promise<number | Fault> => {
    own = ledger.read((state) => readRow(state, "client", hostId));
    if (own === undefined && caller.pid === 0) {
      const done = await ledger.commit((state) => clientAddress(state, hostId, caller.principal), "committed");
      if (isFault(done)) return done;
      own = done.value;
    }
    return own !== undefined && (caller.pid === 0 || caller.pid === own)
      ? own
      : refused("not-a-client", "an agent gets its answer as a message: send, and handle the reply");
  };

  const expect = async (caller: Caller): Promise<Expectation | Fault> => {
    sending++;
    const done = await address(caller);
    if (isFault(done)) {
      sending--;
      return done;
    }
    return {
      drop() {
        sending--;
      },
      reply(pid, msgId, deadlineMs, signal) {
        const reply = waitFor(pid, msgId, deadlineMs, signal);
        sending--;
        return reply;
      },
    };
  };

  const waitFor = (pid: number, msgId: number, deadlineMs: number, signal: AbortSignal) =>
    new Promise<MessageRecord | Fault>((resolve) => {
      const settle = (result: MessageRecord | Fault) => {
        clearTimeout(deadline);
        signal.removeEventListener("abort", abort);
        waiting.delete(msgId);
        // What was left for this one may now be somebody else's to take.
        if (left && sending === 0 && waiting.size === 0) signals.tell({ kind: "elsewhere" });
        resolve(result);
      };
      const abort = () => settle(cancelled(pid));
      const deadline = setTimeout(() => settle(late(pid, msgId, deadlineMs)), Math.min(deadlineMs, LONGEST_MS));
      signal.addEventListener("abort", abort);
      waiting.set(msgId, { pid, settle });
      if (signal.aborted) abort();
      else void look();
    });

  return {
    expect,
    async request(caller, pid, message, deadlineMs, signal) {
      if (signal.aborted) return cancelled(pid);
      const expected = await expect(caller);
      if (isFault(expected)) return expected;
      const replies = handedOn;
      handedOn = [];
      const done = await courier(pid, (state) => {
        const from = clientAddress(state, hostId, caller.principal);
        const sent = sendAs(state, { ...caller, pid: 0 }, from, { pid }, message);
        if (!isFault(sent)) takeOut(state, replies);
        return sent;
      });
      if (isFault(done)) receiveSoon(replies);
      else received(replies);
      if (isFault(done)) {
        expected.drop();
        return done;
      }
      signals.tell({ kind: "mail", pid });
      return expected.reply(pid, done.value.msg_id, deadlineMs, signal);
    },
    awaits: ({ msg_id, in_reply_to }) =>
      taking.has(msg_id) || (in_reply_to !== undefined && (sending > 0 || waiting.has(in_reply_to))),
    close() {
      stop();
      for (const { pid, settle } of [...waiting.values()]) settle(cancelled(pid));
      return receive();
    },
  };
}

function hasExited(state: StateReader, pid: number): boolean {
  const record = lookAtRow(state, "agent", pid);
  return record === undefined || (record !== DAMAGED && record.state === "exited");
}

const exited = (pid: number, msgId: number) =>
  refused("agent-exited", `pid ${pid} exited before it answered message ${msgId}: look at its exit`, {
    pid,
    msg_id: msgId,
  });

const late = (pid: number, msgId: number, deadlineMs: number) =>
  refused(
    "reply-timeout",
    `pid ${pid} has not answered message ${msgId} within ${deadlineMs} ms: it may still be handled, do not send it again`,
    { pid, msg_id: msgId, deadline_ms: deadlineMs },
  );

const cancelled = (pid: number) => refused("cancelled", `nobody waits any more for the answer of pid ${pid}`, { pid });
