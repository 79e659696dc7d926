import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

/** Every checkpoint of the chain as plain text beside the database. */
export const CHECKPOINT_FILE = "checkpoints";

/** A note is far shorter than this, so the last one lies whole within so many bytes of the end. */
const TAIL_BYTES = 4096;

export function checkpointPath(directory: string): string {
  return join(directory, CHECKPOINT_FILE);
}

/**
 * Appends one note and an empty line, in one write, and waits until it is on disk. Several processes may append
 * at once. Rejects with the file system's error.
 */
export async function appendNote(path: string, note: string): Promise<void> {
  const file = await open(path, "a", 0o600);
  try {
    await file.write(`${note}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** The notes of a checkpoint file in order; `torn` is what a crash left behind at the end, if anything. */
export interface NoteFile {
  readonly notes: readonly string[];
  readonly torn: string;
}

/** Splits the text of a checkpoint file: three lines or more, an empty line, signature lines, an empty line. */
export function splitNotes(text: string): NoteFile {
  const notes: string[] = [];
  let at = 0;
  for (;;) {
    const body = text.indexOf("\n\n", at);
    const end = body < 0 ? -1 : text.indexOf("\n\n", body + 2);
    if (end < 0) return { notes, torn: text.slice(at) };
    notes.push(text.slice(at, end + 1));
    at = end + 2;
  }
}

/** All notes of the file; undefined where there is no file. Throws the file system's other errors. */
export function readNotes(path: string): NoteFile | undefined {
  try {
    return splitNotes(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The last whole note of the file, read from its end; undefined where there is none. Throws as {@link readNotes}. */
export function readLastNote(path: string): string | undefined {
  let size: number;
  try {
    size = statSync(path).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
  const descriptor = openSync(path, "r");
  try {
    const length = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    // A cut in the middle of a note only spoils the first piece; the last three boundaries are what counts.
    const pieces = bytes.toString("utf8", 0, length).split("\n\n");
    pieces.pop();
    const signatures = pieces.pop();
    const text = pieces.pop();
    return text === undefined || signatures === undefined ? undefined : `${text}\n\n${signatures}\n`;
  } finally {
    closeSync(descriptor);
  }
}
