import { readFileSync } from "node:fs";
import type { JsonObject } from "../../contract/json.ts";
import type { DocumentCheck } from "../../trust/statement.ts";
import { findCheck, type ValidatorModule } from "../schema-check.ts";

/** Loads the check of `tool.json` by `schema/tool.schema.json`, as the build compiled it. Rejects where the program is not whole. */
export async function loadDocumentCheck(packageRoot: URL): Promise<DocumentCheck> {
  const validators = (await import(new URL("dist/validators.js", packageRoot).href)) as ValidatorModule;
  const schema = JSON.parse(readFileSync(new URL("schema/tool.schema.json", packageRoot), "utf8")) as JsonObject;
  const check = findCheck(validators, schema);
  if (check === undefined) throw new Error("the schema of tool.json has no validator: run npm run build");
  return check;
}
