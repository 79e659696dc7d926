import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { basename } from "node:path";

/** A policy file that is larger is refused unread; the gate's own bound is below it. */
const POLICY_BYTES = 4 * 1024 * 1024;
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads one Cedar file with the name that problems show for it, or says in words why it cannot be read. Opened without
 * waiting, so that a pipe cannot hold a start.
 */
export function readPolicyFile(source: string | URL): { readonly name: string; readonly text: string } | string {
  let descriptor: number;
  try {
    descriptor = openSync(source, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown error";
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return "it is not a regular file";
    if (stats.size > POLICY_BYTES) return `it is larger than ${POLICY_BYTES} bytes`;
    const bytes = readFileSync(descriptor);
    return { name: basename(source instanceof URL ? source.pathname : source), text: decoder.decode(bytes) };
  } catch (error) {
    return error instanceof TypeError
      ? "it is not UTF-8 text"
      : ((error as NodeJS.ErrnoException).code ?? "unknown error");
  } finally {
    closeSync(descriptor);
  }
}
