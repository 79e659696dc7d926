// The three assertions on one call: what was answered, what the world looks like, what the chain holds.
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { chainEvents, type Message, type Scratch } from "./program.ts";

/** The code of a refusal, wherever this revision puts it; `ok` for a result. */
export function codeOf(answer: Message): string {
  const result = answer.result ?? answer;
  const detail = result._meta?.["dev.tollgate/fault"] ?? answer.error?.data?.fault ?? answer.error?.data;
  if (detail?.code !== undefined) return detail.code;
  if (answer.error !== undefined) return String(answer.error.code);
  return result.isError === true ? "error" : result.resultType === "input_required" ? "input_required" : "ok";
}

/** Every file below a directory with its kind and a digest of what it holds, as one text. */
export function snapshot(directory: string): string {
  const lines: string[] = [];
  const walk = (path: string, shown: string) => {
    const stats = lstatSync(path);
    if (stats.isDirectory()) {
      lines.push(`${shown}/`);
      for (const name of readdirSync(path).sort()) walk(join(path, name), `${shown}/${name}`);
    } else if (stats.isSymbolicLink()) lines.push(`${shown} -> ${readlinkSync(path)}`);
    else lines.push(`${shown} ${stats.mode} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`);
  };
  walk(directory, "");
  return lines.join("\n");
}

/** The events of calls, oldest first, without those of hosts starting and stopping. */
export async function callEvents(place: Scratch): Promise<Message[]> {
  return (await chainEvents(place)).filter(({ kind }) => kind.startsWith("call."));
}

/** One call's event in few words: `call.refused governance-denied`. */
export function told({ kind, payload }: Message): string {
  const code = payload.fault?.code ?? payload.status;
  return code === undefined ? kind : `${kind} ${code}`;
}

/** Asserts that the chain holds exactly these calls, in this order. */
export async function chainTells(place: Scratch, expected: readonly string[]): Promise<Message[]> {
  const events = await callEvents(place);
  assert.equal(events.map(told), expected);
  return events;
}
