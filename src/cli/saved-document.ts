import { lengthOf, wholeEffect } from "../contract/effect.ts";
import { type Fault, fault, isFault } from "../contract/fault.ts";
import type { JsonObject } from "../contract/json.ts";
import { type FolderNeed, SHELL_TOOL, type ToolManifest } from "../contract/manifest.ts";
import { safeText } from "../contract/safe-text.ts";
import { stateCommand } from "../trust/saved-command.ts";
import type { Arguments } from "./arguments.ts";
import type { OptionSpecs } from "./command.ts";
import { proposeEffect, raiseEffect, writersIn } from "./saved-effect.ts";
import { readParameters } from "./saved-parameters.ts";
import { LONGEST_TOOL_NAME, titleOf } from "./tool-name.ts";

const NAME = /^shell(\.[a-z][a-z0-9_]*)+$/;
const LONGEST_TIMEOUT_MS = 290_000;

/** The options by which a command line says what a saved command is and may do. */
export const SAVED_OPTIONS: OptionSpecs = {
  cwd: { kind: "value", placeholder: "DIR", description: "where it begins (its first folder)" },
  description: { kind: "value", placeholder: "TEXT", description: "what it does, for a model" },
  effect: { kind: "list", placeholder: "PART=VALUE", description: "raise a part of its effect, such as risk=0.8" },
  "no-files": { kind: "flag", description: "it has no folders" },
  param: { kind: "list", placeholder: "NAME:TYPE", description: "a parameter, such as dir:path or n:integer?" },
  read: { kind: "list", placeholder: "DIR", description: "a folder that it reads, below the first root" },
  "timeout-ms": {
    kind: "value",
    placeholder: "N",
    description: "end it after so long, with exit code 124",
    range: [1, LONGEST_TIMEOUT_MS],
  },
  title: { kind: "value", placeholder: "TEXT", description: "a short name for people" },
  write: { kind: "list", placeholder: "DIR", description: "a folder that it reads and writes" },
};

/** A `tool.json`, and what a person should know of how it came to be. */
export interface SavedDocument {
  readonly document: JsonObject;
  readonly remarks: readonly string[];
}

/** The `tool.json` that a command line amounts to, of the version that is given. */
export function savedDocument(
  shipped: readonly ToolManifest[],
  args: Arguments,
  version: string,
): SavedDocument | Fault {
  const [name, command] = args.operands as readonly [string, string];
  const shell = shipped.find((tool) => tool.name === SHELL_TOOL);
  if (shell === undefined) return fault("host", "internal", "there is no shell: install tollgate again");
  if (!NAME.test(name) || name.length > LONGEST_TOOL_NAME) {
    const message = `${safeText(name, 80)} is no name of a saved command: use shell. and lower-case words with _ between, ${LONGEST_TOOL_NAME} characters at most, such as shell.count_todos`;
    return fault("trust", "tool-name-refused", message);
  }
  const parameters = readParameters(args.list("param"));
  if (typeof parameters === "string") return unsaved(name, parameters);
  const folders = foldersOf(args);
  if (isFault(folders)) return folders;
  const writes = folders.some(({ access }) => access === "read-write");
  const filesystem = folders.length === 0 ? "none" : writes ? "read-write" : "read-only";
  const { effect: proposed, because } = proposeEffect(command, filesystem);
  const effect = raiseEffect(proposed, args.list("effect"));
  if (typeof effect === "string") return unsaved(name, effect);
  const writers = writes ? [] : writersIn(command);
  const cwd = args.value("cwd");
  const timeoutMs = args.number("timeout-ms");
  const document = {
    name,
    version,
    title: args.value("title") ?? titleOf(name),
    description: args.value("description") ?? `Runs this shell command: ${safeText(command.replace(/\s+/g, " "), 400)}`,
    category: shell.category,
    parameters: parameters.schema,
    output: shell.output,
    effect,
    annotations: { readOnlyHint: !writes, destructiveHint: writes, idempotentHint: !writes, openWorldHint: false },
    limits: shell.limits,
    filesystem,
    folders,
    resources: parameters.resources,
    clock: shell.clock === true,
    random: shell.random === true,
    shell: stateCommand({
      command,
      ...(cwd !== undefined && { cwd }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    }),
  };
  return {
    document: document as unknown as JsonObject,
    remarks: [
      `its effect is ${lengthOf(wholeEffect(effect))
        .toFixed(3)
        .replace(/\.?0+$/, "")} at least: ${because}`,
      ...(writers.length === 0
        ? []
        : [`it names ${writers.join(", ")}, and can write to nothing but its own /tmp: --write DIR gives it a folder`]),
    ],
  };
}

function foldersOf(args: Arguments): readonly FolderNeed[] | Fault {
  const [read, write] = [args.list("read"), args.list("write")];
  const all = [
    ...write.map((path): FolderNeed => ({ path, access: "read-write" })),
    ...read.map((path): FolderNeed => ({ path, access: "read-only" })),
  ];
  if (!args.flag("no-files")) return all.length > 0 ? all : [{ path: ".", access: "read-only" }];
  return all.length === 0
    ? []
    : unsaved(args.operands[0] as string, "--no-files and --read or --write contradict each other: leave one out");
}

/** Refuses to save a command, with a sentence that says why. */
export const unsaved = (name: string, why: string): Fault =>
  fault("trust", "tool-refused", `${safeText(name, 80)} cannot be saved: ${why}`);
