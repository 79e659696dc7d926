import type { Json } from "../contract/json.ts";
import type { Limits } from "../contract/limits.ts";
import { parseJson } from "../contract/strict-json.ts";
import type { Sha256 } from "../contract/units.ts";
import { type Capabilities, FILESYSTEM_SCOPES, type FilesystemScope } from "./module-capabilities.ts";

/** What `tools.json` says of one module. */
export interface ToolEntry {
  readonly capabilities: Capabilities;
  /** The SHA-256 that the file must have. */
  readonly sha256?: Sha256;
}

const LIMITS: readonly (keyof Limits)[] = ["fuel", "memoryBytes", "deadlineMs", "outputBytes", "hostCallCount"];
const MOST_CALLS = 64;

/**
 * Reads `tools.json`: `{"tools": {"<name>": {…}}}`, each entry with any of `limits` (`fuel`, `memoryBytes`, `deadlineMs`,
 * `outputBytes`, `hostCallCount`: positive whole numbers), `filesystem` (`none`, `read-only`, `read-write`), `hostCalls`
 * (names), `clock`, `random` (true or false) and `sha256`. Anything else in it refuses the whole file; answers why then.
 */
export function parseToolsFile(bytes: Uint8Array): ReadonlyMap<string, ToolEntry> | string {
  const parsed = parseJson(bytes, { depth: 8, values: 20_000 });
  if (!parsed.ok) return parsed.reason;
  const root = members(parsed.value, ["tools"]);
  if (typeof root === "string") return root;
  const tools = members(root.get("tools") ?? {}, undefined);
  if (typeof tools === "string") return `tools ${tools}`;
  const entries = new Map<string, ToolEntry>();
  for (const [name, value] of tools) {
    const entry = toolEntry(value);
    if (typeof entry === "string") return `${JSON.stringify(name.slice(0, 80))}: ${entry}`;
    entries.set(name, entry);
  }
  return entries;
}

function toolEntry(value: Json): ToolEntry | string {
  const entry = members(value, ["limits", "filesystem", "hostCalls", "clock", "random", "sha256"]);
  if (typeof entry === "string") return entry;
  const limits = limitsOf(entry.get("limits"));
  if (typeof limits === "string") return limits;
  const filesystem = entry.get("filesystem") ?? "none";
  if (!FILESYSTEM_SCOPES.includes(filesystem as FilesystemScope)) {
    return `filesystem is none of ${FILESYSTEM_SCOPES.join(", ")}`;
  }
  const hostCalls = entry.get("hostCalls") ?? [];
  if (
    !Array.isArray(hostCalls) ||
    hostCalls.length > MOST_CALLS ||
    hostCalls.some((name) => typeof name !== "string")
  ) {
    return `hostCalls is not a list of at most ${MOST_CALLS} names`;
  }
  const [clock, random] = [entry.get("clock") ?? false, entry.get("random") ?? false];
  if (typeof clock !== "boolean" || typeof random !== "boolean") return "clock and random are true or false";
  const sha256 = entry.get("sha256");
  if (sha256 !== undefined && !(typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256))) {
    return "sha256 is not 64 small hexadecimal digits";
  }
  return {
    capabilities: {
      limits,
      filesystem: filesystem as FilesystemScope,
      hostCalls: hostCalls as readonly string[],
      clock,
      random,
    },
    ...(sha256 !== undefined && { sha256 }),
  };
}

function limitsOf(value: Json | undefined): Partial<Limits> | string {
  const limits = members(value ?? {}, LIMITS);
  if (typeof limits === "string") return `limits ${limits}`;
  for (const [name, figure] of limits) {
    if (!Number.isSafeInteger(figure) || (figure as number) <= 0) return `${name} is not a positive whole number`;
  }
  return Object.fromEntries(limits) as Partial<Limits>;
}

/** The members of an object, or why it is not one or has another than these. */
function members(value: Json, known: readonly string[] | undefined): Map<string, Json> | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "is not an object";
  const entries = Object.entries(value) as [string, Json][];
  const unknown = known && entries.find(([name]) => !known.includes(name));
  if (unknown !== undefined)
    return `has ${JSON.stringify(unknown[0].slice(0, 80))}, which is none of ${known?.join(", ")}`;
  return new Map(entries);
}
