import { isRunning, ownIdentity, type ProcessIdentity } from "./process-identity.ts";
import type { Tables } from "./tables.ts";

/** An effectful call that was announced and whose outcome is not known. */
export interface OpenIntent {
  readonly callId: string;
  /** Sequence of the `call.intent` event. */
  readonly sequence: number;
  /** The host that announced it. */
  readonly host: string;
}

/** Says that this process speaks as `hostId`, so that others can tell later whether it still lives. */
export async function registerHost(tables: Tables, hostId: string): Promise<void> {
  await tables.meta.put(["host", hostId], Buffer.from(JSON.stringify(ownIdentity())));
}

export async function unregisterHost(tables: Tables, hostId: string): Promise<void> {
  await tables.meta.remove(["host", hostId]);
}

/** Intents without an outcome whose host is gone, by sequence. Those of a host that still runs are not yet overdue. */
export function findOpenIntents(tables: Tables): OpenIntent[] {
  const living = new Map<string, boolean>();
  const found: OpenIntent[] = [];
  for (const { key, value } of tables.meta.getRange({ start: ["open"], end: ["open", "\uffff"] })) {
    if (!Array.isArray(key) || typeof key[1] !== "string") continue;
    const entry = parse<{ sequence: number; host: string }>(value);
    if (entry === undefined) continue; // the intent itself is on the chain, where `verifyChain` looks at it
    const { sequence, host } = entry;
    let alive = living.get(host);
    if (alive === undefined) {
      alive = isAlive(tables, host);
      living.set(host, alive);
    }
    if (!alive) found.push({ callId: key[1], sequence, host });
  }
  return found.sort((a, b) => a.sequence - b.sequence);
}

/** Whether the process that registered itself as this host is there. */
export function isAlive(tables: Tables, hostId: string): boolean {
  const bytes = tables.meta.get(["host", hostId]);
  if (bytes === undefined) return false;
  const entry = parse<ProcessIdentity>(bytes);
  return entry !== undefined && isRunning(entry);
}

function parse<T>(bytes: Buffer): T | undefined {
  try {
    return JSON.parse(bytes.toString("utf8")) as T;
  } catch {
    return undefined;
  }
}
