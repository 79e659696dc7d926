import { createInterface } from "node:readline";
import type { Json, JsonObject } from "../contract/json.ts";
import type { Asking, GivenInputs } from "../contract/question.ts";
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
  const { next, close } = openLines(ambient, signal);
  const responses: { [key: string]: Json } = {};
  for (const [key, { message, schema }] of Object.entries(asking.questions)) {
    ambient.stderr.write(`${safeText(message, 2048)}\n`);
    responses[key] = await askForm(schema, next);
  }
  close();
  return { token: asking.token, responses };
}

/** Reads the input line by line; what was written ahead of its prompt is kept for it. */
function openLines({ stdin, stderr }: Ambient, signal: AbortSignal): { next: NextLine; close: () => void } {
  const reader = createInterface({ input: stdin, terminal: false });
  const lines: (string | undefined)[] = [];
  let wake = () => {};
  const take = (line: string | undefined) => {
    lines.push(line);
    wake();
  };
  const end = () => take(undefined);
  reader.on("line", take);
  reader.once("close", end);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  return {
    async next(prompt) {
      stderr.write(prompt);
      if (lines.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      // Whatever ended the input has ended it for every prompt after this one.
      return lines[0] === undefined ? undefined : lines.shift();
    },
    close: () => reader.close(),
  };
}

async function askForm(schema: JsonObject, next: NextLine): Promise<Json> {
  const willing = await next("answer it? [y/N] ");
  if (willing === undefined) return { action: "cancel" };
  if (!/^\s*y(es)?\s*$/i.test(willing)) return { action: "decline" };
  const content = await fillIn(schema, next);
  return content === undefined ? { action: "cancel" } : { action: "accept", content };
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
