import type { Limits } from "./limits.ts";
import { covers } from "./topic.ts";

/** A directory that a principal may use, inside of a root of the host. */
export interface RootCapability {
  /** Absolute, in the guest's spelling, without `.`, `..` and a slash at its end. */
  readonly path: string;
  readonly access: "read-only" | "read-write";
}

/** Whom a principal may send to beside answering: `self`, `children` (all descendants and itself), or anyone. */
export const IPC_REACHES = ["none", "self", "children", "all"] as const;
export type IpcReach = (typeof IPC_REACHES)[number];

/** What a principal may use in a minute. Absent is unbounded. */
export interface Budget {
  readonly fuelPerMinute?: number;
  readonly callsPerMinute?: number;
  readonly messagesPerMinute?: number;
}

/**
 * What a principal holds at all, before any policy is asked. A principal without capabilities holds all that its host
 * does: only a client and an operator have none.
 */
export interface Capabilities {
  /** Dotted tool names, prefixes such as `fs.*`, or `*`. */
  readonly tools: readonly string[];
  readonly roots: readonly RootCapability[];
  readonly ipc: { readonly agents: IpcReach; readonly topics: readonly string[] };
  /** Names of environment variables. */
  readonly env: readonly string[];
  /** The most that one run of it or for it may use. */
  readonly limits: Partial<Limits>;
  readonly budget: Budget;
}

export const NO_CAPABILITIES: Capabilities = Object.freeze<Capabilities>({
  tools: [],
  roots: [],
  ipc: { agents: "self", topics: [] },
  env: [],
  limits: {},
  budget: {},
});

/** Whether the tools a principal holds include this one. */
export function holdsTool(tools: readonly string[], name: string): boolean {
  return tools.some(
    (pattern) =>
      pattern === "*" || pattern === name || (pattern.endsWith(".*") && name.startsWith(pattern.slice(0, -1))),
  );
}

/** Whether a path is the directory or below it. Both are absolute and normal. */
export function isWithinPath(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}

/**
 * What the inner capabilities hold beyond the outer ones, in words; undefined where they are a subset. So that what an
 * agent hands on only ever shrinks.
 */
export function exceeds(inner: Capabilities, outer: Capabilities): string | undefined {
  const tool = inner.tools.find((pattern) => !holdsPattern(outer.tools, pattern));
  if (tool !== undefined) return `the tools ${tool}`;
  const root = inner.roots.find(
    ({ path, access }) =>
      !outer.roots.some(
        (own) => isWithinPath(own.path, path) && (access === "read-only" || own.access === "read-write"),
      ),
  );
  if (root !== undefined) return `${root.access} ${root.path}`;
  if (IPC_REACHES.indexOf(inner.ipc.agents) > IPC_REACHES.indexOf(outer.ipc.agents))
    return `messages to ${inner.ipc.agents}`;
  const topic = inner.ipc.topics.find((pattern) => !outer.ipc.topics.some((own) => covers(own, pattern)));
  if (topic !== undefined) return `the topics ${topic}`;
  const name = inner.env.find((one) => !outer.env.includes(one));
  if (name !== undefined) return `the environment variable ${name}`;
  return over("limit", inner.limits, outer.limits) ?? over("budget", inner.budget, outer.budget);
}

function holdsPattern(tools: readonly string[], pattern: string): boolean {
  if (pattern === "*") return tools.includes("*");
  return holdsTool(tools, pattern.endsWith(".*") ? pattern.slice(0, -1) : pattern);
}

/** A figure that is absent is without bound, so it is beyond every bound. */
function over<T extends object>(what: string, inner: T, outer: T): string | undefined {
  for (const [name, bound] of Object.entries(outer)) {
    const own = (inner as Record<string, number | undefined>)[name];
    if (bound !== undefined && !(own !== undefined && own <= bound))
      return `a ${what} of ${own ?? "no bound"} where ${name} is ${bound}`;
  }
  return undefined;
}
