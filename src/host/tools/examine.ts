import { createHash } from "node:crypto";
import { type Fault, fault, isFault } from "../../contract/fault.ts";
import type { ToolManifest } from "../../contract/manifest.ts";
import { manifestProblem } from "../../gate/options.ts";
import { knownActions, unknownAction } from "../../gate/schema.ts";
import type { ModuleReport } from "../../store/module-report.ts";
import { openStore } from "../../store/store.ts";
import { claimsProblem } from "../../trust/claims.ts";
import { stateTool, type ToolStatement } from "../../trust/statement.ts";
import type { ToolSource } from "./tool-source.ts";

/** A tool that could be deployed, as far as it goes without asking who vouches for it. */
export interface Examined {
  readonly statement: ToolStatement;
  /** Absent for a saved command: its module is the shell that ships, as it was sealed. */
  readonly report?: ModuleReport;
}

/**
 * Examines a tool as strictly as it will be when it is called: what it claims holds together, its schemas compile, policies
 * can speak of it, and its module passes the meter and imports nothing but what its manifest lists. Nothing of it is run.
 */
export async function examine(
  { document, module }: ToolSource,
  shipped: readonly ToolManifest[],
  packageRoot: URL,
): Promise<Examined | Fault> {
  const sha256 = createHash("sha256").update(module).digest("hex");
  const statement = stateTool(document, { sha256, size: module.length });
  const { manifest } = statement;
  const { compileSchema } = await import("./schema-compiler.ts");
  const named = (which: "parameters" | "output") => {
    const compiled = compileSchema(manifest[which]);
    return typeof compiled === "string" ? `${which}: ${compiled}` : undefined;
  };
  const wrong =
    claimsProblem(manifest) ??
    manifestProblem(manifest) ??
    unknownAction(manifest, knownActions(shipped)) ??
    named("parameters") ??
    named("output");
  if (wrong !== undefined) return refuse(manifest.name, wrong);
  if (manifest.shell !== undefined) return { statement };
  const report = await inspectModule(module, packageRoot);
  if (isFault(report)) return refuse(manifest.name, report.message);
  const odd = moduleProblem(report, manifest);
  return odd === undefined ? { statement, report } : refuse(manifest.name, odd);
}

/** What a module imports, exports and needs, in a store of its own that can run nothing. */
export async function inspectModule(bytes: Uint8Array, packageRoot: URL): Promise<ModuleReport | Fault> {
  const never = { handler: () => new Uint8Array() };
  const store = openStore({
    redeem: () => false,
    hostCalls: { "tool.call": never, "http.request": never },
    workerUrl: new URL("dist/store-worker.js", packageRoot),
    workers: 1,
  });
  try {
    const loaded = store.load(bytes);
    return loaded.ok ? await store.inspect(bytes) : loaded.fault;
  } finally {
    await store.close();
  }
}

function moduleProblem(
  { warnings, needs, entryPoints }: ModuleReport,
  { hostCalls, limits }: ToolManifest,
): string | undefined {
  const ungranted = warnings.find((warning) => warning.includes("which no permit can grant"));
  if (ungranted !== undefined) return `its module ${ungranted}`;
  if (entryPoints.length === 0) return "its module exports no entry point: _start, run or execute";
  const unlisted = needs.hostCalls.find((name) => !hostCalls.includes(name));
  if (unlisted !== undefined) return `its module imports tollgate.${unlisted}, which its hostCalls do not list`;
  if (needs.memoryBytes > limits.memoryBytes) {
    return `its module has ${needs.memoryBytes} bytes of memory from the start, over its limit of ${limits.memoryBytes}`;
  }
  return undefined;
}

const refuse = (name: string, why: string): Fault =>
  fault("trust", "tool-refused", `${name} cannot be deployed: ${why}`);
