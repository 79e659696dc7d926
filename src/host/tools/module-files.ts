import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Fault, fault } from "../../contract/fault.ts";
import type { Sha256 } from "../../contract/units.ts";
import { flushFolder } from "../flush-folder.ts";

/** In the state directory; mode 0700. Each module under its hash. */
export const MODULES_FOLDER = "modules";
const DRAFT = ".draft-";
/** A deploy is not under way for longer than this. */
const DRAFT_LIVES_MS = 3_600_000;

/** Where the module of this hash is kept. */
export const modulePath = (stateDirectory: string, sha256: Sha256): string =>
  join(stateDirectory, MODULES_FOLDER, `${sha256}.wasm`);

/**
 * Puts a module on the disk under its hash: whole and flushed before it has its name, so that an end at any moment leaves
 * a module that is whole, or none. Bytes that are there already are left alone.
 */
export function keepModule(
  stateDirectory: string,
  sha256: Sha256,
  bytes: Uint8Array,
  suffix: string,
): Fault | undefined {
  const folder = join(stateDirectory, MODULES_FOLDER);
  const path = modulePath(stateDirectory, sha256);
  const draft = join(folder, `${DRAFT}${suffix}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!("code" in readModule(stateDirectory, sha256, bytes.length))) return undefined;
    const descriptor = openSync(draft, "wx", 0o600);
    try {
      writeFileSync(descriptor, bytes);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, path);
    flushFolder(folder);
    return undefined;
  } catch (error) {
    rmSync(draft, { force: true });
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return fault(
      "trust",
      "modules-unwritable",
      `the module cannot be kept: ${code}: look at the disk of the state directory`,
    );
  }
}

/** The bytes of a module that was kept, read once; `tool-quarantined` where they are not there or not those. */
export function readModule(
  stateDirectory: string,
  sha256: Sha256,
  size: number,
): { readonly bytes: Uint8Array } | Fault {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(
      modulePath(stateDirectory, sha256),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size !== size) return damaged(`${sha256}.wasm has ${stat.size} bytes, not ${size}`);
    const bytes = readFileSync(descriptor);
    const found = createHash("sha256").update(bytes).digest("hex");
    return found === sha256 ? { bytes } : damaged(`${sha256}.wasm has SHA-256 ${found}`);
  } catch (error) {
    return damaged(`${sha256}.wasm cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Removes modules that no version needs, and drafts of deploys that ended long ago. Never throws. */
export function sweepModules(
  stateDirectory: string,
  used: ReadonlySet<Sha256>,
  unused: readonly Sha256[],
  now: number,
): void {
  const folder = join(stateDirectory, MODULES_FOLDER);
  try {
    for (const sha256 of unused) if (!used.has(sha256)) rmSync(modulePath(stateDirectory, sha256), { force: true });
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (name.startsWith(DRAFT) && now - statSync(path).mtimeMs > DRAFT_LIVES_MS) rmSync(path, { force: true });
    }
  } catch {
    // What is left over takes room and does nothing.
  }
}

const damaged = (what: string): Fault =>
  fault(
    "trust",
    "tool-quarantined",
    `its module ${what}: run tollgate tool deploy on its folder again, or restore the state directory`,
  );
