import { closeSync, fsyncSync, openSync } from "node:fs";

/** Flushes a folder, so that a name that was just given or taken in it survives a loss of power. Throws what opening it throws. */
export function flushFolder(folder: string): void {
  if (process.platform === "win32") return; // folders cannot be opened there
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
