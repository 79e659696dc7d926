import { closeSync, constants, fstatSync, lstatSync, opendirSync, openSync, readSync, realpathSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type Fault, fault } from "../contract/fault.ts";
import { MIB, type Sha256 } from "../contract/units.ts";
import type { Capabilities } from "./module-capabilities.ts";
import { nameRefused } from "./module-name.ts";
import { parseToolsFile, type ToolEntry } from "./tools-file.ts";
import { descriptorsAreNameable } from "./wasi/containment.ts";

/** Where tools are looked for. */
export interface ToolsDirectoryOptions {
  /** The directory that the tools' filesystem scopes speak of. */
  readonly workspace: string;
  /** Where in the workspace the modules are; `tools/wasm` by default. No `..`, not absolute, nothing in it a link. */
  readonly directory?: string;
}

/** A file as it was read, once: what is hashed is what runs. */
export interface ToolFile {
  readonly name: string;
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly capabilities: Capabilities;
  readonly sha256?: Sha256;
}

export interface ToolsDirectory {
  /** Its real path. */
  readonly workspace: string;
  readonly tools: readonly ToolFile[];
  readonly refused: readonly { readonly file: string; readonly fault: Fault }[];
}

const DEFAULT_DIRECTORY = "tools/wasm";
const TOOLS_FILE = "tools.json";
const SUFFIX = ".wasm";
const MOST_ENTRIES = 4096;
const MOST_TOOLS = 256;
/** One module's bytes, those of all, and those of `tools.json`. */
const MODULE_BYTES = 16 * MIB;
const ALL_BYTES = 128 * MIB;
const TOOLS_FILE_BYTES = MIB;
/** Neither a link nor a FIFO is waited for or followed. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const ENTER = READ | (constants.O_DIRECTORY ?? 0);

/**
 * Reads the `.wasm` files of a directory inside of a workspace and what `tools.json` says of them. Every step into it is
 * taken without following a link, held by descriptors where the system has `/proc/self/fd`, so that nobody can lead it
 * elsewhere meanwhile; elsewhere by path, checked before and after.
 */
export function readToolsDirectory(options: ToolsDirectoryOptions): ToolsDirectory | Fault {
  const { directory = DEFAULT_DIRECTORY } = options;
  const parts = directory.split(/[/\\]/).filter((part) => part !== "" && part !== ".");
  if (isAbsolute(directory) || parts.includes("..") || directory.includes("\0") || /^[a-z]:/i.test(directory)) {
    return refused(`the directory ${shown(directory)} leads out of the workspace: name one inside of it`);
  }
  let held: HeldDirectory | undefined;
  try {
    const workspace = realpathSync(options.workspace);
    held = new HeldDirectory(workspace);
    for (const part of parts) held.enter(part);
    return readHeld(workspace, held);
  } catch (error) {
    return refused(`the tools directory ${shown(directory)} cannot be read: ${plain(error)}`);
  } finally {
    held?.close();
  }
}

function readHeld(workspace: string, held: HeldDirectory): ToolsDirectory | Fault {
  const names = held.list();
  if (typeof names === "number") {
    return refused(`the tools directory has more than ${names} entries: move what is no tool elsewhere`, names);
  }
  const files = names.filter((name) => name.endsWith(SUFFIX)).sort();
  if (files.length > MOST_TOOLS) {
    return refused(`the tools directory has ${files.length} modules, over the limit of ${MOST_TOOLS}`, MOST_TOOLS);
  }
  let entries: ReadonlyMap<string, ToolEntry> = new Map();
  if (names.includes(TOOLS_FILE)) {
    const bytes = held.read(TOOLS_FILE, TOOLS_FILE_BYTES);
    const parsed = typeof bytes === "string" ? bytes : parseToolsFile(bytes);
    if (typeof parsed === "string") return refused(`${TOOLS_FILE} cannot be used: ${parsed}: correct it`);
    const lost = [...parsed.keys()].find((name) => !files.includes(name + SUFFIX));
    if (lost !== undefined)
      return refused(`${TOOLS_FILE} names ${shown(lost)}, of which there is no module: correct it`);
    entries = parsed;
  }
  const tools: ToolFile[] = [];
  const left: { file: string; fault: Fault }[] = [];
  let total = 0;
  for (const file of files) {
    const name = file.slice(0, -SUFFIX.length);
    const badName = nameRefused(name);
    const bytes = badName === undefined ? held.read(file, Math.min(MODULE_BYTES, ALL_BYTES - total)) : "";
    if (badName !== undefined) left.push({ file, fault: badName });
    else if (typeof bytes === "string") left.push({ file, fault: refused(`${file} cannot be loaded: ${bytes}`) });
    else {
      total += bytes.length;
      const { capabilities = {}, sha256 } = entries.get(name) ?? {};
      tools.push({ name, file, bytes, capabilities, ...(sha256 !== undefined && { sha256 }) });
    }
  }
  return { workspace, tools, refused: left };
}

/** A directory, held while it is read. */
class HeldDirectory {
  readonly #byDescriptor = descriptorsAreNameable();
  #fd: number;
  #path: string;

  constructor(path: string) {
    this.#path = path;
    this.#fd = this.#open(path);
  }

  enter(name: string): void {
    const path = this.#at(name);
    const fd = this.#open(path);
    this.close();
    this.#fd = fd;
    this.#path = path;
  }

  /** The names in it, or how many are too many. */
  list(): string[] | number {
    const directory = opendirSync(this.#at("."));
    const names: string[] = [];
    try {
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
        if (names.length >= MOST_ENTRIES) return MOST_ENTRIES;
        names.push(entry.name);
      }
    } finally {
      directory.closeSync();
    }
    return names;
  }

  /** The bytes of a regular file of at most `most` bytes, read once; or why not. */
  read(name: string, most: number): Uint8Array | string {
    let fd: number;
    try {
      if (!this.#byDescriptor && lstatSync(this.#at(name)).isSymbolicLink()) return "it is a link";
      fd = openSync(this.#at(name), READ);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ELOOP" ? "it is a link" : plain(error);
    }
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) return "it is not a regular file";
      if (stat.size > most) return `it has ${stat.size} bytes, over the limit of ${most}`;
      // one more than there should be, so that a file that grows meanwhile is noticed
      const bytes = new Uint8Array(stat.size + 1);
      let length = 0;
      for (let step = -1; step !== 0 && length < bytes.length; length += step) {
        step = readSync(fd, bytes, length, bytes.length - length, null);
      }
      return length === stat.size ? bytes.slice(0, length) : "it changed while it was read";
    } catch (error) {
      return plain(error);
    } finally {
      closeSync(fd);
    }
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #at(name: string): string {
    return this.#byDescriptor ? `/proc/self/fd/${this.#fd}/${name}` : join(this.#path, name);
  }

  #open(path: string): number {
    if (this.#byDescriptor) return openSync(path, ENTER);
    if (!lstatSync(path).isDirectory() || realpathSync(path) !== path) throw new Error("a part of it is a link");
    return -1;
  }
}

function refused(message: string, limit?: number): Fault {
  return fault("store", "module-refused", message, limit === undefined ? undefined : { limit });
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 120)).replace(/[^\x20-\x7e]/g, "?");
}

/** What an error says, without paths of this process's own descriptors. */
function plain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? String(message).slice(0, 120);
}
