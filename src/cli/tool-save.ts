import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, isFault } from "../contract/fault.ts";
import type { JsonObject } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import { MANIFEST_FILE } from "../host/tools/tool-source.ts";
import { expandPath } from "../host/xdg.ts";
import { readRow } from "../kernel/rows.ts";
import { type Command, type CommandContext, EXIT, type ExitCode } from "./command.ts";
import { isSameTool, versionAfter } from "./next-version.ts";
import { note, say, sayJson } from "./output.ts";
import { SAVED_OPTIONS, savedDocument, unsaved } from "./saved-document.ts";
import { takeInSource, takenInJson, takenInLines } from "./take-in.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";

const FIRST_VERSION = "0.1.0";

/** Saves a command of the shell as a tool. */
export const toolSave: Command = {
  spec: {
    name: "tool save",
    summary: "save a shell command as a tool of its own",
    usage: "shell.<name> <command> [--param NAME:TYPE]… [--read DIR]… [--write DIR]… [options]",
    details: `
Takes in a tool that runs one command, in the shell of shell.exec and with no other module. A caller
gives its parameters and nothing else: they are shell variables of their names, so write "$dir" and
"\${files[@]}" in the command. No value is ever read as shell; a program may still take one that
begins with - for an option, so write grep -e "$pattern" -- "$dir".

Types are string, integer, number, boolean, path and write-path (a place that policy decides on at
each call); [] behind one is a list, ? one that may be left out, = what is said of it. Without
--read and --write the tool reads all of the first root. What it can do is decided by its folders and
not by its text: one that has no --write can write nowhere, whatever it runs.`,
    options: {
      accept: { kind: "flag", description: "with --activate: accept what differs from what was accepted" },
      activate: { kind: "flag", description: "make it active as well" },
      in: {
        kind: "value",
        placeholder: "DIR",
        description: "write tool.json there, to be signed, and take nothing in",
      },
      ...SAVED_OPTIONS,
      ...TOOL_OPTIONS,
    },
    operands: [2, 2],
    examples: [
      [
        `tollgate tool save shell.count_todos 'grep -rn TODO -- "$dir" | wc -l' --param dir:path --activate`,
        "a tool with one parameter",
      ],
      [`tollgate tool save shell.todos 'grep -rn TODO .' --read src --in ./todos`, "a folder, to sign and deploy"],
    ],
    exits: "With tool save, 1 means that it cannot be saved as it is.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const name = args.operands[0] as string;
      const highest = desk.chain.read((state) => readRow(state, "tool", name)?.highest);
      const saved = savedDocument(desk.shipped, args, highest ?? FIRST_VERSION);
      if (isFault(saved)) return saved;
      const wrong = desk.check(saved.document);
      if (wrong !== undefined) return unsaved(name, wrong);
      const module = await desk.shell();
      if (isFault(module)) return module;
      const source = { document: saved.document, module };
      const isNew = highest !== undefined && !isSameTool(desk, name, highest, source);
      const document = isNew ? { ...source.document, version: versionAfter(highest) } : source.document;
      for (const remark of saved.remarks) note(ambient, `tollgate: ${remark}`);
      const folder = args.value("in");
      if (folder !== undefined) return writeFolder(context, folder, document);
      const how = { activate: args.flag("activate"), accept: args.flag("accept") };
      const taken = await takeInSource(desk, ambient, { document, module }, how);
      if (isFault(taken)) return taken;
      if (args.flag("json")) sayJson(ambient, takenInJson(taken));
      else for (const line of takenInLines(taken)) say(ambient, line);
      return how.activate && taken.activated === undefined ? EXIT.no : EXIT.ok;
    }),
};

/** Leaves the tool in a folder of its own, as every other tool is. */
function writeFolder({ ambient, args }: CommandContext, typed: string, document: JsonObject): ExitCode | Fault {
  const folder = expandPath(typed, ambient.cwd, ambient.env) ?? typed;
  const file = join(folder, MANIFEST_FILE);
  const name = document.name as string;
  if (existsSync(file))
    return unsaved(name, `${safeText(file, 200)} is there already: remove it, or name another folder`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`, { flag: "wx" });
  } catch (error) {
    return unsaved(name, `${safeText(file, 200)} cannot be written: ${(error as NodeJS.ErrnoException).code}`);
  }
  const next = `tollgate tool sign ${typed}`;
  if (args.flag("json")) sayJson(ambient, { tool: name, version: document.version as string, file, next });
  else {
    say(ambient, `${name} ${document.version} · ${file}`);
    say(ambient, `next: ${next}`);
  }
  return EXIT.ok;
}
