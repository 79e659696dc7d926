import { type Capabilities, IPC_REACHES, type IpcReach, type RootCapability } from "../../contract/capabilities.ts";
import type { Fault } from "../../contract/fault.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { patternProblem } from "../../contract/topic.ts";
import { refused } from "../fault.ts";
import type { Supervision } from "../records.ts";
import { DocumentProblem, entriesOf, positiveInteger, textList, textOf } from "./document-reading.ts";

/** How an agent is taken up again where its spawner says nothing. */
export const DEFAULT_SUPERVISION: Supervision = Object.freeze<Supervision>({
  restart: "transient",
  maxRestarts: 10,
  withinSecs: 60,
  backoffMs: 100,
  onParentExit: "stop",
});

/** What a spawn asks for. */
export interface Wanted {
  readonly capabilities: Capabilities;
  readonly supervision: Supervision;
}

/** Most entries of each list. */
const ENTRIES = 256;
const TOOL_PATTERN = /^(?:\*|[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)*(?:\.\*)?)$/;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const PATH_BYTES = 4096;
const MOST_RESTARTS = 1000;
const MOST_WITHIN_SECS = 86_400;
const MOST_BACKOFF_MS = 30_000;

/**
 * Reads the wire form of `capabilities`. What is left out is nothing; limits and budget that are left out are the
 * spawner's. Whether it is more than the spawner holds is not asked here. Anything unknown or of another type is an
 * `invalid-arguments` fault that names its place.
 */
export function readCapabilities(document: Json | undefined, spawner: Capabilities): Wanted | Fault {
  try {
    return read(document === undefined ? {} : document, spawner);
  } catch (error) {
    if (!(error instanceof DocumentProblem)) throw error;
    return refused("invalid-arguments", `the argument ${error.message}`, { key: error.key });
  }
}

const KEYS = ["tools", "roots", "ipc", "env", "limits", "budget", "supervision"];

function read(document: Json, spawner: Capabilities): Wanted {
  const { tools, roots, ipc, env, limits, budget, supervision } = entriesOf(document, "capabilities", KEYS);
  return {
    capabilities: {
      tools: textList(tools, "capabilities.tools", ENTRIES, (text) =>
        text.length <= 128 && TOOL_PATTERN.test(text) ? undefined : "is not a tool's name, a prefix such as fs.*, or *",
      ),
      roots: readRoots(roots),
      ipc: readIpc(ipc),
      env: textList(env, "capabilities.env", ENTRIES, (text) =>
        ENV_NAME.test(text) ? undefined : "is not the name of an environment variable",
      ),
      limits: { ...spawner.limits, ...readLimits(limits) },
      budget: { ...spawner.budget, ...readBudget(budget) },
    },
    supervision: readSupervision(supervision),
  };
}

function readRoots(value: Json | undefined): RootCapability[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new DocumentProblem("capabilities.roots", "is not a list");
  if (value.length > ENTRIES) throw new DocumentProblem("capabilities.roots", `has more than ${ENTRIES} entries`);
  return value.map((entry, index) => {
    const key = `capabilities.roots[${index}]`;
    const { path, access } = entriesOf(entry, key, ["path", "access"]);
    const text = textOf(path, `${key}.path`);
    const problem = pathProblem(text);
    if (problem !== undefined) throw new DocumentProblem(`${key}.path`, problem);
    if (access !== "read-only" && access !== "read-write")
      throw new DocumentProblem(`${key}.access`, "is neither read-only nor read-write");
    return { path: text, access };
  });
}

/** A path has one spelling only, so that comparing it with a root's needs no resolving. */
function pathProblem(path: string): string | undefined {
  if (!path.startsWith("/")) return "is not absolute";
  if (path.includes("\0") || /[\ud800-\udfff]/u.test(path)) return "can name no directory";
  if (Buffer.byteLength(path) > PATH_BYTES) return `is longer than ${PATH_BYTES} bytes`;
  if (path === "/") return undefined;
  const components = path.slice(1).split("/");
  return components.some((one) => one === "" || one === "." || one === "..")
    ? "has empty components, . or .., or a slash at its end"
    : undefined;
}

function readIpc(value: Json | undefined): Capabilities["ipc"] {
  if (value === undefined) return { agents: "none", topics: [] };
  if (typeof value === "string") {
    const agents = reachOf(value, "capabilities.ipc");
    return { agents, topics: agents === "all" ? ["**"] : [] };
  }
  const { agents, topics } = entriesOf(value, "capabilities.ipc", ["agents", "topics"]);
  return {
    agents: agents === undefined ? "none" : reachOf(agents, "capabilities.ipc.agents"),
    topics: textList(topics, "capabilities.ipc.topics", ENTRIES, patternProblem),
  };
}

function reachOf(value: Json, key: string): IpcReach {
  const reach = IPC_REACHES.find((one) => one === value);
  if (reach === undefined) throw new DocumentProblem(key, `is none of ${IPC_REACHES.join(", ")}`);
  return reach;
}

function readLimits(value: Json | undefined): Capabilities["limits"] {
  const { fuel, memory_bytes, deadline_ms } = entriesOf(value === undefined ? {} : value, "capabilities.limits", [
    "fuel",
    "memory_bytes",
    "deadline_ms",
  ]);
  return {
    ...positiveInteger("fuel", fuel, "capabilities.limits.fuel"),
    ...positiveInteger("memoryBytes", memory_bytes, "capabilities.limits.memory_bytes"),
    ...positiveInteger("deadlineMs", deadline_ms, "capabilities.limits.deadline_ms"),
  };
}

function readBudget(value: Json | undefined): Capabilities["budget"] {
  const entries = entriesOf(value === undefined ? {} : value, "capabilities.budget", [
    "fuel_per_minute",
    "calls_per_minute",
    "messages_per_minute",
  ]);
  return {
    ...positiveInteger("fuelPerMinute", entries.fuel_per_minute, "capabilities.budget.fuel_per_minute"),
    ...positiveInteger("callsPerMinute", entries.calls_per_minute, "capabilities.budget.calls_per_minute"),
    ...positiveInteger("messagesPerMinute", entries.messages_per_minute, "capabilities.budget.messages_per_minute"),
  };
}

function readSupervision(value: Json | undefined): Supervision {
  const key = "capabilities.supervision";
  const entries: JsonObject = entriesOf(value === undefined ? {} : value, key, [
    "restart",
    "max_restarts",
    "within_secs",
    "backoff_ms",
    "on_parent_exit",
  ]);
  const { restart = DEFAULT_SUPERVISION.restart, on_parent_exit = DEFAULT_SUPERVISION.onParentExit } = entries;
  if (restart !== "permanent" && restart !== "transient" && restart !== "temporary")
    throw new DocumentProblem(`${key}.restart`, "is none of permanent, transient, temporary");
  if (on_parent_exit !== "stop" && on_parent_exit !== "continue")
    throw new DocumentProblem(`${key}.on_parent_exit`, "is neither stop nor continue");
  return {
    ...DEFAULT_SUPERVISION,
    restart,
    onParentExit: on_parent_exit,
    ...positiveInteger("maxRestarts", entries.max_restarts, `${key}.max_restarts`, 0, MOST_RESTARTS),
    ...positiveInteger("withinSecs", entries.within_secs, `${key}.within_secs`, 1, MOST_WITHIN_SECS),
    ...positiveInteger("backoffMs", entries.backoff_ms, `${key}.backoff_ms`, 0, MOST_BACKOFF_MS),
  };
}
