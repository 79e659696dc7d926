import type { Note } from "./host-calls.ts";
import type { RunTask } from "./run-task.ts";

/** Tells a note to whoever started the run; never throws, and tells nothing of a run that came to its outcome. */
export function deliverNote(task: RunTask, note: Note): void {
  if (task.settled) return;
  try {
    if (note.kind === "progress") task.input.onProgress?.(note.progress);
    else task.input.onLog?.(note.line);
  } catch (error) {
    // the user's own: it must not end what the store is about
    queueMicrotask(() => {
      throw error;
    });
  }
}
