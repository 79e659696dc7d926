import { safeText } from "../contract/safe-text.ts";

/** Something wrong with a policy. Lines and columns count from 1, columns in code points. */
export interface Problem {
  /** An `error` stops the start; a `warning` is shown by `tollgate policy check`. */
  readonly severity: "error" | "warning";
  readonly source: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Shows a problem on one line, `file:line:column: cause`, fit for a terminal. */
export function formatProblem({ source, line, column, message }: Problem): string {
  return `${safeText(source, 200)}:${line}:${column}: ${safeText(message, 600)}`;
}

/** The place of a byte offset in the UTF-8 form of a text, as Cedar gives it. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = Buffer.from(text, "utf8").subarray(0, Math.max(0, offset)).toString("utf8");
  const start = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let at = before.indexOf("\n"); at !== -1; at = before.indexOf("\n", at + 1)) line++;
  return { line, column: [...before.slice(start)].length + 1 };
}
