import type { Outcome } from "../contract/outcome.ts";
import { FIGURE, INPUT_BYTES, type Mailbox, OUTPUT_BYTES } from "./mailbox.ts";
import type { PreparedModule, RunTask } from "./run-task.ts";

/** Main thread: writes a run into a free slot. False where its input does not fit: that is to be posted before the hand-over. */
export function writeRun(mailbox: Mailbox, slot: number, task: RunTask, prepared: PreparedModule): boolean {
  const { stdin } = task;
  const fits = stdin.length <= INPUT_BYTES;
  mailbox.setFigure(slot, FIGURE.sequence, task.sequence);
  mailbox.setFigure(slot, FIGURE.module, prepared.id);
  mailbox.setFigure(slot, FIGURE.authority, task.authority.id);
  mailbox.setFigure(slot, FIGURE.entry, task.entry);
  mailbox.setFigure(slot, FIGURE.inputLength, fits ? stdin.length : -1);
  if (fits) mailbox.writeInput(slot, stdin);
  return fits;
}

/** Worker: writes an outcome over the run. False, and nothing is written, for a fault or where the output does not fit. */
export function writeExit(mailbox: Mailbox, slot: number, outcome: Outcome): boolean {
  if (outcome.kind !== "exited" || outcome.stdout.length + outcome.stderr.length > OUTPUT_BYTES) return false;
  mailbox.setFigure(slot, FIGURE.exitCode, outcome.exitCode);
  mailbox.setFigure(slot, FIGURE.fuelConsumed, outcome.usage.fuelConsumed);
  mailbox.setFigure(slot, FIGURE.memoryPeak, outcome.usage.memoryPeak);
  mailbox.setFigure(slot, FIGURE.durationMs, outcome.usage.durationMs);
  mailbox.setFigure(slot, FIGURE.stdoutLength, outcome.stdout.length);
  mailbox.setFigure(slot, FIGURE.stderrLength, outcome.stderr.length);
  mailbox.writeOutput(slot, outcome.stdout, outcome.stderr);
  return true;
}

/** Main thread: the outcome in a finished slot, copied, so that it stays what it is when the slot is used again. */
export function readExit(mailbox: Mailbox, slot: number): Outcome {
  const stdoutLength = mailbox.figure(slot, FIGURE.stdoutLength);
  return {
    kind: "exited",
    exitCode: mailbox.figure(slot, FIGURE.exitCode),
    stdout: mailbox.output(slot, 0, stdoutLength),
    stderr: mailbox.output(slot, stdoutLength, mailbox.figure(slot, FIGURE.stderrLength)),
    usage: {
      fuelConsumed: mailbox.figure(slot, FIGURE.fuelConsumed),
      memoryPeak: mailbox.figure(slot, FIGURE.memoryPeak),
      durationMs: mailbox.figure(slot, FIGURE.durationMs),
    },
  };
}
