import type { ContentResult } from "../../contract/content.ts";
import type { JsonObject } from "../../contract/json.ts";
import { answersObject, type ToolManifest } from "../../contract/manifest.ts";
import type { ContentDocument } from "../answer.ts";
import type { Check } from "../schema-check.ts";
import { readBlock } from "./content-block.ts";
import { listAt, membersOf, reading, refuse } from "./members.ts";
import { readQuestions } from "./read-questions.ts";

/** Blocks of one result. */
export const MOST_BLOCKS = 128;

/** What a result is read by: whose it is, and what its `structuredContent` has to meet; absent where it may have none. */
export interface ContentRules {
  readonly tool: string;
  readonly checkStructured?: Check;
}

/**
 * Reads the document that a tool of the result `content` answered, or says what is wrong with it. Nothing is passed on that
 * was not looked at: a member that is not known, a type that does not fit, a URI that the tool may not name refuse the whole.
 * Where the tool has an `output`, whatever is no error has `structuredContent` that meets it (MCP 2025-06-18, server/tools,
 * output schema); where it has none, nothing has.
 */
export function readContent(document: JsonObject, { tool, checkStructured }: ContentRules): ContentResult | string {
  return reading(() => {
    const { content, structuredContent, isError } = membersOf(document, "", [
      ...["content", "structuredContent", "isError"],
    ]);
    if (isError !== undefined && typeof isError !== "boolean") refuse("isError", "is neither true nor false");
    const blocks = listAt(content, "content", MOST_BLOCKS).map((block, index) =>
      readBlock(block, `content[${index}]`, tool),
    );
    const structured = structuredAt(structuredContent, checkStructured, isError === true);
    if (blocks.length === 0 && structured === undefined) refuse("content", "is empty");
    return {
      content: blocks,
      ...(structured !== undefined && { structuredContent: structured }),
      ...(isError === true && { isError: true as const }),
    };
  });
}

function structuredAt(
  value: JsonObject[string] | undefined,
  check: Check | undefined,
  isError: boolean,
): JsonObject | undefined {
  if (value === undefined) {
    if (check !== undefined && !isError)
      refuse("structuredContent", "is missing: the tool's output says that it is there");
    return undefined;
  }
  if (isError) refuse("structuredContent", "is there beside an error, which has content only");
  if (check === undefined) refuse("structuredContent", 'is there, and the tool has no "output" that says of what form');
  const wrong = check(value);
  if (wrong !== undefined) refuse("structuredContent", `does not meet the tool's output: ${wrong}`);
  return value as JsonObject;
}

/** The reader of one tool's documents: answers, and questions where it may ask. */
export function contentReader(
  manifest: ToolManifest,
  checkOutput: Check,
): (document: JsonObject) => ContentDocument | string {
  const rules = { tool: manifest.name, ...(answersObject(manifest) && { checkStructured: checkOutput }) };
  return (document) => {
    if (manifest.asks === true && Object.hasOwn(document, "ask")) {
      const asked = readQuestions(document);
      return typeof asked === "string" ? asked : { asked };
    }
    const content = readContent(document, rules);
    return typeof content === "string" ? content : { content };
  };
}
