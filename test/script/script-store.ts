import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome } from "../../src/contract/outcome.ts";
import { buildScript } from "../../src/script/build-script.ts";
import type { ScriptGrants } from "../../src/script/host-functions.ts";
import { type Grant, openTestStore } from "../store/test-store.ts";

const GUEST = new URL("../../src/script/guest/", import.meta.url);
// below the project, where a script finds the packages that it imports
const folder = mkdtempSync(join(fileURLToPath(new URL("../../dist/", import.meta.url)), "scripts-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** Builds a script whose handler is the given text, which may name `serve`, `ToolError` and what else is imported. */
export async function built(text: string, grants: Partial<ScriptGrants> = {}): Promise<Uint8Array> {
  const file = join(folder, `script-${++files}.ts`);
  const from = (name: string): string => JSON.stringify(fileURLToPath(new URL(name, GUEST)));
  writeFileSync(
    file,
    `import { serve } from ${from("serve.ts")}; import { ToolError } from ${from("tool-error.ts")};\n${text}\n;ToolError;`,
  );
  const { bytes } = await buildScript({
    entry: file,
    globals: fileURLToPath(new URL("globals.ts", GUEST)),
    grants: { filesystem: "none", clock: false, random: false, hostCalls: [], ...grants },
  });
  return bytes;
}

const ROOM = { fuel: 20_000_000_000, memoryBytes: 64 * 1024 * 1024, deadlineMs: 20_000 };

/** A store in which scripts have room. */
export function openScriptStore() {
  const store = openTestStore({ workers: 2 });
  return {
    store,
    async run(module: Uint8Array, given: unknown, grant: Grant = {}): Promise<Outcome> {
      const limits = { ...ROOM, ...grant.limits };
      return store.go(module, { ...grant, limits }, { stdin: Buffer.from(JSON.stringify(given)) });
    },
    /** What a script answered, or what it was refused or stopped with. */
    async answer(module: Uint8Array, given: unknown, grant: Grant = {}): Promise<unknown> {
      const outcome = await this.run(module, given, grant);
      if (outcome.kind === "fault") return outcome.fault.code;
      const text = Buffer.from(outcome.stdout).toString("utf8");
      const value = text === "" ? undefined : JSON.parse(text);
      return outcome.exitCode === 0 ? value : { exitCode: outcome.exitCode, ...value };
    },
  };
}
