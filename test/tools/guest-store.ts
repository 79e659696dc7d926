import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { Json, JsonObject } from "../../src/contract/json.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import type { HostCall } from "../../src/store/host-calls.ts";
import { openTestStore } from "../store/test-store.ts";

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const checks = new Map<string, { parameters: ValidateFunction; output: ValidateFunction }>();

/** A manifest as it ships. */
export function manifestOf(name: string): ToolManifest {
  return JSON.parse(readFileSync(new URL(`../../manifests/${name}.json`, import.meta.url), "utf8")) as ToolManifest;
}

/** What is wrong with a value by a schema of a manifest; nothing where it meets it. */
export function problemOf(name: string, which: "parameters" | "output", value: Json): string | undefined {
  let check = checks.get(name);
  if (check === undefined) {
    const { parameters, output } = manifestOf(name);
    check = { parameters: ajv.compile(parameters), output: ajv.compile(output) };
    checks.set(name, check);
  }
  return check[which](value) ? undefined : ajv.errorsText(check[which].errors);
}

/** What a run came to: its exit code and what it wrote, parsed; or the code of its fault. */
export interface GuestRun {
  readonly ending: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what the output schema promises
  readonly answer: any;
  readonly text: string;
}

/** A real store that runs the built guests under what their manifests list, with these host calls. */
export function openGuestStore(hostCalls: Record<string, HostCall>) {
  const store = openTestStore({ hostCalls });
  const bytes = new Map<string, Uint8Array>();
  return {
    /** Runs a guest on these bytes, or on the JSON text of this value. */
    async run(name: string, stdin: Uint8Array | JsonObject, context?: unknown): Promise<GuestRun> {
      const manifest = manifestOf(name);
      let module = bytes.get(name);
      if (module === undefined) {
        module = readFileSync(new URL(`../../dist/tools/${manifest.module}`, import.meta.url));
        bytes.set(name, module);
      }
      const outcome = await store.go(
        module,
        { hostCalls: manifest.hostCalls ?? [], limits: manifest.limits },
        { stdin: stdin instanceof Uint8Array ? stdin : Buffer.from(JSON.stringify(stdin)), context },
      );
      if (outcome.kind === "fault") return { ending: outcome.fault.code, answer: outcome.fault, text: "" };
      const text = new TextDecoder("utf-8", { fatal: true }).decode(outcome.stdout);
      let answer: unknown;
      try {
        answer = JSON.parse(text);
      } catch {
        answer = undefined;
      }
      return { ending: `exited ${outcome.exitCode}`, answer, text };
    },
    close: () => store.close(),
  };
}
