import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fault, isFault } from "../contract/fault.ts";
import { safeText } from "../contract/safe-text.ts";
import { buildScriptFolder } from "../host/tools/script-folder.ts";
import { expandPath } from "../host/xdg.ts";
import { type Command, EXIT } from "./command.ts";
import { bytes, say, sayJson } from "./output.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";
import { LONGEST_TOOL_NAME } from "./tool-name.ts";
import { newTemplateFiles, newToolFiles } from "./tool-scaffold.ts";

const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;

/** Makes a folder with a tool in TypeScript that works. */
export const toolNew: Command = {
  spec: {
    name: "tool new",
    summary: "make a folder with a tool in TypeScript",
    usage: "<name> [--template] [--in DIR] [options]",
    details: `
Makes a folder that is named as the last part of the tool's name, with a tool that works:
tool.ts (the code), tool.json (what it is and may do), examples, and what an editor needs. It is
built at once. The name has two parts at least, the first of which is its maker's.

With --template it is a template of agents: what handles the messages of an agent that is spawned
with its name (tollgate agent spawn <id> --template <name>), one at a time, with the agent's state.`,
    options: {
      template: { kind: "flag", description: "a template of agents instead of a tool" },
      in: { kind: "value", placeholder: "DIR", description: "where the folder is made (the current directory)" },
      ...TOOL_OPTIONS,
    },
    operands: [1, 1],
    examples: [
      ["tollgate tool new acme.words", "a folder words with the tool acme.words"],
      ["tollgate tool new acme.tally --template", "what handles the messages of agents"],
    ],
    exits: "With tool new, 1 means that the name or the folder will not do.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const name = args.operands[0] as string;
      if (!NAME.test(name) || name.length > LONGEST_TOOL_NAME) {
        const message = `${safeText(name, 80)} is no name of a tool: use lower-case words joined by dots, two at least and ${LONGEST_TOOL_NAME} characters at most, such as acme.words`;
        return fault("trust", "tool-name-refused", message);
      }
      const typed = args.value("in") ?? ".";
      const place = expandPath(typed, ambient.cwd, ambient.env) ?? typed;
      const folder = join(place, name.slice(name.lastIndexOf(".") + 1));
      if (existsSync(folder)) {
        return fault(
          "trust",
          "tool-refused",
          `${safeText(folder, 200)} is there already: remove it, or give --in another folder`,
        );
      }
      const files = args.flag("template") ? newTemplateFiles(name) : newToolFiles(name);
      try {
        for (const [file, text] of Object.entries(files)) {
          mkdirSync(dirname(join(folder, file)), { recursive: true });
          writeFileSync(join(folder, file), text, { flag: "wx" });
        }
      } catch (error) {
        const why = (error as NodeJS.ErrnoException).code ?? String(error);
        return fault("trust", "tool-refused", `${safeText(folder, 200)} cannot be made: ${why}`);
      }
      const built = await buildScriptFolder(folder, desk.check, ambient.packageRoot);
      if (isFault(built)) return built;
      const next = `tollgate tool dev ${typed === "." ? folder.slice(place.length + 1) : folder}`;
      if (args.flag("json")) sayJson(ambient, { tool: name, folder, module_bytes: built.bytes, next });
      else {
        say(ambient, `${name} · ${folder}`);
        say(ambient, "  tool.ts     the code");
        say(ambient, "  tool.json   what it is and may do");
        say(ambient, "  examples/   calls and what they answer, for tollgate tool test");
        say(ambient, `  tool.wasm   the module, ${bytes(built.bytes)}`);
        say(ambient, `next: ${next}`);
      }
      return EXIT.ok;
    }),
};
