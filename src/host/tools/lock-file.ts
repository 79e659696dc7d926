import { dirname, join } from "node:path";
import { type Fault, fault, isFault } from "../../contract/fault.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { safeText } from "../../contract/safe-text.ts";
import { parseJson } from "../../contract/strict-json.ts";
import type { VersionRecord } from "../../kernel/tools/records.ts";
import { readPlainFile } from "./tool-source.ts";

/** In the top folder of a root: which versions of deployed tools its project uses. Tools cannot write it. */
export const LOCK_FILE = "tollgate.lock";
const LOCK_BYTES = 1_048_576;
const FORM = 1;
const HASH = /^[0-9a-f]{64}$/;

/** What is pinned of one tool. */
export interface Pin {
  readonly version: string;
  readonly statement_sha256: string;
  readonly module_sha256: string;
  /** The key that vouched for it. */
  readonly signed_by: string;
}

/** A lock file as it is on the disk now. */
export interface Lock {
  readonly path: string;
  readonly pins: ReadonlyMap<string, Pin> | Fault;
}

/** The lock of a folder; undefined where it has none. One that cannot be read pins nothing and lets nothing run. */
export function readLock(folder: string): Lock | undefined {
  const path = join(folder, LOCK_FILE);
  const bytes = readPlainFile(path, LOCK_BYTES);
  if (bytes === undefined) return undefined;
  return { path, pins: isFault(bytes) ? bytes : pinsOf(bytes, path) };
}

function pinsOf(bytes: Uint8Array, path: string): ReadonlyMap<string, Pin> | Fault {
  const refuse = (why: string): Fault =>
    fault(
      "trust",
      "lock-invalid",
      `${safeText(path, 200)} cannot be used: ${why}: run tollgate tool lock ${safeText(dirname(path), 200)} to write it anew`,
    );
  const parsed = parseJson(bytes);
  if (!parsed.ok) return refuse(parsed.reason);
  const { value } = parsed;
  if (!isObject(value) || value.lockfile !== FORM || !isObject(value.tools))
    return refuse(`it is not of the form ${FORM}`);
  const pins = new Map<string, Pin>();
  for (const [name, pin] of Object.entries(value.tools as JsonObject)) {
    if (!isPin(pin)) return refuse(`what it pins of ${safeText(name, 60)} is not version, statement, module and key`);
    pins.set(name, pin);
  }
  return pins;
}

/** The text of a lock: sorted, a line a member, so that it reads well in a diff. */
export function lockText(active: readonly { readonly name: string; readonly record: VersionRecord }[]): string {
  const sorted = [...active].sort((a, b) => (a.name < b.name ? -1 : 1));
  const tools = Object.fromEntries(sorted.map(({ name, record }) => [name, pinOf(record)]));
  return `${JSON.stringify({ lockfile: FORM, tools }, null, 2)}\n`;
}

export const pinOf = ({ version, statement_sha256, module_sha256, signer }: VersionRecord): Pin => ({
  version,
  statement_sha256,
  module_sha256,
  signed_by: signer.keyid,
});

/** Says why a version does not run in a project with this lock, or nothing. */
export function lockProblem({ path, pins }: Lock, name: string, record: VersionRecord): string | undefined {
  const shown = safeText(path, 200);
  const settles = `review it, then run tollgate tool lock ${safeText(dirname(path), 200)}`;
  if (isFault(pins)) return pins.message;
  const pin = pins.get(name);
  if (pin === undefined) return `${name} is not in ${shown}: ${settles}`;
  const differs = (["version", "statement_sha256", "module_sha256", "signed_by"] as const).find(
    (key) => pin[key] !== pinOf(record)[key],
  );
  if (differs === undefined) return undefined;
  const what = differs === "version" ? "" : `, with another ${differs.replace("_", " ")}`;
  return `${name} ${record.version} is active, and ${shown} pins ${safeText(pin.version, 40)}${what}: ${settles}`;
}

function isPin(value: Json | undefined): value is JsonObject & Pin {
  if (!isObject(value) || Object.keys(value).length !== 4 || typeof value.version !== "string") return false;
  return [value.statement_sha256, value.module_sha256, value.signed_by].every(
    (hash) => typeof hash === "string" && HASH.test(hash),
  );
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
