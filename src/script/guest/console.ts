import { native } from "./native.ts";
import { writeAll } from "./streams.ts";

const STDERR = 2;

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error)
    return `${value.name}: ${value.message}${value.stack === undefined ? "" : `\n${value.stack}`}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

function write(...values: unknown[]): void {
  writeAll(STDERR, native.encode(`${values.map(shown).join(" ")}\n`));
}

/** All of it goes to standard error, which the host bounds: standard output is the answer's. */
export const console = { log: write, info: write, warn: write, error: write, debug: write, trace: write };
