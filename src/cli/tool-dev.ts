import { watch } from "node:fs";
import { type Fault, fault, isFault } from "../contract/fault.ts";
import type { JsonObject } from "../contract/json.ts";
import { isLaterVersion } from "../contract/tool-version.ts";
import { buildScriptFolder, DECLARATION_FILE, scriptOf } from "../host/tools/script-folder.ts";
import { readToolSource } from "../host/tools/tool-source.ts";
import { readRow } from "../kernel/rows.ts";
import { eventLine } from "./chain-tail.ts";
import { type Command, type CommandContext, EXIT } from "./command.ts";
import { isSameTool, versionAfter } from "./next-version.ts";
import { note, say } from "./output.ts";
import { takeInSource } from "./take-in.ts";
import { TOOL_OPTIONS, type ToolDesk, withToolDesk } from "./tool-desk.ts";
import { folderOperand } from "./tool-folder.ts";

/** Editors write a file in several steps. */
const QUIET_MS = 100;
const GENERATED = /(^|\/)(node_modules|\.git)(\/|$)|\.part$|\.wasm$|~$|\.sw[a-z]$/;

/** Rebuilds a tool whenever its files change, and has the hosts that run take it up. */
export const toolDev: Command = {
  spec: {
    name: "tool dev",
    summary: "rebuild a tool as it is written, in the hosts that run",
    usage: "[folder] [options]",
    details: `
Builds the tool of a folder, takes it in and makes it active, and does so again each time that a
file of it changes, until it is interrupted. Hosts on the same state directory take each version up
at once and tell their clients; every call of the tool is shown, whoever makes it. What changes of
what the tool may do is accepted without a question: it is your own tool.

The version of each is the next after all that were deployed; tool.json stays as it is. What does
not build changes nothing: the version before it stays.`,
    options: Object.fromEntries(Object.entries(TOOL_OPTIONS).filter(([name]) => name !== "json")),
    operands: [0, 1],
    examples: [["tollgate tool dev ./words", "in one terminal, with a client that serves beside it"]],
    exits: "With tool dev, 1 means that the folder holds no tool.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, signal } = context;
      const folder = folderOperand(context);
      const source = scriptOf(folder) === undefined ? await readToolSource(folder, desk.check, desk.shell) : undefined;
      if (source !== undefined && isFault(source)) return source;
      let name: string | undefined;
      const since = desk.chain.sequence() + 1;
      const bring = async () => {
        const brought = await bringUp(desk, context, folder);
        if (isFault(brought)) note(ambient, `tollgate: ${brought.message}`);
        else {
          name = brought.name;
          if (brought.line !== undefined) say(ambient, brought.line);
        }
      };
      const changes = watchFolder(folder, signal);
      if (isFault(changes)) return changes;
      const shown = showCalls(desk, context, since, () => name);
      await bring();
      for await (const _ of changes) await bring();
      await shown;
      return EXIT.ok;
    }),
};

interface Brought {
  readonly name: string;
  /** Absent where nothing is other than what runs. */
  readonly line?: string;
}

/** Builds what is in the folder and makes it the version that runs, unless it is that already. */
async function bringUp(desk: ToolDesk, { ambient }: CommandContext, folder: string): Promise<Brought | Fault> {
  const started = performance.now();
  if (scriptOf(folder) !== undefined) {
    const built = await buildScriptFolder(folder, desk.check, ambient.packageRoot);
    if (isFault(built)) return built;
  }
  const read = await readToolSource(folder, desk.check, desk.shell);
  if (isFault(read)) return read;
  // Whatever was signed was signed for another version.
  const { envelope: _, certificates: __, ...source } = read;
  const { name, version } = source.document as { name: string; version: string };
  const record = desk.chain.read((state) => readRow(state, "tool", name));
  const active = record?.active;
  if (active !== undefined && isSameTool(desk, name, active, source)) return { name };
  const next = record === undefined || isLaterVersion(version, record.highest) ? version : versionAfter(record.highest);
  const document: JsonObject = { ...source.document, version: next };
  const taken = await takeInSource(desk, ambient, { ...source, document }, { activate: true, accept: true });
  if (isFault(taken)) return taken;
  const ms = (performance.now() - started).toFixed(0);
  return { name, line: `${name} ${next} is active · #${taken.activated} · ${ms} ms` };
}

/** Yields after each change of a file that somebody writes, once it is quiet; ends with the signal. */
function watchFolder(folder: string, signal: AbortSignal): AsyncGenerator<void> | Fault {
  let wake = () => {};
  let changed = false;
  let timer: NodeJS.Timeout | undefined;
  const bell = () => {
    changed = true;
    wake();
  };
  try {
    const watcher = watch(folder, { recursive: true }, (_, file) => {
      if (file === null || file === DECLARATION_FILE || GENERATED.test(file)) return;
      clearTimeout(timer);
      timer = setTimeout(bell, QUIET_MS);
    });
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      watcher.close();
      wake();
    });
  } catch (error) {
    return fault("trust", "tool-refused", `${folder} cannot be watched: ${(error as NodeJS.ErrnoException).code}`);
  }
  return (async function* () {
    while (!signal.aborted) {
      if (!changed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (!changed) continue;
      changed = false;
      yield;
    }
  })();
}

async function showCalls(
  { chain }: ToolDesk,
  { ambient, signal }: CommandContext,
  since: number,
  name: () => string | undefined,
): Promise<void> {
  for await (const event of chain.follow(since, signal)) {
    if (event.kind.startsWith("call.") && event.kind !== "call.intent" && event.payload.tool === name()) {
      say(ambient, eventLine(event));
    }
  }
}
