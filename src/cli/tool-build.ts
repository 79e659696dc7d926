import { isFault } from "../contract/fault.ts";
import { examine } from "../host/tools/examine.ts";
import { buildScriptFolder } from "../host/tools/script-folder.ts";
import { readToolSource } from "../host/tools/tool-source.ts";
import { type Command, EXIT } from "./command.ts";
import { bytes, say, sayJson } from "./output.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";
import { folderOperand } from "./tool-folder.ts";

/** Builds the module of a tool in TypeScript or JavaScript. */
export const toolBuild: Command = {
  spec: {
    name: "tool build",
    summary: "build a tool in TypeScript into its module",
    usage: "[folder] [options]",
    details: `
Makes the module that tool.json names of tool.ts (or tool.js) and of all that it imports, npm
packages in plain JavaScript included. The script is evaluated once, in the engine and with nothing
of this machine, and the module begins there. The same files give the same bytes. Types of the
arguments and the answer are written to tollgate.d.ts; types are not checked here, tsc does that.`,
    options: TOOL_OPTIONS,
    operands: [0, 1],
    examples: [
      ["tollgate tool build", "the tool of this folder"],
      ["tollgate tool build ./words && tollgate tool deploy ./words", "build it and take it in"],
    ],
    exits: "With tool build, 1 means that it cannot be built, or could not be deployed.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const folder = folderOperand(context);
      const built = await buildScriptFolder(folder, desk.check, ambient.packageRoot);
      if (isFault(built)) return built;
      const source = await readToolSource(built.folder, desk.check, desk.shell);
      if (isFault(source)) return source;
      const examined = await examine(source, desk.shipped, ambient.packageRoot);
      if (isFault(examined)) return examined;
      const { manifest, module, sha256 } = examined.statement;
      const recorded = await desk.commit((state) =>
        state.event({
          source: "operator",
          kind: "tool.build",
          payload: {
            tool: manifest.name,
            version: manifest.version,
            module_sha256: module.sha256,
            statement_sha256: sha256,
          },
        }),
      );
      if (isFault(recorded)) return recorded;
      const next = `tollgate tool test ${args.operands[0] ?? ""}`.trimEnd();
      if (args.flag("json")) {
        sayJson(ambient, {
          tool: manifest.name,
          version: manifest.version,
          module_sha256: module.sha256,
          module_bytes: module.size,
          statement_sha256: sha256,
          sequence: recorded.sequence,
          next,
        });
        return EXIT.ok;
      }
      say(ambient, `${manifest.name} ${manifest.version} · ${built.script}`);
      say(ambient, `  module      ${module.sha256} · ${bytes(module.size)}`);
      say(ambient, `built · #${recorded.sequence}`);
      say(ambient, `next: ${next}`);
      return EXIT.ok;
    }),
};
