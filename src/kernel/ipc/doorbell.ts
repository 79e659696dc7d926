import { appendFileSync, closeSync, fstatSync, ftruncateSync, openSync, watch, write } from "node:fs";
import { join } from "node:path";

/** In the state directory, mode 0600. Its length is how often it was rung; what is in it means nothing. */
export const DOORBELL_FILE = "doorbell";
/** Beyond this length the file begins anew. */
const FILE_BYTES = 1_048_576;
const ONE = Buffer.of(0x2e);

export interface DoorbellOptions {
  /** The private state directory; exists. */
  readonly directory: string;
  /** Called, never while {@link openDoorbell} or {@link Doorbell.ring} runs, when another process may have changed the state. */
  readonly onRing: () => void;
  /** Something that is another after each change of the state, and cheap to ask. */
  readonly moved: () => unknown;
  /** How often `moved` is asked. */
  readonly pollMs?: number;
}

/** Tells the processes on one state directory that the state has changed. */
export interface Doorbell {
  /** Tells the other processes, soon and once for many rings in one turn. To be called after each commit. */
  ring(): void;
  close(): void;
}

/**
 * Opens the bell. Rings of others are heard within milliseconds where the file system tells of changes, and with the next
 * poll at the latest; rings of this process are not. Neither keeps the process alive. A file or a watch that the system
 * refuses leaves the poll.
 */
export function openDoorbell({ directory, onRing, moved, pollMs = 500 }: DoorbellOptions): Doorbell {
  const path = join(directory, DOORBELL_FILE);
  const file = quietly(() => openSync(path, "a+", 0o600));
  let seen = moved();
  /** How long the file is if nobody else has rung since a ring of theirs was heard. */
  let expected = file === undefined ? 0 : fstatSync(file).size;
  /** 1 while a byte of this process is being written, and may or may not be in the file. */
  let pending = 0;
  let again = false;
  let told = false;
  let closed = false;

  const tell = () => {
    if (told || closed) return;
    told = true;
    queueMicrotask(() => {
      told = false;
      if (closed) return;
      seen = moved();
      onRing();
    });
  };

  const hear = () => {
    if (file === undefined || closed) return;
    const { size } = fstatSync(file);
    if (size === expected || size === expected + pending) return;
    expected = size - pending; // at worst one ring of this process is heard; one of another's never goes unheard
    tell();
  };

  const writeOne = (descriptor: number) => {
    pending = 1;
    again = false;
    write(descriptor, ONE, 0, 1, null, (error) => {
      pending = 0;
      if (closed) return closeSync(descriptor);
      if (error === null) expected++;
      hear();
      if (expected > FILE_BYTES) expected = beginAnew(descriptor) ?? expected;
      if (again) writeOne(descriptor);
    });
  };

  const watcher = file === undefined ? undefined : quietly(() => watch(path, { persistent: false }, hear));
  watcher?.on("error", () => watcher.close());
  const timer = setInterval(() => {
    if (moved() !== seen) tell();
    else hear();
  }, pollMs);
  timer.unref();

  return {
    ring() {
      if (file === undefined || closed) return;
      if (pending === 1) again = true;
      else writeOne(file);
    },
    close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      watcher?.close();
      if (file !== undefined && pending === 0) closeSync(file);
    },
  };
}

/** Rings once, for a process that has no bell of its own and may end at once. What the system refuses, a poll makes up for. */
export function ringOnce(directory: string): void {
  quietly(() => appendFileSync(join(directory, DOORBELL_FILE), ONE, { mode: 0o600 }));
}

/** Empties the file and answers its length; undefined where the system refuses. A ring that comes in between waits for a poll. */
function beginAnew(descriptor: number): number | undefined {
  return quietly(() => {
    ftruncateSync(descriptor);
    return 0;
  });
}

/** What the system gives, or undefined where it refuses. */
function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
