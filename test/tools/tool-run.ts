import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { JsonObject } from "../../src/contract/json.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/contract/limits.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import type { Usage } from "../../src/contract/outcome.ts";
import type { RootGrant } from "../../src/contract/permit.ts";
import { WASM_PAGE } from "../../src/contract/units.ts";
import { type GuestModule, GuestRunner } from "../../src/store/guest-run.ts";
import { DEFAULT_MODULE_BOUNDS } from "../../src/store/meter/bounds.ts";
import { prepareModule } from "../../src/store/prepare.ts";
import { createWasiHost, type HostFunction, type WasiHost } from "../../src/store/wasi/host.ts";

let beforeCall: ((name: string) => void) | undefined;
const runner = new GuestRunner(watched(createWasiHost({ protectedPaths: [], protectedNames: [] })), () => false);
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });

interface LoadedTool {
  readonly manifest: ToolManifest;
  readonly limits: Limits;
  readonly guest: GuestModule;
  readonly checkArguments: ValidateFunction;
  readonly checkAnswer: ValidateFunction;
}

const loaded = new Map<string, LoadedTool>();

/** A tool as it ships: its manifest, and its built module, metered. */
export function loadTool(name: string): LoadedTool {
  let tool = loaded.get(name);
  if (tool !== undefined) return tool;
  const manifest = JSON.parse(
    readFileSync(new URL(`../../manifests/${name}.json`, import.meta.url), "utf8"),
  ) as ToolManifest;
  const limits = { ...DEFAULT_LIMITS, ...manifest.limits };
  const prepared = prepareModule(readFileSync(new URL(`../../dist/tools/${manifest.module}`, import.meta.url)), {
    memoryPages: Math.floor(limits.memoryBytes / WASM_PAGE),
    bounds: DEFAULT_MODULE_BOUNDS,
    hostCalls: manifest.hostCalls ?? [],
  });
  if (!("shape" in prepared)) throw new Error(`${name}: ${prepared.message}`);
  tool = {
    manifest,
    limits,
    guest: prepared,
    checkArguments: ajv.compile(manifest.parameters),
    checkAnswer: ajv.compile(manifest.output),
  };
  loaded.set(name, tool);
  return tool;
}

function watched(host: WasiHost): WasiHost {
  const each = (calls: Readonly<Record<string, HostFunction>>) =>
    Object.fromEntries(
      Object.entries(calls).map(([name, call]): [string, HostFunction] => [
        name,
        (...args) => {
          beforeCall?.(name);
          return call(...args);
        },
      ]),
    );
  const { wasi_snapshot_preview1, tollgate } = host.imports;
  return { ...host, imports: { wasi_snapshot_preview1: each(wasi_snapshot_preview1), tollgate: each(tollgate) } };
}

/** Runs tools while something happens on the disk: `act` is told each host call before it is made. */
export function meanwhile<T>(act: (name: string) => void, run: () => T): T {
  beforeCall = act;
  try {
    return run();
  } finally {
    beforeCall = undefined;
  }
}

/** What a run of a tool gave: its answer, or its error with `code`, `message` and perhaps `data`. */
export interface ToolRun {
  readonly ok: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what the output schema promises
  readonly answer: any;
  readonly usage: Usage;
}

export type Root = string | RootGrant;

/** Runs a tool with its own limits; throws when it traps, exceeds a limit, or answers something that its schema forbids. */
export function runTool(name: string, args: JsonObject, roots: readonly Root[]): ToolRun {
  const tool = loadTool(name);
  if (!tool.checkArguments(args)) throw new Error(`${name}: ${ajv.errorsText(tool.checkArguments.errors)}`);
  return runRaw(name, Buffer.from(JSON.stringify(args)), roots);
}

/** As {@link runTool}, with any bytes on stdin. */
export function runRaw(name: string, stdin: Uint8Array, roots: readonly Root[]): ToolRun {
  const tool = loadTool(name);
  const access = tool.manifest.filesystem === "read-only" ? "read-only" : "read-write";
  const outcome = runner.run(
    tool.guest,
    {
      roots: roots.map((root) => (typeof root === "string" ? { guestPath: root, hostPath: root, access } : root)),
      hostCalls: tool.manifest.hostCalls ?? [],
      streams: ["stdin", "stdout", "stderr"],
      clock: false,
      random: false,
      args: [],
      env: {},
      limits: tool.limits,
    },
    stdin,
    undefined,
  );
  if (outcome.kind === "fault") throw new Error(`${name}: ${outcome.fault.code}: ${outcome.fault.message}`);
  const answer = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(outcome.stdout));
  const ok = outcome.exitCode === 0;
  if (ok && !tool.checkAnswer(answer)) throw new Error(`${name}: ${ajv.errorsText(tool.checkAnswer.errors)}`);
  if (!ok) checkRefusal(name, outcome.exitCode, answer);
  return { ok, answer, usage: outcome.usage };
}

function checkRefusal(name: string, exitCode: number, answer: { code: string; message: string }): void {
  const { code, message, ...rest } = answer;
  const keys = Object.keys(rest).filter((key) => key !== "data");
  if (exitCode !== 1 || keys.length > 0) throw new Error(`${name}: exit ${exitCode}, ${JSON.stringify(answer)}`);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+){0,7}$/.test(code)) throw new Error(`${name}: the code ${code}`);
  if (!/^[a-z]/.test(message) || message.endsWith(".")) throw new Error(`${name}: the message ${message}`);
}

/** A scratch folder with `root` in it and `outside` beside it; `dispose` removes both. */
export function scratch(): { root: string; outside: string; dispose: () => void } {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-tools-")));
  const root = join(base, "root");
  const outside = join(base, "outside");
  mkdirSync(root);
  mkdirSync(outside);
  return { root, outside, dispose: () => rmSync(base, { recursive: true, force: true }) };
}
