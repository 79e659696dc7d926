import type { Json, JsonObject } from "../../contract/json.ts";
import { safeText } from "../../contract/safe-text.ts";

/** Thrown while a document is read, and caught where its reading began. */
export class Refused extends Error {}

/** Ends the reading: `where` is which member, as `content[2].mimeType`. */
export function refuse(where: string, why: string): never {
  throw new Refused(where === "" ? why : `${where} ${why}`);
}

/** What `read` makes of a document, or the sentence that it was refused with. */
export function reading<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

/** The members of an object that has no others than these. */
export function membersOf(value: Json | undefined, where: string, known: readonly string[]): JsonObject {
  const object = objectAt(value, where);
  const odd = Object.keys(object).find((key) => !known.includes(key));
  if (odd !== undefined) refuse(where, `has the unknown member "${safeText(odd, 60)}": known are ${known.join(", ")}`);
  return object;
}

export function objectAt(value: Json | undefined, where: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  return refuse(where, "is not an object");
}

export function listAt(value: Json | undefined, where: string, most: number): readonly Json[] {
  if (!Array.isArray(value)) return refuse(where, "is not a list");
  return value.length > most ? refuse(where, `has ${value.length} items, over ${most}`) : (value as readonly Json[]);
}

/** A text in which every character can be seen, on one line. */
export function lineAt(value: Json | undefined, where: string, most: number): string {
  if (typeof value !== "string") return refuse(where, "is not a text");
  if (value === "") return refuse(where, "is empty");
  if (value.length > most) return refuse(where, `has ${value.length} characters, over ${most}`);
  if (safeText(value, value.length + 1) !== value)
    return refuse(where, `holds characters that cannot be seen: "${safeText(value, 80)}"`);
  return value;
}

/** What `read` makes of a member that may be absent. */
export function optional<T>(value: Json | undefined, read: (value: Json) => T): T | undefined {
  return value === undefined ? undefined : read(value);
}
