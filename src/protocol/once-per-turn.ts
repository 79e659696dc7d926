/** Answers a function that does `work` once, at the end of the turn of the event loop in which it was called, however often. */
export function oncePerTurn(work: () => void): () => void {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      work();
    });
  };
}
