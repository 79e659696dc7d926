import { arch, availableParallelism, platform, totalmem } from "node:os";
import type { Chain } from "../../chain/chain.ts";
import { takeInventory } from "../../kernel/inventory.ts";
import type { HostFacts, Metric } from "../../kernel/sys/host-tools.ts";
import { DEFAULT_FEATURES, FEATURES } from "../../store/meter/features.ts";
import type { Store } from "../../store/store.ts";

/** What this host runs on, as `env.detect` tells it: nothing of the user, the paths or the environment. */
export function hostFacts(version: string): HostFacts {
  return {
    os: platform(),
    arch: arch(),
    cpuCount: availableParallelism(),
    memoryBytes: totalmem(),
    runtime: `node ${process.versions.node}`,
    features: FEATURES.filter((name) => DEFAULT_FEATURES[name]),
    version,
  };
}

/** The figures of `metrics.snapshot`, as they are at the call. */
export function hostMetrics({ store, chain }: { readonly store: Store; readonly chain: Chain }): () => Metric[] {
  const began = performance.now();
  return () => {
    const { workers, busy, queued, running, replaced, runs, modules } = store.stats();
    const { event_count, checkpoint_count } = chain.status();
    const { agents, jobs, messages, deadLetters } = chain.read(takeInventory);
    const { user, system } = process.cpuUsage();
    const counter = (name: string, value: number, unit: string): Metric => ({ name, kind: "counter", value, unit });
    const gauge = (name: string, value: number, unit: string): Metric => ({ name, kind: "gauge", value, unit });
    return [
      counter("chain.checkpoints", checkpoint_count, "checkpoints"),
      counter("chain.events", event_count, "events"),
      counter("host.cpu_seconds", Math.round((user + system) / 1000) / 1000, "seconds"),
      gauge("host.memory_bytes", process.memoryUsage.rss(), "bytes"),
      counter("host.uptime_seconds", Math.round(performance.now() - began) / 1000, "seconds"),
      gauge("kernel.agents", agents, "agents"),
      gauge("kernel.dead_letters", deadLetters, "messages"),
      gauge("kernel.jobs", jobs, "jobs"),
      gauge("kernel.messages", messages, "messages"),
      gauge("store.busy", busy, "workers"),
      gauge("store.modules", modules, "modules"),
      gauge("store.queued", queued, "runs"),
      counter("store.replaced", replaced, "workers"),
      gauge("store.running", running, "runs"),
      counter("store.runs", runs, "runs"),
      gauge("store.workers", workers, "workers"),
    ];
  };
}
