import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Fault, fault, isFault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import { safeText } from "../../contract/safe-text.ts";
import { parseJson } from "../../contract/strict-json.ts";
import { MIB } from "../../contract/units.ts";
import { ENVELOPE_BYTES } from "../../trust/dsse.ts";
import { stateCommand } from "../../trust/saved-command.ts";
import type { DocumentCheck } from "../../trust/statement.ts";
import type { ReadShell } from "./shell-module.ts";

export const MANIFEST_FILE = "tool.json";
export const ENVELOPE_FILE = "tool.dsse.json";
export const CERTIFICATES_FILE = "tool.certs.json";
const MANIFEST_BYTES = 256 * 1024;
const MODULE_BYTES = 10 * MIB;

/** What a folder holds that can be deployed. Each file was read once; nothing of it is believed yet. */
export interface ToolSource {
  /** Absent for a saved command that is in no folder. */
  readonly folder?: string;
  readonly document: JsonObject;
  readonly module: Uint8Array;
  /** The text of `tool.dsse.json`; absent where it is not signed. */
  readonly envelope?: string;
  /** The text of `tool.certs.json`. */
  readonly certificates?: string;
}

/** A tool of a folder. */
export interface FolderSource extends ToolSource {
  readonly folder: string;
}

/**
 * Reads a tool from its folder, or from the `tool.json` in it: `tool.json` that meets its schema, the module that it
 * names beside it, or that of the shell for a saved command, and the signature where there is one. Only plain files of
 * bounded size are read.
 */
export async function readToolSource(
  path: string,
  check: DocumentCheck,
  shell: ReadShell,
): Promise<FolderSource | Fault> {
  const read = readToolDocument(path, check);
  if (isFault(read)) return read;
  const { folder, document } = read;
  const module = document.shell === undefined ? readModuleFile(folder, document) : await shell();
  if (isFault(module)) return module;
  const envelope = readPlainFile(join(folder, ENVELOPE_FILE), ENVELOPE_BYTES);
  if (isFault(envelope)) return envelope;
  const certificates = readPlainFile(join(folder, CERTIFICATES_FILE), ENVELOPE_BYTES);
  if (isFault(certificates)) return certificates;
  return {
    folder,
    document,
    module,
    ...(envelope !== undefined && { envelope: envelope.toString("utf8") }),
    ...(certificates !== undefined && { certificates: certificates.toString("utf8") }),
  };
}

function readModuleFile(folder: string, document: JsonObject): Uint8Array | Fault {
  const name = document.module as string;
  const module = readPlainFile(join(folder, name), MODULE_BYTES);
  return module ?? refuse(folder, `the module ${safeText(name, 80)} is not there: ${building(folder)}`);
}

/** Reads `tool.json` alone, which meets its schema and names its module or holds a command. */
export function readToolDocument(
  path: string,
  check: DocumentCheck,
): Pick<FolderSource, "folder" | "document"> | Fault {
  const place = placeOf(path);
  if (isFault(place)) return place;
  const { folder, file } = place;
  const manifest = readPlainFile(join(folder, MANIFEST_FILE), MANIFEST_BYTES);
  if (manifest === undefined) {
    return refuse(folder, `there is no ${MANIFEST_FILE}: ${proposing(folder, file)}`);
  }
  if (isFault(manifest)) return manifest;
  const parsed = parseJson(manifest);
  if (!parsed.ok) return refuse(folder, `${MANIFEST_FILE}: ${parsed.reason}`);
  const wrong = check(parsed.value);
  if (wrong !== undefined) return refuse(folder, `${MANIFEST_FILE}: ${wrong}`);
  const document = parsed.value as JsonObject;
  const odd = document.shell === undefined ? moduleProblem(document) : commandProblem(document);
  if (odd !== undefined) return refuse(folder, `${MANIFEST_FILE}: ${odd}`);
  if (file !== undefined && file !== MANIFEST_FILE && file !== document.module) {
    const named = document.module === undefined ? "holds a command" : `names ${safeText(String(document.module), 80)}`;
    return refuse(path, `the ${MANIFEST_FILE} beside it ${named}: name that file, or the folder`);
  }
  return { folder, document };
}

const moduleProblem = ({ module }: JsonObject): string | undefined =>
  typeof module === "string" ? undefined : '"module" must be the name of a file beside it';

function commandProblem({ shell, module }: JsonObject): string | undefined {
  if (module !== undefined) return '"module" has no place beside "shell": a saved command runs in the shell';
  const written = shell as { readonly command: string; readonly sha256?: string };
  const { sha256 } = stateCommand(written);
  return written.sha256 === undefined || written.sha256 === sha256
    ? undefined
    : `the command has SHA-256 ${sha256}, and "sha256" says otherwise: write that, or leave it out`;
}

/** How the module of a folder comes to be. */
function building(folder: string): string {
  const isScript = ["tool.ts", "tool.js"].some((name) => existsSync(join(folder, name)));
  return isScript ? `run tollgate tool build ${safeText(folder, 200)}` : "build it first, with what it is written in";
}

/** How a module without a manifest gets one. */
function proposing(folder: string, file: string | undefined): string {
  let modules: string[] = [];
  try {
    modules = readdirSync(folder).filter((name) => name.endsWith(".wasm"));
  } catch {}
  const module = file?.endsWith(".wasm") === true ? file : modules.length === 1 ? modules[0] : undefined;
  const named = safeText(join(folder, module ?? "<module>.wasm"), 200);
  return `run tollgate tool inspect ${named} --write, which proposes one with nothing granted, or tollgate tool new`;
}

/** The folder of a tool, and the file in it that was named. */
function placeOf(path: string): { readonly folder: string; readonly file?: string } | Fault {
  try {
    return statSync(path).isDirectory() ? { folder: path } : { folder: dirname(path), file: basename(path) };
  } catch (error) {
    return refuse(
      path,
      `it cannot be read: ${(error as NodeJS.ErrnoException).code}: name a folder with a ${MANIFEST_FILE}`,
    );
  }
}

/** A file's bytes, undefined where there is none. */
export function readPlainFile(path: string, limit: number): Buffer | undefined | Fault {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? undefined : refuse(path, `it cannot be read: ${code}`);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return refuse(path, "it is no plain file");
    if (stat.size > limit) return refuse(path, `it has ${stat.size} bytes, over the limit of ${limit}`);
    return readFileSync(descriptor);
  } catch (error) {
    return refuse(path, `it cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  } finally {
    closeSync(descriptor);
  }
}

const refuse = (path: string, why: string): Fault =>
  fault("trust", "tool-refused", `${safeText(path, 200)} is no tool: ${why}`);
