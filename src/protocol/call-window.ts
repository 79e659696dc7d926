/** Bytes that answers on their way may take, by estimate. */
const BUDGET_BYTES = 16 * 1_048_576;
/** Calls under way at most, however small their answers are. */
const MAX_CALLS = 256;
/** What an answer is taken to need before any was seen. */
const FIRST_ESTIMATE = 1_048_576;

/**
 * Bounds how many calls are under way by what their answers will need: many when answers are small, few when they
 * are large, none while the client does not read. Answers × size stays near 16 MiB whatever is called.
 */
export class CallWindow {
  #calls = 0;
  #estimate = FIRST_ESTIMATE;

  /** Calls under way. */
  get calls(): number {
    return this.#calls;
  }

  /** Takes a place for one call, or answers false. `pendingBytes`: answers that the client has not read. */
  enter(pendingBytes: number): boolean {
    if (this.#calls >= MAX_CALLS) return false;
    if (this.#calls > 0 && pendingBytes + (this.#calls + 1) * this.#estimate > BUDGET_BYTES) return false;
    this.#calls++;
    return true;
  }

  /** Gives the place back. `answerBytes` is the size of the answer, 0 when nothing was sent. */
  leave(answerBytes: number): void {
    this.#calls--;
    if (answerBytes === 0) return;
    // Up at once, down by halves: one small answer among large ones must not open the window wide.
    this.#estimate = Math.max(answerBytes, this.#estimate / 2);
  }
}
