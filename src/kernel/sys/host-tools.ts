import type { KernelTools } from "../kernel-tool.ts";

/** What the host runs on. */
export interface HostFacts {
  readonly os: string;
  readonly arch: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  /** The engine that runs the host, with its version. */
  readonly runtime: string;
  /** What guests may use of WebAssembly, by name. */
  readonly features: readonly string[];
  /** Of tollgate. */
  readonly version: string;
}

/** One figure at one moment. A counter only grows while the host runs; a gauge is as things are. */
export interface Metric {
  readonly name: string;
  readonly kind: "counter" | "gauge";
  readonly value: number;
  readonly unit: string;
}

export interface HostToolOptions {
  readonly facts: HostFacts;
  readonly metrics: () => readonly Metric[];
}

/** `env.detect` and `metrics.snapshot`. */
export function hostTools({ facts, metrics }: HostToolOptions): KernelTools {
  return {
    "env.detect": () => ({
      os: facts.os,
      arch: facts.arch,
      cpu_count: facts.cpuCount,
      memory_bytes: facts.memoryBytes,
      runtime: facts.runtime,
      features: [...facts.features],
      version: facts.version,
    }),
    "metrics.snapshot"(_caller, args) {
      const { prefix = "" } = args as { prefix?: string };
      const found = metrics()
        .filter(({ name }) => name.startsWith(prefix))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      return { metrics: found.map((metric) => ({ ...metric })), count: found.length };
    },
  };
}
