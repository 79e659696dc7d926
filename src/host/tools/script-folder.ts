import { existsSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Fault, fault, isFault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import { safeText } from "../../contract/safe-text.ts";
import { ENTRY_NAME } from "../../script/bundle.ts";
import { ScriptError } from "../../script/evaluate.ts";
import type { ScriptGrants } from "../../script/host-functions.ts";
import { type DeclaredTool, toolDeclaration } from "../../script/tool-types.ts";
import { type DocumentCheck, schemasOf } from "../../trust/statement.ts";
import { readToolDocument } from "./tool-source.ts";

/** The files of a folder that hold a tool's script, the first that is there. */
export const SCRIPT_FILES = ["tool.ts", "tool.js"] as const;
export const DECLARATION_FILE = "tollgate.d.ts";

/** What `src/script/guest/tool-globals.ts` has beside what the scripts that ship can name. */
const MORE_GLOBALS = ["URL", "URLSearchParams", "structuredClone"];

/** What the bundler says of one file of the tool. */
interface BundleMessage {
  readonly text: string;
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null;
}

/** A module that was built from a script. */
export interface BuiltTool {
  readonly folder: string;
  readonly document: JsonObject;
  readonly script: string;
  readonly bytes: number;
}

/** Whether the folder holds a script to build a tool of. */
export const scriptOf = (folder: string): string | undefined =>
  SCRIPT_FILES.find((file) => existsSync(join(folder, file)));

/**
 * Builds the module of a folder from its `tool.ts` as its `tool.json` says, and writes it and the types of the tool beside
 * them. The same files give the same bytes. Nothing of the script runs but inside of the engine, without anything of the host.
 */
export async function buildScriptFolder(
  path: string,
  check: DocumentCheck,
  packageRoot: URL,
): Promise<BuiltTool | Fault> {
  const source = readToolDocument(path, check);
  if (isFault(source)) return source;
  const { document } = source;
  const folder = realpathSync(source.folder);
  const script = scriptOf(folder);
  if (script === undefined)
    return refuse(folder, `there is no ${SCRIPT_FILES[0]}: run tollgate tool new, or write one`);
  const { result, asks } = document as Pick<DeclaredTool, "result" | "asks">;
  const answers = { ...(result && { result }), ...(asks && { asks }) };
  replace(join(folder, DECLARATION_FILE), toolDeclaration({ ...schemasOf(document), ...answers }));
  const guest = (file: string) => fileURLToPath(new URL(`src/script/guest/${file}`, packageRoot));
  const serving = document.asks === true ? "serveAskingTool" : "serveTool";
  try {
    const { buildScript } = await import("../../script/build-script.ts");
    const { bytes } = await buildScript({
      entry: {
        code: `import handle from ${JSON.stringify(`./${script}`)}; import { ${serving} } from "tollgate/tool"; ${serving}(handle);`,
        folder,
      },
      globals: guest("tool-globals.ts"),
      moreGlobals: MORE_GLOBALS,
      instead: { "tollgate/tool": guest("tool.ts") },
      grants: grantsOf(document),
      linesFrom: folder,
    });
    replace(join(folder, document.module as string), bytes);
    return { folder, document, script, bytes: bytes.length };
  } catch (error) {
    return refuse(folder, why(error));
  }
}

function grantsOf(document: JsonObject): ScriptGrants {
  const {
    filesystem = "none",
    clock = false,
    random = false,
    hostCalls = [],
    env = [],
  } = document as Partial<ScriptGrants>;
  return { filesystem, clock, random, hostCalls, env };
}

function why(error: unknown): string {
  if (error instanceof ScriptError) return error.message;
  const { errors } = error as { errors?: readonly BundleMessage[] };
  if (!Array.isArray(errors)) return error instanceof Error ? error.message : String(error);
  return (errors as readonly BundleMessage[])
    .slice(0, 5)
    .map(({ text, location }) =>
      location === null || location.file === ENTRY_NAME
        ? text
        : `${location.file}:${location.line}:${location.column + 1}: ${text}`,
    )
    .join("; ");
}

/** Whoever reads sees the old file or the new one. */
function replace(path: string, contents: string | Uint8Array): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, contents);
  renameSync(part, path);
}

const refuse = (folder: string, reason: string): Fault =>
  fault("trust", "tool-refused", `${safeText(folder, 200)} cannot be built: ${safeText(reason, 2000)}`);
