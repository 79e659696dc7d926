import type { Json, JsonObject } from "../../contract/json.ts";

/** What is wrong with a document that somebody else wrote, and where. Never leaves the file that reads the document. */
export class DocumentProblem extends Error {
  readonly key: string;

  constructor(key: string, problem: string) {
    super(`${key} ${problem}`);
    this.key = key;
  }
}

/** The members of an object that has no other than these. */
export function entriesOf(value: Json | undefined, key: string, known: readonly string[]): JsonObject {
  if (!isObject(value)) throw new DocumentProblem(key, "is not an object");
  for (const name of Object.keys(value)) {
    if (!known.includes(name))
      throw new DocumentProblem(`${key}.${name.slice(0, 64)}`, `is unknown, there are ${known.join(", ")}`);
  }
  // Members are only looked up by their names in `known`, and an inherited one is never meant.
  return Object.assign(Object.create(null) as JsonObject, value);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function textOf(value: Json | undefined, key: string): string {
  if (typeof value !== "string") throw new DocumentProblem(key, "is not a text");
  return value;
}

/** A list of texts that are all right; an absent one is empty. */
export function textList(
  value: Json | undefined,
  key: string,
  most: number,
  problemOf: (text: string) => string | undefined,
): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new DocumentProblem(key, "is not a list");
  if (value.length > most) throw new DocumentProblem(key, `has more than ${most} entries`);
  return value.map((entry, index) => {
    const text = textOf(entry, `${key}[${index}]`);
    const problem = problemOf(text);
    if (problem !== undefined) throw new DocumentProblem(`${key}[${index}]`, problem);
    return text;
  });
}

/** A whole number under the name it has inside of the program; nothing where it is absent. */
export function positiveInteger<N extends string>(
  name: N,
  value: Json | undefined,
  key: string,
  least = 1,
  most: number = Number.MAX_SAFE_INTEGER,
): { [K in N]?: number } {
  if (value === undefined) return {};
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most)
    throw new DocumentProblem(key, `is not a whole number from ${least} to ${most}`);
  return { [name]: value } as { [K in N]?: number };
}
