import { closeSync, openSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Database, Key, RootDatabase } from "lmdb";
import type { Fault } from "../contract/fault.ts";
import { fault } from "../contract/fault.ts";
import { findCut } from "./extent.ts";
import { openWhileNobodyWrites, takeTurns, type WriteTurns } from "./open-window.ts";

/** The one LMDB file of a state directory. */
export const STATE_FILE = "state.mdb";

/**
 * Address space that is reserved for the file at first; LMDB's growing beyond it is automatic. Nothing is
 * allocated on disk for it.
 */
const MAP_BYTES = 1024 * 1024 * 1024;

/** The binary databases of one environment, all in one file and joined by its transactions. */
export interface Environment {
  readonly directory: string;
  readonly readOnly: boolean;
  /** Opens (and, unless read-only, creates) a named database of binary values. Throws LMDB's error. */
  database(name: string): Database<Buffer, Key>;
  /** The same, with keys that are bytes and in the order of bytes. */
  keyedByBytes(name: string): Database<Buffer, Buffer>;
  /** Lets reads see what other threads and processes have committed since. */
  refresh(): void;
  /**
   * Takes a turn to write; false while another process opens the environment: then nothing may be written, and it is to be
   * asked again a moment later. Each turn is given back with {@link writeEnded}, once what was written is committed.
   */
  beginWrite(): boolean;
  writeEnded(): void;
  /** Writes as soon as there is a turn, and gives it back when the promise has settled. */
  write<T>(action: () => Promise<T>): Promise<T>;
  /** Runs `action` in one write transaction that is on disk when this returns. Blocks; for starts, not for calls. */
  transactionSync<T>(action: () => T): T;
  /** Answers once what was written up to this call is on disk. Rejects with LMDB's error. */
  flushed(): Promise<void>;
  /** Waits until everything that was written is on disk, then closes. Idempotent. */
  close(): Promise<void>;
}

export interface EnvironmentOptions {
  readonly readOnly?: boolean;
  /** For tests of growth; at least 128 KiB. */
  readonly mapBytes?: number;
}

export type OpenedEnvironment =
  | { readonly ok: true; readonly environment: Environment }
  | { readonly ok: false; readonly fault: Fault };

/**
 * Opens the environment in an existing directory. Several processes may have it open at once. Never throws:
 * answers `chain-unwritable` where the file cannot be opened, is damaged or is of a format that this LMDB does
 * not know.
 *
 * `overlappingSync` makes a commit visible before it is flushed, and flushed before its pages are used again, so
 * that a loss of power falls back to the last flushed commit and never to a broken file.
 */
export function openEnvironment(directory: string, options: EnvironmentOptions = {}): OpenedEnvironment {
  const path = join(directory, STATE_FILE);
  const readOnly = options.readOnly ?? false;
  try {
    // LMDB creates the file readable by all that the umask admits; made here first, it is private from its first byte.
    if (!readOnly) {
      for (const file of [path, `${path}-lock`]) closeSync(openSync(file, "a", 0o600));
    } else {
      closeSync(openSync(path, "r"));
    }
    // LMDB makes an empty file its own where it may write; where it may only read, it maps nothing and crashes.
    const cut = readOnly && statSync(path).size === 0 ? "it is damaged: it is empty" : findCut(path);
    if (cut !== undefined)
      return { ok: false, fault: storageFault("state cannot be opened", new Error(`${STATE_FILE}: ${cut}`)) };
    const { open } = createRequire(import.meta.url)("lmdb") as typeof import("lmdb");
    const root = openWhileNobodyWrites(directory, () =>
      open({
        path,
        readOnly,
        noSubdir: true,
        encoding: "binary",
        maxDbs: 64,
        mapSize: options.mapBytes ?? MAP_BYTES,
        noMemInit: false, // what was in memory before must not reach a file that people copy
        eventTurnBatching: false, // the chain batches by itself, and one turn of the event loop is latency
        ...(readOnly ? {} : { overlappingSync: true }),
      }),
    ) as RootDatabase<Buffer, Key>;
    return { ok: true, environment: wrap(directory, root, readOnly ? undefined : takeTurns(directory)) };
  } catch (error) {
    return { ok: false, fault: storageFault("state cannot be opened", error) };
  }
}

function wrap(directory: string, root: RootDatabase<Buffer, Key>, turns: WriteTurns | undefined): Environment {
  let closing: Promise<void> | undefined;
  const inTurn = <T>(action: () => T): T => {
    if (turns === undefined) return action();
    turns.takeNow();
    try {
      return action();
    } finally {
      turns.giveBack();
    }
  };
  return {
    directory,
    readOnly: turns === undefined,
    // Opening a database makes it where it is not there yet.
    database: (name) => inTurn(() => root.openDB<Buffer, Key>({ name, encoding: "binary" })),
    keyedByBytes: (name) =>
      inTurn(() => root.openDB<Buffer, Buffer>({ name, encoding: "binary", keyEncoding: "binary" })),
    beginWrite: () => turns?.take() ?? true,
    writeEnded: () => turns?.giveBack(),
    async write(action) {
      while (turns !== undefined && !turns.take()) await new Promise((resolve) => setTimeout(resolve, 1));
      try {
        return await action();
      } finally {
        turns?.giveBack();
      }
    },
    refresh() {
      root.resetReadTxn();
    },
    transactionSync: (action) => inTurn(() => root.transactionSync(action)),
    flushed: () => flushed(root),
    close() {
      closing ??= answered(root.close(), CLOSE_PATIENCE_MS).finally(() => turns?.close());
      return closing;
    },
  };
}

/**
 * lmdb-js leaves the promise of a flush open for ever when a later transaction of the same run of its writer
 * fails; so where nothing is heard for a while, this flushes by itself.
 */
function flushed(root: RootDatabase<Buffer, Key>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      try {
        (root as unknown as Syncing).sync((error) => (error ? reject(error) : resolve()));
      } catch (error) {
        reject(error);
      }
    }, FLUSH_PATIENCE_MS);
    const end = (settle: () => void) => () => {
      clearTimeout(timer);
      settle();
    };
    root.flushed.then(end(resolve), (error: unknown) => end(() => reject(error))());
  });
}

const FLUSH_PATIENCE_MS = 1000;
const CLOSE_PATIENCE_MS = 2000;
const WRITE_PATIENCE_MS = 30_000;

/**
 * The promise's own answer, or a rejection after so many milliseconds: lmdb-js does not settle every promise of a
 * transaction that failed, and who waits for one must not wait for ever.
 */
export function answered<T>(promise: Promise<T>, patienceMs: number = WRITE_PATIENCE_MS): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the database does not answer")), patienceMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Part of lmdb-js that its types leave out: flushes in a thread of the pool, at once where nothing is to flush. */
interface Syncing {
  sync(callback: (error: unknown) => void): void;
}

/** An error of LMDB or of the file system as a `chain-unwritable` fault that says what to do. */
export function storageFault(what: string, error: unknown): Fault {
  const detail = error instanceof Error ? error.message : String(error);
  return fault("chain", "chain-unwritable", `${what}: ${oneLine(detail)}: ${nextStep(detail)}`);
}

function nextStep(detail: string): string {
  if (/ENOSPC|No space left|MAP_FULL|EDQUOT|EFBIG|quota|too large/i.test(detail))
    return "free space on its disk, then start again";
  if (/Input\/output|Commit failed/i.test(detail))
    return "look at its disk and the space that is free, then start again";
  if (/EACCES|EPERM|EROFS|Permission denied|Read-only/i.test(detail))
    return "make the state directory writable for this user";
  if (/VERSION_MISMATCH|INVALID|CORRUPTED|PAGE_NOTFOUND|not an LMDB|damaged/i.test(detail)) {
    return "the file is damaged or of another version, run `tollgate chain verify` or restore a backup";
  }
  if (/ENOENT|No such file/i.test(detail)) return "create the state directory with mode 0700";
  return "run `tollgate doctor`";
}

function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").slice(0, 300);
}
