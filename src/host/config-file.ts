import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { type Fault, fault } from "../contract/fault.ts";
import { safeText } from "../contract/safe-text.ts";
import { parseJson } from "../contract/strict-json.ts";
import { type ConfigDocument, checkConfig } from "./config-document.ts";
import type { Ambient } from "./settings.ts";
import { xdgDirectory } from "./xdg.ts";

/** The name that a start looks for, and that no tool may write under any directory. */
export const CONFIG_NAME = "tollgate.json";
/** The code of every fault that a flag, a configuration file or a path named in one causes. */
export const CONFIGURATION_INVALID = "configuration-invalid";
const CONFIG_BYTES = 256 * 1024;
/** A parent that is no directory holds no file either. */
const NOT_THERE = new Set(["ENOENT", "ENOTDIR"]);
const BOUNDS = { depth: 8, values: 10_000 };

/** Where the configuration came from. */
export interface ConfigFile {
  /** Absolute, as found. */
  readonly path: string;
  /** Named with `--config`, found in the current directory, or the user's own. */
  readonly origin: "flag" | "directory" | "user";
  readonly document: ConfigDocument;
  /** Makes the one line that says what is wrong at a member: `tollgate.json:7: …`. */
  complain(path: readonly (string | number)[], message: string): Promise<Fault>;
}

/** The places where a start without `--config` looks, in order. */
export function configLocations(ambient: Pick<Ambient, "cwd" | "env">): readonly [directory: string, user: string] {
  return [join(ambient.cwd, CONFIG_NAME), join(xdgDirectory(ambient.env, "XDG_CONFIG_HOME"), "tollgate", CONFIG_NAME)];
}

/**
 * Reads the one `tollgate.json` that is in force: the named one, else the current directory's, else the user's; the
 * first that exists is taken and no other is looked at. `undefined` when there is none. A file that is there and
 * cannot be read, is empty, is not strict JSON or does not meet the schema is a fault: it is never skipped.
 */
export async function readConfigFile(
  named: string | undefined,
  ambient: Pick<Ambient, "cwd" | "env">,
): Promise<ConfigFile | Fault | undefined> {
  if (named !== undefined) return read(named, "flag");
  const [directory, user] = configLocations(ambient);
  return (await read(directory, "directory")) ?? (await read(user, "user"));
}

async function read(path: string, origin: ConfigFile["origin"]): Promise<ConfigFile | Fault | undefined> {
  const bytes = readBounded(path);
  const shown = safeText(path, 300);
  if (typeof bytes === "string") {
    if (NOT_THERE.has(bytes) && origin !== "flag") return undefined;
    return invalid(`${shown}: cannot be read: ${bytes}: make it a readable file, or remove it`);
  }
  const text = new TextDecoder("utf-8").decode(bytes);
  const complain: ConfigFile["complain"] = async (at, message) => {
    const { lineOf } = await import("./config-lines.ts");
    return invalid(`${shown}:${lineOf(text, at)}: ${message}`);
  };
  if (text.trim() === "") return invalid(`${shown}: is empty: write {} for the defaults, or remove the file`);
  const parsed = parseJson(bytes, BOUNDS);
  if (!parsed.ok) {
    const lines = await import("./config-lines.ts");
    const twice = parsed.kind === "refused" ? lines.duplicateKey(text) : undefined;
    if (twice !== undefined) return invalid(`${shown}:${twice.line}: "${safeText(twice.key, 60)}" is there twice`);
    const line = parsed.kind === "syntax" ? lines.lineOfSyntaxError(text) : undefined;
    return invalid(`${shown}${line === undefined ? "" : `:${line}`}: ${parsed.reason}`);
  }
  const problem = checkConfig(parsed.value);
  if (problem !== undefined) return complain(problem.path, problem.message);
  return { path, origin, document: parsed.value as unknown as ConfigDocument, complain };
}

/** The bytes of a regular file, or why there are none. Opened without waiting, so that a FIFO cannot hold the start. */
function readBounded(path: string): Uint8Array | string {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A dangling link is there: only a name that does not exist at all is passed over.
    return code === "ENOENT" && isThere(path) ? "it is a link to nothing" : (code ?? "unknown error");
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return "it is not a regular file";
    if (stats.size > CONFIG_BYTES) return `it is larger than ${CONFIG_BYTES} bytes`;
    const bytes = Buffer.alloc(CONFIG_BYTES);
    let length = 0;
    for (let n = -1; n !== 0 && length < bytes.length; length += n)
      n = readSync(descriptor, bytes, length, bytes.length - length, null);
    return bytes.subarray(0, length);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown error";
  } finally {
    closeSync(descriptor);
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

const invalid = (message: string): Fault => fault("host", CONFIGURATION_INVALID, message);
