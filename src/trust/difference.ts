import type { Json, JsonObject } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import type { ToolStatement } from "./statement.ts";

/** One member that differs. */
export interface Difference {
  /** Members joined by dots. */
  readonly where: string;
  /** Absent where it was not there before. */
  readonly before?: string;
  readonly after?: string;
}

const MOST_SHOWN = 200;
const LONGEST = 2_000;

/** What differs between two versions of a tool in all that is signed but the version itself, in the order of names. */
export function differenceOf(before: ToolStatement, after: ToolStatement): readonly Difference[] {
  const found: Difference[] = [];
  compare("", stated(before), stated(after), found);
  return found.slice(0, MOST_SHOWN);
}

function stated({ payload }: ToolStatement): JsonObject {
  const { version: _, ...rest } = JSON.parse(Buffer.from(payload).toString("utf8")) as JsonObject;
  return rest;
}

function compare(where: string, before: Json | undefined, after: Json | undefined, found: Difference[]): void {
  if (isObject(before) && isObject(after)) {
    for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
      compare(where === "" ? key : `${where}.${key}`, own(before, key), own(after, key), found);
    }
    return;
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  found.push({
    where: safeText(where, 200),
    ...(before !== undefined && { before: shown(before) }),
    ...(after !== undefined && { after: shown(after) }),
  });
}

const own = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;
const shown = (value: Json): string => safeText(typeof value === "string" ? value : JSON.stringify(value), LONGEST);
const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
