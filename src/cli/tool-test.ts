import { isFault } from "../contract/fault.ts";
import type { Json } from "../contract/json.ts";
import { examine } from "../host/tools/examine.ts";
import { readExamples } from "../host/tools/examples.ts";
import { type ExampleResult, runExamples } from "../host/tools/run-examples.ts";
import { buildScriptFolder, scriptOf } from "../host/tools/script-folder.ts";
import { readToolSource } from "../host/tools/tool-source.ts";
import { type Command, EXIT } from "./command.ts";
import { contentLines } from "./content-text.ts";
import { grouped, say, sayJson } from "./output.ts";
import { TOOL_OPTIONS, withToolDesk } from "./tool-desk.ts";
import { folderOperand } from "./tool-folder.ts";

/** Lines of a result that are shown. */
const MOST_LINES = 20;

/** Runs the examples of a tool. */
export const toolTest: Command = {
  spec: {
    name: "tool test",
    summary: "run the examples of a tool",
    usage: "[folder] [options]",
    details: `
Runs each examples/*.json of a tool's folder in the store, with what its tool.json asks for and in a
folder of its own; a tool in TypeScript is built before. No policy is asked and nothing is recorded.
An example has "arguments", and "answer" (the whole answer) or "error" (a code); "files" are what is
there before, and "after" what is to be there afterwards, by paths below the first root.`,
    options: TOOL_OPTIONS,
    operands: [0, 1],
    examples: [["tollgate tool test ./words", "all examples of a tool"]],
    exits: "With tool test, 1 means that an example did not come out, or none could be run.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args, signal } = context;
      const folder = folderOperand(context);
      if (scriptOf(folder) !== undefined) {
        const built = await buildScriptFolder(folder, desk.check, ambient.packageRoot);
        if (isFault(built)) return built;
      }
      const source = await readToolSource(folder, desk.check, desk.shell);
      if (isFault(source)) return source;
      const examined = await examine(source, desk.shipped, ambient.packageRoot);
      if (isFault(examined)) return examined;
      const examples = readExamples(source.folder);
      if (isFault(examples)) return examples;
      const json = args.flag("json");
      const results: ExampleResult[] = [];
      for await (const result of runExamples(
        examined.statement,
        source.module,
        examples,
        ambient.packageRoot,
        signal,
      )) {
        results.push(result);
        if (!json) for (const line of resultLines(result)) say(ambient, line);
      }
      if (signal.aborted) return EXIT.interrupted;
      const failed = results.filter(({ problem }) => problem !== undefined).length;
      const passed = results.length - failed;
      if (json) sayJson(ambient, { passed, failed, examples: results.map(resultJson) });
      else say(ambient, `${passed} passed, ${failed} failed`);
      return failed === 0 ? EXIT.ok : EXIT.no;
    }),
};

function resultLines({ name, problem, usage, log, content }: ExampleResult): string[] {
  const used = usage === undefined ? "" : ` · fuel ${grouped(usage.fuelConsumed)} · ${usage.durationMs.toFixed(1)} ms`;
  return [
    `${problem === undefined ? "ok  " : "FAIL"} ${name}${used}`,
    ...(problem === undefined
      ? []
      : [`     ${problem}`, ...shownContent(content), ...log.map(({ level, message }) => `     ${level}: ${message}`)]),
  ];
}

/** The blocks that came, where they are not those that were expected. */
function shownContent(content: ExampleResult["content"]): string[] {
  const lines = content === undefined ? [] : contentLines(content);
  const more = lines.length > MOST_LINES ? [`     (${lines.length - MOST_LINES} more lines)`] : [];
  return [...lines.slice(0, MOST_LINES).map((line) => `     | ${line}`), ...more];
}

const resultJson = ({ name, problem, usage, log }: ExampleResult): Json => ({
  name,
  ok: problem === undefined,
  ...(problem !== undefined && { problem }),
  ...(usage && { fuel: usage.fuelConsumed, memory_bytes: usage.memoryPeak, duration_ms: usage.durationMs }),
  log: log.map(({ level, message }) => ({ level, message })),
});
