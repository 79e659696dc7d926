import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import wabtFactory from "wabt";
import { DEFAULT_LIMITS } from "../../src/contract/limits.ts";
import type { Outcome } from "../../src/contract/outcome.ts";
import { type Authority, createPermitOffice, type Permit } from "../../src/contract/permit.ts";
import type { RunInput } from "../../src/store/run-input.ts";
import { openStore, type Store, type StoreOptions } from "../../src/store/store.ts";
import { BARE_AUTHORITY } from "../contract/bare-authority.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-store-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** The worker script, bundled from the source under test once for a test file. */
export const workerUrl = pathToFileURL(join(folder, "store-worker.mjs"));
buildSync({
  entryPoints: [new URL("../../src/store/worker.ts", import.meta.url).pathname],
  outfile: workerUrl.pathname,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "error",
});

const wabt = await wabtFactory();

/** Assembles the text format. */
export function wat(text: string): Uint8Array {
  const module = wabt.parseWat("guest.wat", text, { exceptions: true, multi_value: true, bulk_memory: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

export type Grant = Partial<Omit<Authority, "limits">> & { readonly limits?: Partial<Authority["limits"]> };

export interface TestStore extends Store {
  permit(guest: string | Uint8Array, grant?: Grant): Permit;
  /** Loads, permits and runs. */
  go(guest: string | Uint8Array, grant?: Grant, input?: Partial<RunInput>): Promise<Outcome>;
}

export function openTestStore(options: Partial<StoreOptions> = {}): TestStore {
  const office = createPermitOffice();
  const store = openStore({ workerUrl, redeem: office.redeem, workers: 1, ...options });
  const assembled = new Map<string, Uint8Array>();

  function permit(guest: string | Uint8Array, grant: Grant = {}): Permit {
    let bytes = typeof guest === "string" ? assembled.get(guest) : guest;
    if (bytes === undefined) {
      bytes = wat(guest as string);
      assembled.set(guest as string, bytes);
    }
    const loaded = store.load(bytes);
    if (!loaded.ok) throw new Error(loaded.fault.message);
    return office.mint(loaded.module, {
      ...BARE_AUTHORITY,
      ...grant,
      limits: { ...DEFAULT_LIMITS, ...grant.limits },
    });
  }

  return {
    ...store,
    permit,
    go: (guest, grant, input) => store.run(permit(guest, grant), { stdin: new Uint8Array(0), ...input }),
  };
}

/** `exited` and the code, or the code of the fault. */
export function ending(outcome: Outcome): string {
  return outcome.kind === "exited" ? `exited ${outcome.exitCode}` : outcome.fault.code;
}

export function stdoutOf(outcome: Outcome): string {
  return outcome.kind === "exited" ? new TextDecoder().decode(outcome.stdout) : `fault ${outcome.fault.code}`;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
