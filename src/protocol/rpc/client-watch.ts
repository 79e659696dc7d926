/** How often the client is looked for (LSP 3.17, InitializeParams.processId asks for no figure; editors use 3 s). */
const INTERVAL_MS = 3000;

/** Calls `gone` once when no process has this id any more. Answers how to stop watching. */
export function watchClient(processId: number, gone: () => void): () => void {
  const timer = setInterval(() => {
    try {
      process.kill(processId, 0);
    } catch (error) {
      // EPERM: it lives, and belongs to somebody else.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") return;
      clearInterval(timer);
      gone();
    }
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
