import type { StateReader, StateTransaction } from "../../contract/state.ts";
import { buryDamaged } from "../ipc/dead-letters.ts";
import type { Sending } from "../ipc/deliver.ts";
import type { AgentRecord, ExitRecord, MessageRecord } from "../records.ts";
import { count, DAMAGED, keysOf, lookAtRow, lookAtRows, removeRow, soundRows, writeRow } from "../rows.ts";
import { mutated } from "../tree/mutations.ts";
import type { Post } from "./options.ts";
import { childrenOf, writeAgent } from "./table.ts";
import { TRANSITIONS } from "./transitions.ts";

/** Of agents that have exited, so many can still be inspected. */
export const EXITED_KEPT = 256;
/** The exit code of an agent whose run was ended: 128 and the number of SIGKILL, as shells tell it. */
export const KILLED = 137;

/** Whether what an agent does at the moment is ended as well, or finished first. */
export type Manner = "forced" | "graceful";

/**
 * Ends an agent and, as they wish, its children: its name is free, it is subscribed to nothing, what waits in its inbox
 * is dead, its parent is told. A graceful end lets children finish what they have in hand. Answers who got mail by it.
 */
export function exitAgent(
  state: StateTransaction,
  agent: AgentRecord,
  exit: ExitRecord,
  manner: Manner,
  post: Post,
): readonly number[] {
  const { pid, agent_id, parent_pid } = agent;
  writeAgent(state, { ...agent, state: "exited", host: "", exit, attempts: 0 });
  removeRow(state, "agent-id", agent_id);
  removeRow(state, "child", parent_pid, pid);
  removeRow(state, "agent-state", pid);
  const payload = { pid, agent_id, code: exit.code, reason: nameOf(exit.reason) };
  const sequence = state.event({ source: "kernel", kind: "agent.exited", payload });
  post.unsubscribe(state, pid);
  buryAll(state, pid, post);
  const told = [...leaveChildren(state, agent, manner, post), ...tellParent(state, agent, exit, post)];
  keepRecord(state, pid, sequence);
  return told;
}

/**
 * Ends an agent of whose record nothing can be read, as one that was killed: of what it was nothing stays but what the chain
 * says. Children that stop with their parent end too. Answers its name, empty where none is left, and who got mail by it.
 */
export function exitDamaged(
  state: StateTransaction,
  pid: number,
  post: Post,
): { readonly agent_id: string; readonly told: readonly number[] } {
  const names = soundRows(state, "agent-id").filter(({ row }) => row === pid);
  const agent_id = String(names[0]?.key[0] ?? "");
  const [child] = keysOf(state, "child").filter((key) => key[1] === pid);
  const parent_pid = Number(child?.[0] ?? 0);
  for (const { key } of names) removeRow(state, "agent-id", ...key);
  removeRow(state, "child", parent_pid, pid);
  for (const table of ["agent", "agent-state", "agent-log"] as const) removeRow(state, table, pid);
  mutated(state, "agents");
  const exit = { code: KILLED, reason: "record-damaged" };
  state.event({ source: "kernel", kind: "agent.exited", payload: { pid, agent_id, ...exit } });
  post.unsubscribe(state, pid);
  buryAll(state, pid, post);
  const gone = { pid, agent_id, parent_pid };
  return { agent_id, told: [...leaveChildren(state, gone, "graceful", post), ...tellParent(state, gone, exit, post)] };
}

/** What is known of any agent that exits. */
type Leaving = Pick<AgentRecord, "pid" | "agent_id" | "parent_pid">;

/** Makes dead letters of all that is in the inbox of one that has exited. */
export function buryAll(state: StateTransaction, pid: number, post: Post): void {
  for (const { key, row } of lookAtRows(state, "inbox", [pid])) {
    if (row === DAMAGED) {
      buryDamaged(state, pid, Number(key[1]), post);
      continue;
    }
    removeRow(state, "inbox", pid, row.msg_id);
    post.bury(state, row, pid, "receiver-exited");
  }
  removeRow(state, "mail", pid);
}

/** A module writes what it likes as its reason: the chain gets names only. */
function nameOf(reason: string): string {
  return /^[a-z][a-z-]{0,62}$/.test(reason) ? reason : "exited";
}

function leaveChildren(state: StateTransaction, parent: Leaving, manner: Manner, post: Post): number[] {
  return childrenOf(state, parent.pid).flatMap((pid) => {
    const child = lookAtRow(state, "agent", pid);
    if (child === undefined) return [];
    if (child === DAMAGED) {
      removeRow(state, "child", parent.pid, pid);
      writeRow(state, "child", [parent.parent_pid, pid], true);
      return [];
    }
    if (child.supervision.onParentExit === "continue") {
      // It belongs to whoever its parent belonged to, who may go on managing it.
      removeRow(state, "child", parent.pid, pid);
      writeRow(state, "child", [parent.parent_pid, pid], true);
      writeAgent(state, { ...child, parent_pid: parent.parent_pid });
      return [];
    }
    const forced = manner === "forced";
    return endAgent(state, child, { code: forced ? KILLED : 0, reason: "parent-exited" }, manner, post);
  });
}

/**
 * Has an agent end: at once where that is forced or no host has it, otherwise its host lets it finish the message in
 * hand. Does nothing to one that is ending already, unless it is forced.
 */
export function endAgent(
  state: StateTransaction,
  agent: AgentRecord,
  exit: ExitRecord,
  manner: Manner,
  post: Post,
): readonly number[] {
  if (manner === "forced" || agent.host === "") {
    return TRANSITIONS[agent.state].includes("exited") ? exitAgent(state, agent, exit, manner, post) : [];
  }
  if (!TRANSITIONS[agent.state].includes("stopping")) return [];
  // How it will exit stands in the record, for whichever host has it then.
  writeAgent(state, { ...agent, state: "stopping", exit });
  state.event({
    source: "kernel",
    kind: "agent.stopping",
    payload: { pid: agent.pid, agent_id: agent.agent_id, reason: exit.reason },
  });
  return [];
}

function tellParent(state: StateTransaction, child: Leaving, exit: ExitRecord, post: Post): readonly number[] {
  const parent = child.parent_pid === 0 ? undefined : lookAtRow(state, "agent", child.parent_pid);
  if (parent === undefined) return [];
  if (parent !== DAMAGED && (parent.state === "exited" || parent.state === "stopping")) return [];
  const { pid, agent_id } = child;
  const sending = {
    from: `agent:${agent_id}`,
    from_pid: pid,
    message: { event: "child-exited", pid, agent_id, code: exit.code, reason: exit.reason },
  };
  const routed = post.route(state, sending, { pid: child.parent_pid });
  if (!("code" in routed)) return routed.to;
  post.bury(state, neverSent(state, sending), child.parent_pid, routed.code);
  return [];
}

/** A message that got no id because it was not delivered. */
export function neverSent(state: StateTransaction, sending: Sending): MessageRecord {
  return { msg_id: 0, sent: state.time, ...sending };
}

/** Keeps the last records of the exited; of older ones nothing stays but what the chain says. */
function keepRecord(state: StateTransaction, pid: number, sequence: number): void {
  writeRow(state, "agent-exited", [sequence], pid);
  if (count(state, "agents-exited") <= EXITED_KEPT) return;
  const oldest = lookAtRows(state, "agent-exited", [], { limit: 1 })[0];
  if (oldest === undefined) return;
  removeRow(state, "agent-exited", ...oldest.key);
  if (oldest.row === DAMAGED) return;
  for (const table of ["agent", "agent-state", "agent-log"] as const) removeRow(state, table, oldest.row);
}

/** The exit that was asked of an agent which is stopping. */
export function askedExit(agent: AgentRecord): ExitRecord {
  return agent.exit ?? { code: 0, reason: "stopped" };
}

/** Lines of its log, oldest first. */
export function keepLog(state: StateTransaction, pid: number, lines: readonly string[], most: number): void {
  if (lines.length === 0) return;
  writeRow(state, "agent-log", [pid], [...logOf(state, pid), ...lines].slice(-most));
}

/** What an agent has logged, oldest first. A log that is damaged is lost, and says so. */
export function logOf(state: StateReader, pid: number): readonly string[] {
  const lines = lookAtRow(state, "agent-log", pid) ?? [];
  return lines === DAMAGED ? ["error what was logged before is damaged"] : lines;
}
