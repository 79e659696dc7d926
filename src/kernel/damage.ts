import type { StateReader } from "../contract/state.ts";
import { damagedAgents } from "./agents/table.ts";
import { TABLES } from "./row-shapes.ts";
import { DAMAGED, lookAtRow, lookAtRows, type Rest, soundRows, type Tables } from "./rows.ts";

/** A row of the state that cannot be read: what that means, and what settles it. */
export interface Damage {
  readonly what: string;
  /** Absent where nothing is to be done: the host mends it when it next needs it. */
  readonly next?: string;
}

/** Rows of these are derived from others, or worth nothing by themselves: they are made anew when they are needed. */
const MENDED: ReadonlySet<keyof Tables> = new Set([
  "mail",
  "agent-log",
  "agent-exited",
  "dead-slot",
  "native-process",
  "subscriptions",
  "tree-change",
  "counter",
]);

/** What is in these is never read: their keys say all. */
const BY_KEY: ReadonlySet<keyof Tables> = new Set(["child", "subscription", "subscription-of"]);

const RESTORE = "restore the state directory from a backup";

/** Reads every row of the kernel, and says of each that is damaged what settles it. */
export function findDamage(state: StateReader): readonly Damage[] {
  return TABLES.filter((table) => !BY_KEY.has(table)).flatMap((table) =>
    lookAtRows(state, table)
      .filter(({ row }) => row === DAMAGED)
      .map(({ key }) => damageOf(state, table, key)),
  );
}

function damageOf(state: StateReader, table: keyof Tables, key: Rest): Damage {
  const row = `the row ${JSON.stringify([table, ...key])} is damaged`;
  if (MENDED.has(table)) return { what: `${row}: it is made anew when it is next needed` };
  switch (table) {
    case "agent":
      return agentDamage(state, Number(key[0]));
    case "agent-state":
      return {
        what: `what the agent with pid ${key[0]} kept between messages is damaged: it handles nothing`,
        next: `tollgate agent stop ${key[0]} --force, then spawn it anew; what waits for it goes to the dead letters`,
      };
    case "agent-id": {
      const named = soundRows(state, "agent").find(({ row: one }) => one.agent_id === key[0] && one.state !== "exited");
      return {
        what: `the name ${key[0]} is damaged: the agent that has it runs nowhere`,
        next: named === undefined ? RESTORE : `tollgate agent stop ${named.row.pid} --force, then spawn it anew`,
      };
    }
    case "inbox":
      return {
        what: `message ${key[1]} to pid ${key[0]} is damaged`,
        next: "the host that runs the agent puts it among the dead letters: see tollgate agent dead",
      };
    case "job":
      return {
        what: `job ${key[0]} is damaged and does not fire`,
        next: `tollgate cron remove ${key[0]}, then add it anew`,
      };
    case "dead":
      return { what: `dead letter ${key[0]} is damaged and not listed: its event is on the chain` };
    default:
      return { what: row, next: RESTORE };
  }
}

function agentDamage(state: StateReader, pid: number): Damage {
  const agent = damagedAgents(state).find((one) => one.pid === pid);
  if (agent !== undefined) {
    return {
      what: `the record of agent ${agent.agent_id} with pid ${pid} is damaged: it runs nowhere and gets no messages`,
      next: `tollgate agent stop ${pid} --force, then spawn it anew; what waits for it goes to the dead letters`,
    };
  }
  const isClient = soundRows(state, "client").some(
    ({ row }) => row === pid && lookAtRow(state, "agent", pid) === DAMAGED,
  );
  if (isClient) return { what: `the address of the client with pid ${pid} is damaged: it ends with the client's host` };
  return {
    what: `the record of pid ${pid}, which has exited, is damaged and cannot be inspected`,
    next: `tollgate agent stop ${pid} --force removes it`,
  };
}
