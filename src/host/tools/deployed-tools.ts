import { type Fault, fault, isFault } from "../../contract/fault.ts";
import type { StateReader } from "../../contract/state.ts";
import type { Gate } from "../../gate/gate.ts";
import { DAMAGED, DamagedRow } from "../../kernel/rows.ts";
import { type StandingRules, standingProblem } from "../../kernel/tools/standing.ts";
import { lookAtVersion, readEnvelopeText, toolsMark, toolsRevision } from "../../kernel/tools/versions.ts";
import type { Store } from "../../store/store.ts";
import { damaged, judgeActive } from "./judge-active.ts";
import { type DeployedTool, deployedTool, type LoadingParts, statedManifest } from "./load-tool.ts";
import type { Lock } from "./lock-file.ts";
import { quarantined } from "./quarantined.ts";
import { standsOn } from "./stands-on.ts";
import type { CallableTool, ToolSet } from "./tool-set.ts";

export interface DeployedParts extends Omit<LoadingParts, "onQuarantine" | "store"> {
  readonly gate: Pick<Gate, "learn" | "forget">;
  readonly store: Pick<Store, "load" | "unload">;
  readonly rules: StandingRules;
  /** The locks of the host's roots, as they are now. */
  readonly locks: () => readonly Lock[];
  /** Told of each version that turned out not to be what was deployed, once. */
  readonly onQuarantine: (tool: DeployedTool, reason: Fault) => void;
}

/** The tools of a host, which change while it runs. */
export interface DeployedTools {
  readonly tools: ToolSet;
  /** Looks whether another process has changed what is deployed, and then takes it up. */
  refresh(): void;
  /** Looks no more at what was found bad. */
  close(): void;
  /** Calls `listener` after the tools have changed, until the answered function is called. */
  onChange(listener: () => void): () => void;
}

/**
 * Joins what ships and what is deployed on the state directory. Each look at a deployed tool asks the state first whether
 * anything was changed, so that a version that was revoked is not answered any more, in whatever process that happened.
 * What cannot be read, or may not run, is left out, and {@link ToolSet.refusal} says why. What was found bad is
 * looked at anew when what it was judged by has changed: its module, whoever vouches for it, and the bounds of their keys.
 */
export function openDeployedTools(parts: DeployedParts): DeployedTools {
  const { shipped, chain, gate, store } = parts;
  const listeners = new Set<() => void>();
  const deployed = new Map<string, DeployedTool>();
  /** What ran here and may still be running, also after another version took its place; by statement and {@link standsOn}. */
  const begun = new Map<string, DeployedTool>();
  const keys = new WeakMap<DeployedTool, string>();
  /** What turned out not to be what was deployed, by name. It is looked at anew when what it was judged by has changed. */
  let failed = new Map<string, { readonly tool: DeployedTool; readonly reason: Fault }>();
  let looking: NodeJS.Timeout | undefined;
  let quarantine = new Map<string, Fault>();
  let all: ReadonlyMap<string, CallableTool> = shipped;
  let seen: number | undefined = 0;
  let seenMark: Uint8Array | undefined;
  let seenPins = "";
  let shown = "[]";

  const loading: LoadingParts = {
    ...parts,
    onQuarantine(tool, reason) {
      const { name } = tool.manifest;
      begun.delete(keys.get(tool) ?? "");
      failed.set(name, { tool, reason });
      // Whoever mends it rings no bell.
      looking ??= setInterval(look, LOOK_MS).unref();
      if (deployed.get(name) === tool) drop(name);
      quarantine.set(name, reason);
      join();
      parts.onQuarantine(tool, reason);
    },
  };

  function drop(name: string): void {
    deployed.delete(name);
    gate.forget(name);
  }

  /** Takes what is deployed now into the list, and tells of it where that is another list than before. */
  function join(): void {
    const names = [...shipped.keys(), ...deployed.keys()].sort();
    all = new Map(names.map((name) => [name, shipped.get(name) ?? (deployed.get(name) as DeployedTool)]));
    const showing = JSON.stringify([...deployed].map(([name, { record }]) => [name, record.statement_sha256]).sort());
    if (showing === shown) return;
    shown = showing;
    for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener());
  }

  /** Ends what runs of versions that may not run any more, and lets go of modules that no tool needs. */
  function withdraw(state: StateReader): void {
    for (const [key, tool] of begun) {
      const { manifest, record, withdrawal } = tool;
      const now = lookAtVersion(state, manifest.name, record.version);
      if (now !== undefined && now !== DAMAGED && standingProblem(state, manifest.name, now, parts.rules) === undefined)
        continue;
      begun.delete(key);
      withdrawal.cancel();
      const needed = [...shipped.values(), ...begun.values()].some(({ moduleHash }) => moduleHash === tool.moduleHash);
      if (!needed) store.unload(tool.moduleHash);
    }
  }

  function load(state: StateReader, locks: readonly Lock[]): void {
    quarantine = new Map();
    const judged = judgeActive(state, { shipped: shipped.keys(), rules: parts.rules, locks });
    const names = new Set(judged.map(({ name }) => name));
    for (const name of [...deployed.keys()]) if (!names.has(name)) drop(name);
    withdraw(state);
    const failedBefore = failed;
    failed = new Map();
    for (const { name, record, reason } of judged) {
      const why = reason ?? (record === undefined ? damaged(name) : takeSound(state, name, record, failedBefore));
      if (why === undefined) continue;
      quarantine.set(name, why);
      drop(name);
    }
  }

  function takeSound(
    state: StateReader,
    name: string,
    record: DeployedTool["record"],
    failedBefore: typeof failed,
  ): Fault | undefined {
    try {
      return take(state, name, record, failedBefore);
    } catch (error) {
      if (error instanceof DamagedRow) return damaged(name);
      throw error;
    }
  }

  const keyOf = (state: StateReader, record: DeployedTool["record"]): string =>
    `${record.statement_sha256} ${standsOn(state, parts.stateDirectory, record)}`;

  /** Whether something that was found bad may be good now. */
  function isMended(state: StateReader): boolean {
    try {
      return [...failed.values()].some(({ tool }) => keyOf(state, tool.record) !== keys.get(tool));
    } catch {
      return false;
    }
  }

  function take(
    state: StateReader,
    name: string,
    record: DeployedTool["record"],
    failedBefore: typeof failed,
  ): Fault | undefined {
    const key = keyOf(state, record);
    const before = failedBefore.get(name);
    if (before !== undefined && keys.get(before.tool) === key) {
      failed.set(name, before);
      return before.reason;
    }
    const now = deployed.get(name);
    if (now !== undefined && keys.get(now) === key) return undefined;
    const text = readEnvelopeText(state, name, record.version);
    const manifest = text === undefined ? undefined : statedManifest(record, text);
    if (text === undefined || manifest === undefined || manifest.name !== name || manifest.version !== record.version) {
      return quarantined(name, record, "what was signed is not what was deployed");
    }
    const tool = begun.get(key) ?? deployedTool(manifest, record, text, loading);
    const refused = gate.learn(tool.manifest, record.module_sha256);
    if (refused !== undefined) return refused;
    keys.set(tool, key);
    deployed.set(name, tool);
    begun.set(key, tool);
    return undefined;
  }

  /** What each call of a deployed tool waits for, and nearly always all. */
  const isAsSeen = (state: StateReader): boolean =>
    seenMark !== undefined && failed.size === 0 && sameBytes(seenMark, toolsMark(state));

  /** For each call: only what the state says, which takes a few microseconds. */
  function refresh(): void {
    if (!chain.read(isAsSeen)) look();
  }

  /** For bells, and for calls of what does not run: locks and files as well. */
  function look(): void {
    let changed = false;
    const locks = parts.locks();
    const pinned = JSON.stringify(locks.map(({ path, pins }) => [path, isFault(pins) ? pins.message : [...pins]]));
    chain.read((state) => {
      const revision = toolsRevision(state);
      seenMark = revision === undefined ? undefined : toolsMark(state);
      if (revision !== undefined && revision === seen && pinned === seenPins && !isMended(state)) return;
      seen = revision;
      seenPins = pinned;
      changed = true;
      try {
        load(state, locks);
      } catch (error) {
        // Rows that cannot be read say nothing about what may run: nothing that was deployed does.
        const why = error instanceof Error ? error.message : String(error);
        for (const name of [...deployed.keys()]) {
          quarantine.set(name, fault("trust", "tool-quarantined", `${name} does not run: ${why}: run tollgate doctor`));
          drop(name);
        }
      }
    });
    if (changed) join();
    if (failed.size > 0 || looking === undefined) return;
    clearInterval(looking);
    looking = undefined;
  }

  /** The dotted name of what does not run, also as clients list it. */
  const quarantinedAs = (name: string): string | undefined =>
    quarantine.has(name) ? name : [...quarantine.keys()].find((tool) => tool.replaceAll(".", "_") === name);

  look();
  return {
    tools: {
      get(name) {
        const tool = all.get(name);
        if (tool !== undefined && tool.withdrawal === undefined) return tool;
        if (tool === undefined && quarantinedAs(name) !== undefined) look();
        else refresh();
        return all.get(name);
      },
      refusal: (name) => quarantine.get(quarantinedAs(name) ?? ""),
      has: (name) => all.has(name),
      values: () => all.values() as MapIterator<CallableTool>,
    },
    refresh: look,
    close: () => clearInterval(looking),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function sameBytes(one: Uint8Array, other: Uint8Array | undefined): boolean {
  if (other?.length !== one.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** How often what was found bad is looked at anew. */
const LOOK_MS = 1000;
