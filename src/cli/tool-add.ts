import { realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { type Fault, fault, isFault } from "../contract/fault.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import { parseJson } from "../contract/strict-json.ts";
import { readPlainFile } from "../host/tools/tool-source.ts";
import { expandPath } from "../host/xdg.ts";
import { type Command, EXIT } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { type TakenIn, takeIn, takenInJson, takenInLines } from "./take-in.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

const PACKAGE_BYTES = 256 * 1024;
const MOST_TOOLS = 64;

/** Takes in the tools of an npm package that is installed beside. */
export const toolAdd: Command = {
  spec: {
    name: "tool add",
    summary: "take in the tools of an installed npm package",
    usage: "<package folder> [--activate [--accept]] [options]",
    details: `
Takes in every tool of an npm package, as tollgate tool deploy takes in one: the folders that its
package.json lists under "tollgate": {"tools": ["tools/greet"]}, or the package's own folder. No code
of the package is run, and nothing outside of it is read. Install it without scripts first:
npm install --ignore-scripts x.`,
    options: {
      activate: { kind: "flag", description: "make them active as well" },
      accept: { kind: "flag", description: "with --activate: accept what differs from what was accepted" },
      ...TOOL_OPTIONS,
    },
    operands: [1, 1],
    examples: [["tollgate tool add ./node_modules/@acme/greet", "take its tools in; they do not run yet"]],
    exits: "With tool add, 1 means that a tool was refused; those before it were taken in.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const typed = args.operands[0] as string;
      const folders = toolFolders(expandPath(typed, ambient.cwd, ambient.env) ?? typed);
      if (isFault(folders)) return folders;
      const taken: TakenIn[] = [];
      let refused: Fault | undefined;
      for (const folder of folders) {
        const one = await takeIn(desk, context, folder);
        if (isFault(one)) {
          refused = one;
          break;
        }
        taken.push(one);
        if (!args.flag("json")) for (const line of takenInLines(one)) say(ambient, line);
      }
      if (args.flag("json")) sayJson(ambient, taken.map(takenInJson));
      if (refused !== undefined) return refused;
      return args.flag("activate") && taken.some(({ activated }) => activated === undefined) ? EXIT.no : EXIT.ok;
    }),
};

/** The folders of a package's tools, all of them really inside of it. */
function toolFolders(typed: string): readonly string[] | Fault {
  const refuse = (why: string): Fault =>
    fault("trust", "package-refused", `${safeText(typed, 200)} has no tools: ${why}`);
  let root: string;
  try {
    root = realpathSync(typed);
  } catch (error) {
    return refuse(`it cannot be read: ${(error as NodeJS.ErrnoException).code}: install the package first`);
  }
  const bytes = readPlainFile(join(root, "package.json"), PACKAGE_BYTES);
  if (bytes === undefined) return refuse("there is no package.json: tollgate tool deploy takes in a folder");
  if (isFault(bytes)) return bytes;
  const parsed = parseJson(bytes);
  if (!parsed.ok) return refuse(`package.json: ${parsed.reason}`);
  const listed = listedTools(parsed.value);
  if (typeof listed === "string") return refuse(listed);
  const folders: string[] = [];
  for (const one of listed) {
    try {
      const folder = realpathSync(join(root, one));
      if (folder !== root && !folder.startsWith(`${root}${sep}`))
        return refuse(`${safeText(one, 80)} leads out of the package`);
      folders.push(folder);
    } catch {
      return refuse(`${safeText(one, 80)} is not there`);
    }
  }
  return folders;
}

function listedTools(document: Json): readonly string[] | string {
  const own = isObject(document) && Object.hasOwn(document, "tollgate") ? document.tollgate : undefined;
  if (own === undefined) return ["."];
  const tools = isObject(own) ? own.tools : undefined;
  const isList = Array.isArray(tools) && tools.length > 0 && tools.length <= MOST_TOOLS;
  return isList && tools.every((one) => typeof one === "string")
    ? (tools as readonly string[])
    : `"tollgate" in package.json is not {"tools": ["folder", …]}`;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
