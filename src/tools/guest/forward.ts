// What a tool does whose work the host's kernel carries out: hand the arguments over as they came, and the answer back.

import { heapTop } from "./heap.ts";
import { answerLength, answer_read } from "./host-answer.ts";
import { mustHold, readInput, writeOutput } from "./streams.ts";
import { proc_exit } from "./wasi.ts";

let length: usize = 0;

/** Reads the arguments; {@link requestAt} and {@link requestLength} say where they stand. */
export function readRequest(): void {
  length = readInput();
}

export function requestAt(): usize {
  return heapTop();
}

export function requestLength(): i32 {
  return <i32>length;
}

/**
 * Writes what waits after a host call that gave `result`: its answer, or its error document, which ends the run with exit
 * code 1. The request is overwritten.
 */
export function forwardAnswer(result: i32): void {
  const size = answerLength(result);
  mustHold(size);
  if (<usize>answer_read(heapTop(), 0, <i32>size) != size) unreachable();
  writeOutput(heapTop(), size);
  if (result < 0) proc_exit(1);
}
