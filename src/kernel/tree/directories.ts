import { createHash } from "node:crypto";
import type { JsonObject } from "../../contract/json.ts";
import { PLUGIN_ACTION } from "../../contract/manifest.ts";
import type { StateReader } from "../../contract/state.ts";
import type { JobRecord } from "../records.ts";
import { DAMAGED, keysOf, lookAtRow, lookAtRows } from "../rows.ts";
import { activeVersions } from "../tools/versions.ts";
import type { NodeDraft } from "./node.ts";

/** What the small parts of the tree consist of, read from the rows of the state. */
export const DIRECTORIES = { agents: agentNodes, topics: topicNodes, cron: jobNodes, tools: toolNodes } as const;

/** The active versions of deployed tools. */
function toolNodes(state: StateReader): NodeDraft[] {
  return activeVersions(state).map(({ name, record }) => {
    if (record === DAMAGED) return { name, kind: "tool", metadata: UNREADABLE };
    const { version, module_sha256, statement_sha256 } = record;
    return { name, kind: "tool", metadata: { version, module_sha256, statement_sha256, action: PLUGIN_ACTION } };
  });
}

/** All that the tree tells of a row that is damaged. */
const UNREADABLE = { damaged: true };

/** Those that have not exited. What changes with each message is left out. */
function agentNodes(state: StateReader): NodeDraft[] {
  return lookAtRows(state, "agent-id").flatMap(({ key, row: pid }): NodeDraft[] => {
    const agent = pid === DAMAGED ? DAMAGED : lookAtRow(state, "agent", pid);
    if (pid === DAMAGED || agent === DAMAGED) return [{ name: String(key[0]), kind: "agent", metadata: UNREADABLE }];
    if (agent?.kind !== "agent") return [];
    const { agent_id, template, backend, parent_pid, created } = agent;
    const metadata = { pid, state: agent.state, template, backend, parent_pid, created };
    return [{ name: agent_id, kind: "agent", metadata }];
  });
}

/** Patterns that somebody subscribed to. */
function topicNodes(state: StateReader): NodeDraft[] {
  const subscribers = new Map<string, number[]>();
  for (const key of keysOf(state, "subscription")) {
    const [pattern, pid] = key as [string, number];
    const pids = subscribers.get(pattern);
    if (pids === undefined) subscribers.set(pattern, [pid]);
    else pids.push(pid);
  }
  return [...subscribers].map(([name, pids]) => ({ name, kind: "topic", metadata: { subscribers: pids } }));
}

function jobNodes(state: StateReader): NodeDraft[] {
  return lookAtRows(state, "job").map(({ key, row }) => ({
    name: String(key[0]),
    kind: "job",
    metadata: row === DAMAGED ? UNREADABLE : jobMetadata(row),
  }));
}

function jobMetadata(job: JobRecord): JsonObject {
  return {
    name: job.name,
    owner: job.owner,
    command_sha256: createHash("sha256").update(job.command).digest("hex"),
    created: job.created,
    ...(job.interval_secs !== undefined && { interval_secs: job.interval_secs }),
    ...(job.schedule !== undefined && { schedule: job.schedule }),
    ...(job.target_pid !== undefined && { target_pid: job.target_pid }),
  };
}
