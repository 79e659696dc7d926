import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Fault, fault, isFault } from "../../contract/fault.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { safeText } from "../../contract/safe-text.ts";
import { parseJson } from "../../contract/strict-json.ts";
import { readPlainFile } from "./tool-source.ts";

export const EXAMPLES_FOLDER = "examples";
const EXAMPLE_BYTES = 4 * 1024 * 1024;
const MEMBERS = ["files", "env", "calls", "arguments", "inputs", "state", "answer", "error", "after"];

/** A call that a tool makes: of which tool, with which arguments where that matters, and its answer or the code of its error. */
export interface ExampleCall {
  readonly tool: string;
  readonly arguments?: JsonObject;
  readonly answer?: JsonObject;
  readonly error?: string;
}

/** One call of a tool, and what is to come of it. */
export interface Example {
  /** The file's name without its ending. */
  readonly name: string;
  readonly arguments: JsonObject;
  /** Of a tool that may ask: what came of the round before, where this is a later one. */
  readonly inputs?: JsonObject;
  readonly state?: Json;
  /** What is in the tool's folders before the call, and what is to be there after it, by paths below the first root. */
  readonly files: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
  /** The variables that it is given. */
  readonly env: Readonly<Record<string, string>>;
  /** The tools that it calls, in order, and what each call comes to. */
  readonly calls: readonly ExampleCall[];
  /** The whole answer, or the code of the error. */
  readonly expected: { readonly answer: JsonObject } | { readonly error: string };
}

/** Reads the examples of a tool's folder, sorted by name. One that is not as it should be refuses all. */
export function readExamples(folder: string): readonly Example[] | Fault {
  let names: string[];
  try {
    names = readdirSync(join(folder, EXAMPLES_FOLDER)).filter((name) => name.endsWith(".json"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return refuse(
      folder,
      code === "ENOENT"
        ? `the folder is not there: write ${EXAMPLES_FOLDER}/first.json, {"arguments": {…}, "answer": {…}}`
        : `the folder cannot be read: ${code}`,
    );
  }
  const examples: Example[] = [];
  for (const name of names.sort()) {
    const read = readExample(join(folder, EXAMPLES_FOLDER, name));
    if (typeof read === "string") return refuse(join(folder, EXAMPLES_FOLDER, name), read);
    examples.push({ name: name.slice(0, -".json".length), ...read });
  }
  return examples.length > 0 ? examples : refuse(folder, "there are none: write examples/first.json");
}

function readExample(path: string): Omit<Example, "name"> | string {
  const bytes = readPlainFile(path, EXAMPLE_BYTES);
  if (bytes === undefined) return "it is gone";
  if (isFault(bytes)) return bytes.message;
  const parsed = parseJson(bytes);
  if (!parsed.ok) return parsed.reason;
  if (!isObject(parsed.value)) return "it is not an object";
  const { files = {}, env = {}, calls = [], arguments: given, inputs, state, answer, error, after = {} } = parsed.value;
  const odd = Object.keys(parsed.value).find((key) => !MEMBERS.includes(key));
  if (odd !== undefined) return `unknown key "${safeText(odd, 60)}": known are ${MEMBERS.join(", ")}`;
  if (!isObject(given)) return '"arguments" must be an object';
  if (inputs !== undefined && !isObject(inputs)) return '"inputs" maps the keys of questions to {action, content?}';
  if (inputs === undefined && state !== undefined) return '"state" is what a later round is told, beside "inputs"';
  if ((answer === undefined) === (error === undefined)) return 'give exactly one of "answer" and "error"';
  if (!isTexts(files) || !isTexts(after)) return '"files" and "after" map paths below the first root to texts';
  if (!isObject(env) || !Object.values(env).every((value) => typeof value === "string"))
    return '"env" maps names to texts';
  if (!Array.isArray(calls) || !calls.every((call) => isCall(call as Json)))
    return '"calls" is a list of {"tool", "arguments"?, and "answer" or "error"}';
  const shared = {
    ...{ arguments: given, files, after },
    ...(inputs !== undefined && { inputs, ...(state !== undefined && { state }) }),
    ...{ env: env as Record<string, string>, calls: calls as unknown as ExampleCall[] },
  };
  if (error !== undefined) {
    return typeof error === "string" ? { ...shared, expected: { error } } : '"error" is the code of an error';
  }
  return isObject(answer) ? { ...shared, expected: { answer } } : '"answer" must be an object';
}

function isCall(value: Json): boolean {
  if (!isObject(value) || typeof value.tool !== "string") return false;
  const { arguments: given, answer, error } = value;
  if ((answer === undefined) === (error === undefined)) return false;
  const objects = [given, answer].every((one) => one === undefined || isObject(one));
  return objects && (error === undefined || typeof error === "string");
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Paths that stay below the root, and texts. */
function isTexts(value: Json): value is Record<string, string> {
  const stays = (path: string) => path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  return isObject(value) && Object.entries(value).every(([path, text]) => typeof text === "string" && stays(path));
}

const refuse = (place: string, why: string): Fault =>
  fault("trust", "examples-refused", `the examples of ${safeText(place, 200)} cannot be run: ${why}`);
