import { type Fault, isFault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { Ledger } from "../../contract/ledger.ts";
import type { Change, Committed, StateTransaction } from "../../contract/state.ts";
import type { Caller } from "../caller.ts";
import { refused } from "../fault.ts";
import type { KernelTools } from "../kernel-tool.ts";
import { readRow, writeRow } from "../rows.ts";
import type { Signals } from "../signals.ts";
import { clientAddress } from "./client-address.ts";
import { beyondReach, beyondTopics } from "./scope.ts";
import { findReceiver, type Routed, route, type Target } from "./send.ts";
import { addSubscription, removeSubscription } from "./subscriptions.ts";

/** Commits the sending of one message to one pid. Answers as {@link Ledger.commit} does. */
export type Courier = (pid: number, sending: Change<Routed>) => Promise<Committed<Routed> | Fault>;

export interface IpcOptions {
  readonly ledger: Ledger;
  readonly signals: Signals;
  /** How a message to one pid is committed; as any change where absent. */
  readonly courier?: Courier;
  /** This start of this host: its client's address belongs to it. */
  readonly hostId: string;
}

/** `ipc.send`, `ipc.subscribe` and `agent.send`. What they answer is committed: it survives the death of this process. */
export function ipcTools(options: IpcOptions): KernelTools {
  return {
    "ipc.send": async (caller, args) => {
      const target = targetOf(args);
      if (isFault(target)) return target;
      const message = messageOf(args);
      if (isFault(message)) return message;
      const sent = await sendMessage(options, caller, target, message);
      return isFault(sent) ? sent : { sent: true, msg_id: sent.msg_id, receivers: sent.receivers };
    },
    "agent.send": async (caller, { pid, message }) => {
      const sent = await sendMessage(options, caller, { pid: pid as number }, message as JsonObject);
      return isFault(sent) ? sent : { sent: true, pid: pid as number, msg_id: sent.msg_id };
    },
    "ipc.subscribe": async (caller, { topic, pid }) => {
      const done = await subscribe(options, caller, topic as string, pid as number | undefined);
      return isFault(done) ? done : { subscribed: true, topic: topic as string, pid: done };
    },
  };
}

/** Sends one message as the caller and tells its receivers, once it is committed. */
export async function sendMessage(
  { ledger, signals, courier, hostId }: IpcOptions,
  caller: Caller,
  target: Target,
  message: JsonObject,
): Promise<Routed | Fault> {
  const sending = (state: StateTransaction) => {
    const pid = caller.pid !== 0 ? caller.pid : (readRow(state, "client", caller.home ?? hostId) ?? 0);
    return sendAs(state, caller, pid, target, message);
  };
  const done = await (courier !== undefined && "pid" in target
    ? courier(target.pid, sending)
    : ledger.commit(sending, "committed"));
  if (isFault(done)) return done;
  for (const pid of done.value.to) signals.tell({ kind: "mail", pid });
  return done.value;
}

/** Sends one message as the caller within a change, from this address. Refuses what the caller's capabilities do not reach. */
export function sendAs(
  state: StateTransaction,
  caller: Caller,
  fromPid: number,
  target: Target,
  message: JsonObject,
): Routed | Fault {
  const beyond = "pid" in target ? beyondReach(state, caller, target.pid) : beyondTopics(caller, target.topic);
  if (beyond !== undefined) return beyond;
  const sent = route(state, { from: caller.principal, from_pid: fromPid, message }, target);
  if (!isFault(sent) && caller.pid !== 0) countSent(state, caller.pid);
  return sent;
}

/**
 * Subscribes a pid, the caller's own where none is named, and answers it. A client without an address gets one. To be
 * subscribed already is as good.
 */
export async function subscribe(
  { ledger, signals, hostId }: IpcOptions,
  caller: Caller,
  pattern: string,
  pid: number | undefined,
): Promise<number | Fault> {
  const done = await ledger.commit((state) => {
    const beyond = beyondTopics(caller, pattern) ?? (pid === undefined ? undefined : beyondReach(state, caller, pid));
    if (beyond !== undefined) return beyond;
    const subscriber = pid ?? ownAddress(state, caller, hostId);
    if (isFault(subscriber)) return subscriber;
    const receiver = findReceiver(state, subscriber);
    if (isFault(receiver)) return receiver;
    if (receiver.state === "exited" || receiver.state === "stopping") {
      return refused("agent-exited", `pid ${subscriber} is ${receiver.state}: list the agents that run`, {
        pid: subscriber,
      });
    }
    const added = addSubscription(state, subscriber, pattern, caller.principal);
    return isFault(added) ? added : subscriber;
  }, "committed");
  if (isFault(done)) return done;
  signals.tell({ kind: "subscriptions" });
  return done.value;
}

/** Ends a subscription of a pid, the caller's own where none is named. False where there was none. */
export async function unsubscribe(
  { ledger, signals, hostId }: IpcOptions,
  caller: Caller,
  pattern: string,
  pid: number | undefined,
): Promise<boolean | Fault> {
  const done = await ledger.commit((state) => {
    const beyond = pid === undefined ? undefined : beyondReach(state, caller, pid);
    if (beyond !== undefined) return beyond;
    const subscriber = pid ?? (caller.pid !== 0 ? caller.pid : readRow(state, "client", caller.home ?? hostId));
    return subscriber !== undefined && removeSubscription(state, subscriber, pattern, caller.principal);
  }, "committed");
  if (isFault(done)) return done;
  signals.tell({ kind: "subscriptions" });
  return done.value;
}

/**
 * The caller's address; a client without one gets one. The job of a client has that client's, and none where it has none or
 * is gone: that of the host which fires the job is somebody else's.
 */
export function ownAddress(state: StateTransaction, caller: Caller, hostId: string): number | Fault {
  if (caller.pid !== 0) return caller.pid;
  if (caller.home === undefined || caller.home === hostId) return clientAddress(state, hostId, caller.principal);
  return (
    readRow(state, "client", caller.home) ??
    refused(
      "no-address",
      "the client that added this job is gone or has no inbox: give the pid of who is to be subscribed",
    )
  );
}

function countSent(state: StateTransaction, pid: number): void {
  const record = readRow(state, "agent", pid);
  if (record?.kind !== "agent") return;
  const { usage } = record;
  writeRow(state, "agent", [pid], { ...record, usage: { ...usage, messages_sent: usage.messages_sent + 1 } });
}

/** The schema asks for exactly one of each pair as well; what says so in words is here. */
function targetOf({ target_pid: pid, topic }: JsonObject): Target | Fault {
  if ((pid === undefined) === (topic === undefined)) {
    return refused(
      "invalid-arguments",
      "a message goes to a pid or to a topic: give exactly one of target_pid and topic",
    );
  }
  return pid === undefined ? { topic: topic as string } : { pid: pid as number };
}

function messageOf({ payload, text }: JsonObject): JsonObject | Fault {
  if ((payload === undefined) === (text === undefined)) {
    return refused("invalid-arguments", "a message is an object or a text: give exactly one of payload and text");
  }
  return payload === undefined ? { text: text as string } : (payload as JsonObject);
}
