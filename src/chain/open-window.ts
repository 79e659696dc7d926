import {
  appendFileSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { isRunning, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

/**
 * Why: whoever opens an LMDB environment sets the number of the last transaction, which all processes share, to what it
 * read from the file a moment before (lmdb-js 3.5.6, mdb.c, mdb_env_open2). A transaction that another process commits in
 * that moment is forgotten: the next one begins before it, and takes its pages. So nobody may write while somebody opens.
 *
 * Who opens leaves a file here; who writes has one here, whose one byte says whether it writes. Each first says what it is
 * about to do and then looks at the others (Dekker 1965), and the one that opens waits for those that write already.
 */
const FOLDER = "turns";
/** Grows by a byte with each opening, so that who writes sees at a glance whether there was one since it looked last. */
const OPENINGS = "openings";
const OPENS = "opens-";
const WRITES = "writes-";
const IDLE = Buffer.of(0x30);
const BUSY = Buffer.of(0x31);
/** A host that writes for longer than this is stuck; opening beside it is refused. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 1;

/** Thrown where a process does not stop writing. */
export class StillWriting extends Error {
  override readonly name = "StillWriting";
}

/**
 * Opens while no other process writes, and keeps them from it meanwhile. Blocks, for about as long as a write takes. In a
 * directory where no file can be made, nobody writes; then this only opens. Throws what `open` throws, and
 * {@link StillWriting}.
 */
export function openWhileNobodyWrites<T>(directory: string, open: () => T): T {
  const folder = join(directory, FOLDER);
  let sign: string;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    sign = join(folder, `${OPENS}${unique()}`);
    closeSync(openSync(sign, "wx", 0o600));
    appendFileSync(join(folder, OPENINGS), ".", { mode: 0o600 });
  } catch {
    return open();
  }
  try {
    const started = Date.now();
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(WRITES)) continue;
      const path = join(folder, name);
      while (isBusy(path)) {
        const writer = identityIn(name);
        if (writer.pid === process.pid) break; // one process opens an environment once, however often it is asked to
        if (!isRunning(writer)) {
          rmSync(path, { force: true });
          break;
        }
        if (Date.now() - started > PATIENCE_MS) {
          throw new StillWriting(`process ${writer.pid} has been writing for ${PATIENCE_MS / 1000} s`);
        }
        sleep(LOOK_MS);
      }
    }
    return open();
  } finally {
    rmSync(sign, { force: true });
  }
}

/** Says when this process writes. */
export interface WriteTurns {
  /** Takes a turn; false while somebody opens, and then nothing may be written. Each that was taken is to be given back. */
  take(): boolean;
  /**
   * Takes a turn, and blocks where it has to. While this process writes already, nobody else has begun to open, so there is
   * nothing to wait for, and waiting would never end: what it writes is settled by the thread that this would block.
   */
  takeNow(): void;
  /** Gives a turn back, once what was written in it is committed. */
  giveBack(): void;
  close(): void;
}

/** Takes turns with those that open. To be called once the environment is open. Throws the file system's error. */
export function takeTurns(directory: string): WriteTurns {
  const folder = join(directory, FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${WRITES}${unique()}`);
  const file = openSync(path, "wx", 0o600);
  writeSync(file, IDLE, 0, 1, 0);
  const openings = openSync(join(folder, OPENINGS), "a", 0o600);
  /** How long that file was when nobody who had announced an opening was at it any more. */
  let quiet = -1;
  const someoneIsAtIt = (): boolean => {
    const { size } = fstatSync(openings);
    if (size === quiet) return false;
    if (someoneOpens(folder)) return true;
    quiet = size;
    return false;
  };
  let taken = 0;
  let closed = false;
  return {
    take() {
      if (closed) return true; // what is written now is refused by the environment itself
      if (taken === 0) writeSync(file, BUSY, 0, 1, 0);
      taken++;
      if (!someoneIsAtIt()) return true;
      this.giveBack();
      return false;
    },
    takeNow() {
      if (taken > 0 && !closed) taken++;
      else while (!this.take()) sleep(LOOK_MS);
    },
    giveBack() {
      if (closed) return;
      taken--;
      if (taken === 0) writeSync(file, IDLE, 0, 1, 0);
    },
    close() {
      if (closed) return;
      closed = true;
      closeSync(file);
      closeSync(openings);
      rmSync(path, { force: true });
    },
  };
}

/** Whether another process opens now. One that died while it did counts no more. */
function someoneOpens(folder: string): boolean {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(OPENS)) continue;
    const opener = identityIn(name);
    if (opener.pid === process.pid) continue;
    if (isRunning(opener)) return true;
    rmSync(join(folder, name), { force: true });
  }
  return false;
}

function isBusy(path: string): boolean {
  try {
    return readFileSync(path)[0] === BUSY[0];
  } catch {
    return false; // it is gone
  }
}

let made = 0;

/** `<pid>-<birth>-<n>`; the birth in hex, because it holds a colon. */
function unique(): string {
  const { pid, born } = ownIdentity();
  return `${pid}-${Buffer.from(born).toString("hex")}-${++made}`;
}

function identityIn(name: string): ProcessIdentity {
  const [, pid = "", born = ""] = name.split("-");
  return { pid: Number(pid), born: Buffer.from(born, "hex").toString() };
}

const SLEEPER = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
function sleep(ms: number): void {
  Atomics.wait(SLEEPER, 0, 0, ms);
}
