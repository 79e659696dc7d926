import { createInterface } from "node:readline";
import type { Json, JsonObject } from "../contract/json.ts";
import type { Asking, GivenInputs, ToolQuestion } from "../contract/question.ts";
import { safeText } from "../contract/safe-text.ts";
import { choicesOf, isMet } from "../host/content/read-inputs.ts";
import type { Ambient } from "../host/settings.ts";

/** Times that a field is asked for before the form is given up. */
const TRIES = 3;

/** The next line that the person writes; undefined at the end of the input or after an interruption. */
type NextLine = (prompt: string) => Promise<string | undefined>;

/**
 * Has the person at the terminal fill in what a tool asks, field by field. An empty line leaves out what may be left out;
 * the end of the input or an interruption cancels, and so does a field that is not answered in three tries.
 */
export async function askForms(ambient: Ambient, asking: Asking, signal: AbortSignal): Promise<GivenInputs> {
  const responses: { [key: string]: Json } = {};
  for (const [key, question] of Object.entries(asking.questions)) {
    responses[key] = signal.aborted ? { action: "cancel" } : await askForm(ambient, question, signal);
  }
  return { token: asking.token, responses };
}

async function askForm(ambient: Ambient, question: ToolQuestion, signal: AbortSignal): Promise<Json> {
  const { stderr, stdin } = ambient;
  stderr.write(`${safeText(question.message, 2048)}\n`);
  const reader = createInterface({ input: stdin, terminal: false });
  let closed = false;
  reader.once("close", () => {
    closed = true;
  });
  const next: NextLine = (prompt) =>
    new Promise((resolve) => {
      stderr.write(prompt);
      if (closed || signal.aborted) return resolve(undefined);
      const cancel = () => resolve(undefined);
      reader.once("line", resolve);
      reader.once("close", cancel);
      signal.addEventListener("abort", cancel, { once: true });
    });
  try {
    const willing = await next("answer it? [y/N] ");
    if (willing === undefined) return { action: "cancel" };
    if (!/^\s*y(es)?\s*$/i.test(willing)) return { action: "decline" };
    const content = await fillIn(question.schema, next);
    return content === undefined ? { action: "cancel" } : { action: "accept", content };
  } finally {
    reader.close();
  }
}

async function fillIn(schema: JsonObject, next: NextLine): Promise<JsonObject | undefined> {
  const required = (schema.required ?? []) as readonly string[];
  const content: { [name: string]: Json } = {};
  for (const [name, field] of Object.entries(schema.properties as JsonObject) as [string, JsonObject][]) {
    const needed = required.includes(name) && field.default === undefined;
    for (let tries = 1; ; tries++) {
      const line = await next(`  ${promptOf(name, field, needed)}: `);
      if (line === undefined || tries > TRIES) return undefined;
      const value = line.trim() === "" && !needed ? field.default : readField(field, line);
      if (value === undefined && line.trim() === "" && !needed) break;
      if (value === undefined || !isMet(field, value)) continue;
      content[name] = value;
      break;
    }
  }
  return content;
}

function promptOf(name: string, field: JsonObject, needed: boolean): string {
  const choices = choicesOf(field.type === "array" ? (field.items as JsonObject) : field);
  const kind = choices === undefined ? String(field.format ?? field.type) : choices.join(" | ");
  const several = field.type === "array" ? ", several with commas" : "";
  const left =
    field.default !== undefined ? `, else ${[field.default].flat().join(", ")}` : needed ? "" : ", or nothing";
  return safeText(`${String(field.title ?? name)} (${kind}${several}${left})`, 400);
}

function readField(field: JsonObject, line: string): Json | undefined {
  const text = line.trim();
  switch (field.type) {
    case "boolean":
      return /^(y|yes|true)$/i.test(text) ? true : /^(n|no|false)$/i.test(text) ? false : undefined;
    case "number":
    case "integer":
      return text === "" ? undefined : Number(text);
    case "array":
      return text
        .split(",")
        .map((one) => one.trim())
        .filter((one) => one !== "");
    default:
      return line;
  }
}
