import { type Fault, fault } from "../../contract/fault.ts";
import type { StateReader } from "../../contract/state.ts";
import type { Gate } from "../../gate/gate.ts";
import { DAMAGED, DamagedRow } from "../../kernel/rows.ts";
import { type StandingRules, standingProblem } from "../../kernel/tools/standing.ts";
import { activeVersions, lookAtVersion, readEnvelopeText, toolsRevision } from "../../kernel/tools/versions.ts";
import type { Store } from "../../store/store.ts";
import { nameProblem, TakenNames } from "../../trust/names.ts";
import type { Registry } from "../registry.ts";
import { type DeployedTool, deployedTool, type LoadingParts, statedManifest } from "./load-tool.ts";
import { type Lock, lockProblem } from "./lock-file.ts";
import { quarantined } from "./quarantined.ts";
import type { CallableTool, ToolSet } from "./tool-set.ts";

export interface DeployedParts extends Omit<LoadingParts, "onQuarantine" | "store"> {
  readonly shipped: Registry;
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
  /** Why a tool that is active in the state does not run here, by name. */
  quarantine(): ReadonlyMap<string, Fault>;
  /** Looks whether another process has changed what is deployed, and then takes it up. */
  refresh(): void;
  /** Calls `listener` after the tools have changed, until the answered function is called. */
  onChange(listener: () => void): () => void;
}

/**
 * Joins what ships and what is deployed on the state directory. Each look at a deployed tool asks the state first whether
 * anything was changed, so that a version that was revoked is not answered any more, in whatever process that happened.
 * What cannot be read, or may not run, is left out and named by {@link DeployedTools.quarantine}.
 */
export function openDeployedTools(parts: DeployedParts): DeployedTools {
  const { shipped, chain, gate, store } = parts;
  const listeners = new Set<() => void>();
  const deployed = new Map<string, DeployedTool>();
  /** What ran here and may still be running, also after another version took its place. */
  const begun = new Map<string, DeployedTool>();
  const failed = new Map<string, { readonly statement: string; readonly reason: Fault }>();
  let quarantine = new Map<string, Fault>();
  let all: ReadonlyMap<string, CallableTool> = shipped;
  let seen: number | undefined = 0;
  let shown = "[]";

  const loading: LoadingParts = {
    ...parts,
    onQuarantine(tool, reason) {
      const { name } = tool.manifest;
      failed.set(name, { statement: tool.record.statement_sha256, reason });
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
    const showing = JSON.stringify([...deployed].map(([name, { record }]) => [name, record.statement_sha256]).sort());
    if (showing === shown) return;
    shown = showing;
    const names = [...shipped.keys(), ...deployed.keys()].sort();
    all = new Map(names.map((name) => [name, shipped.get(name) ?? (deployed.get(name) as DeployedTool)]));
    for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener());
  }

  /** Ends what runs of versions that may not run any more, and lets go of modules that no tool needs. */
  function withdraw(state: StateReader): void {
    for (const [statement, tool] of begun) {
      const { manifest, record, withdrawal } = tool;
      const now = lookAtVersion(state, manifest.name, record.version);
      if (now !== undefined && now !== DAMAGED && standingProblem(state, manifest.name, now, parts.rules) === undefined)
        continue;
      begun.delete(statement);
      withdrawal.cancel();
      const needed = [...shipped.values(), ...begun.values()].some(({ moduleHash }) => moduleHash === tool.moduleHash);
      if (!needed) store.unload(tool.moduleHash);
    }
  }

  function load(state: StateReader): void {
    quarantine = new Map();
    const locks = parts.locks();
    const active = activeVersions(state);
    const names = new Set(active.map(({ name }) => name));
    for (const name of [...deployed.keys()]) if (!names.has(name)) drop(name);
    withdraw(state);
    const taken = new TakenNames(shipped.keys());
    for (const { name, record } of active) {
      if (record === DAMAGED) {
        quarantine.set(name, damaged(name));
        drop(name);
        continue;
      }
      const reason = judge(state, name, record, taken, locks);
      taken.add(name);
      if (reason === undefined) continue;
      quarantine.set(name, reason);
      drop(name);
    }
  }

  function judge(
    state: StateReader,
    name: string,
    record: DeployedTool["record"],
    taken: TakenNames,
    locks: readonly Lock[],
  ): Fault | undefined {
    const unpinned = first(locks, (lock) => lockProblem(lock, name, record));
    if (unpinned !== undefined) {
      return fault("trust", "tool-quarantined", unpinned, { tool: name, version: record.version });
    }
    try {
      return take(state, name, record, taken);
    } catch (error) {
      if (error instanceof DamagedRow) return damaged(name);
      throw error;
    }
  }

  function take(
    state: StateReader,
    name: string,
    record: DeployedTool["record"],
    taken: TakenNames,
  ): Fault | undefined {
    const problem = standingProblem(state, name, record, parts.rules);
    if (problem !== undefined)
      return fault("trust", "tool-quarantined", problem, { tool: name, version: record.version });
    const before = failed.get(name);
    if (before?.statement === record.statement_sha256) return before.reason;
    if (deployed.get(name)?.record.statement_sha256 === record.statement_sha256) return undefined;
    const clash = nameProblem(name, taken);
    if (clash !== undefined) return quarantined(name, record, clash);
    const text = readEnvelopeText(state, name, record.version);
    const manifest = text === undefined ? undefined : statedManifest(record, text);
    if (text === undefined || manifest === undefined || manifest.name !== name || manifest.version !== record.version) {
      return quarantined(name, record, "what was signed is not what was deployed");
    }
    const tool = begun.get(record.statement_sha256) ?? deployedTool(manifest, record, text, loading);
    const refused = gate.learn(tool.manifest, record.module_sha256);
    if (refused !== undefined) return refused;
    deployed.set(name, tool);
    begun.set(record.statement_sha256, tool);
    return undefined;
  }

  function refresh(): void {
    let changed = false;
    chain.read((state) => {
      const revision = toolsRevision(state);
      if (revision !== undefined && revision === seen) return;
      seen = revision;
      changed = true;
      try {
        load(state);
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
  }

  refresh();
  return {
    tools: {
      get(name) {
        const tool = all.get(name);
        if (tool !== undefined && tool.withdrawal === undefined) return tool;
        refresh();
        return all.get(name);
      },
      has: (name) => all.has(name),
      values: () => all.values() as MapIterator<CallableTool>,
    },
    quarantine: () => quarantine,
    refresh,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const damaged = (name: string): Fault =>
  fault("trust", "tool-quarantined", `${name} does not run: its rows are damaged: run tollgate doctor`, { tool: name });

function first<T, R>(all: readonly T[], look: (one: T) => R | undefined): R | undefined {
  for (const one of all) {
    const found = look(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
