import { decodeCheckpoint } from "./checkpoint.ts";
import { CHECKPOINT_FILE, checkpointPath, readNotes } from "./checkpoint-file.ts";
import { openNote } from "./open-note.ts";
import type { NoteVerifier } from "./signed-note.ts";
import type { Tables } from "./tables.ts";
import type { ChainProblem, VerifyOptions } from "./verify-report.ts";

/** A tree that the host's key signed, and where the signature was found. */
export interface CheckpointClaim {
  readonly size: number;
  readonly root: Buffer;
  readonly where: string;
}

/** Checkpoints of every place, before and after their signatures were checked. */
export interface Claims {
  /** Adds the database's own, and reports those that only a file has. */
  addStored(tables: Tables): void;
  storedCount(): number;
  /** The claims whose signature, name and origin hold; reports the others. */
  checkSignatures(verifier: NoteVerifier, origin: string): readonly CheckpointClaim[];
}

/** Reads the checkpoint file, the witness and the operator's checkpoint. Throws where a file cannot be read. */
export function collectClaims(
  directory: string,
  options: VerifyOptions,
  report: (problem: ChainProblem) => void,
): Claims {
  /** note → where it was found first; a note that is in several places is checked once */
  const notes = new Map<string, string>();
  let stored = 0;
  const addFile = (path: string, where: string, mustExist: boolean) => {
    const file = readNotes(path);
    if (file === undefined) {
      if (mustExist) report({ code: "checkpoint-missing", message: `${where} is missing` });
      return;
    }
    for (const note of file.notes) if (!notes.has(note)) notes.set(note, where);
    if (file.torn.trim() !== "") {
      report({ code: "checkpoint-damaged", message: `${where} does not end with a whole checkpoint` });
    }
  };
  if (options.checkpoint !== undefined) notes.set(options.checkpoint, "the operator's copy");
  if (options.witness !== undefined) addFile(options.witness, "the witness file", true);
  addFile(checkpointPath(directory), `the file ${CHECKPOINT_FILE}`, false);

  return {
    addStored(tables) {
      const inDatabase = new Set<string>();
      for (const { value } of tables.checkpoints.getRange({})) {
        const note = value.toString("utf8");
        inDatabase.add(note);
        stored++;
      }
      for (const [note, where] of notes) {
        const size = Number(note.split("\n")[1]);
        if (!inDatabase.has(note) && tables.checkpoints.get(size) === undefined) {
          report({
            code: "checkpoint-missing",
            ...(Number.isSafeInteger(size) && { sequence: size }),
            message: `the checkpoint for ${size} events in ${where} is not in the database: the database was rolled back or the checkpoint removed`,
          });
        }
      }
      for (const note of inDatabase) if (!notes.has(note)) notes.set(note, "the database");
    },
    storedCount: () => stored,
    checkSignatures(verifier, origin) {
      const claims: CheckpointClaim[] = [];
      for (const [note, where] of notes) {
        const text = openNote(note, verifier);
        const checkpoint = text === undefined ? undefined : decodeCheckpoint(text);
        if (checkpoint === undefined || checkpoint.origin !== origin) {
          report({
            code: "checkpoint-signature",
            message: `a checkpoint in ${where} is not signed by this chain's key`,
          });
          continue;
        }
        claims.push({ size: checkpoint.size, root: checkpoint.root, where });
      }
      return claims.sort((a, b) => a.size - b.size);
    },
  };
}
