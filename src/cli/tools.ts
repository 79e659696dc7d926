import type { Json } from "../contract/json.ts";
import { ceilingsOf, limitsOfTool } from "../contract/limits.ts";
import type { ResourceKind, ToolManifest } from "../contract/manifest.ts";
import { safeText } from "../contract/safe-text.ts";
import { nearest } from "../host/nearest.ts";
import { type Command, EXIT, type ExitCode } from "./command.ts";
import { complain, note, say, sayJson, terminalJson } from "./output.ts";
import { SETTINGS_OPTIONS, settingsOf } from "./settings-options.ts";
import { table } from "./table.ts";
import { limitsText } from "./tool-text.ts";

const NAMES = { risk: "risk", fairness: "fairness", privacy: "privacy", novelty: "novelty", security: "security" };

/** Lists the tools that ship, checked against their seal, or shows one of them with its schemas. */
export const tools: Command = {
  spec: {
    name: "tools",
    summary: "list the tools, or show one with its schema",
    usage: "[name] [--json]",
    details: `
Without a name: every tool with its gate action (what policies speak of), its base effect (what
it may do to the world before anybody looks at the arguments, each part 0 to 1) and the hints
that clients get. With a name: all of that, its limits, its arguments and its answer.

Both spellings of a name work: fs.read_file is the identity, fs_read_file what MCP lists.`,
    options: { config: SETTINGS_OPTIONS.config!, json: { kind: "flag", description: "print manifests as JSON" } },
    operands: [0, 1],
    examples: [
      ["tollgate tools", "what there is"],
      ["tollgate tools fs.read_file", "one tool with its schema and limits"],
      ["tollgate tools --json | jq -r '.[].name'", "names for a script"],
    ],
    exits: "With tools, 1 means that there is no tool of that name.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args } = context;
    // Tools do not depend on the roots: one that is missing should not hide them.
    const resolved = await settingsOf(context, ["/"]);
    if (!resolved.ok) return complain(ambient, resolved.fault);
    const { readProgram } = await import("../host/program.ts");
    const program = await readProgram(ambient.packageRoot);
    if (!program.ok) return complain(ambient, program.fault);
    const ceilings = ceilingsOf(resolved.settings.limits);
    const manifests = [...program.registry.values()].map(({ manifest }) => ({
      ...manifest,
      limits: limitsOfTool(manifest, resolved.settings.toolLimits, ceilings),
    }));
    const all = manifests.filter(({ kind }) => kind !== "template");
    const templates = manifests.filter(({ kind }) => kind === "template").map(({ name }) => name);

    const wanted = args.operands[0];
    if (wanted === undefined) {
      if (args.flag("json")) sayJson(ambient, all as unknown as Json);
      else list(all, templates, (line) => say(ambient, line));
      return EXIT.ok;
    }
    const tool = findTool(manifests, wanted);
    if (typeof tool === "string") {
      note(ambient, `tollgate: ${tool}`);
      return EXIT.no;
    }
    if (args.flag("json")) sayJson(ambient, tool as unknown as Json);
    else {
      for (const line of detail(tool)) say(ambient, line);
      ambient.stdout.write(`\narguments (JSON Schema 2020-12):\n${terminalJson(tool.parameters)}\n`);
      ambient.stdout.write(`\nanswer:\n${terminalJson(tool.output)}\n`);
    }
    return EXIT.ok;
  },
};

/** The tool of that name in either spelling, or the sentence that says there is none. */
export function findTool<T extends { readonly name: string }>(all: readonly T[], name: string): T | string {
  const found = all.find((tool) => tool.name === name || tool.name.replaceAll(".", "_") === name);
  if (found !== undefined) return found;
  const meant = nearest(
    name,
    all.map((tool) => tool.name),
  );
  const next =
    meant === undefined ? "see tollgate tools, and tollgate tool list for what was deployed" : `did you mean ${meant}?`;
  return `there is no tool "${safeText(name, 60)}": ${next}`;
}

function list(all: readonly ToolManifest[], templates: readonly string[], line: (text: string) => void): void {
  const rows = all.map((tool) => [tool.name, tool.action, effectText(tool), hints(tool), tool.title]);
  for (const row of table(["TOOL", "ACTION", "EFFECT", "HINTS", ""], rows)) line(row);
  line("");
  if (templates.length > 0)
    line(`templates of agents: ${templates.map((name) => name.replace("template.", "")).join(", ")}`);
  line(`${all.length} tools; effect: parts of the base effect above 0; details: tollgate tools <name>`);
}

function detail(tool: ToolManifest): string[] {
  const { limits } = tool;
  const named = (which: (kind: ResourceKind) => boolean): string =>
    tool.resources
      .filter(({ kind }) => which(kind))
      .map(({ argument, actions }) => `${argument} (${actions.join(", ")})`)
      .join(", ");
  const paths = named((kind) => kind === "path");
  const others = named((kind) => kind !== "path");
  return [
    `${tool.name} · ${tool.title}`,
    ...tool.description.split("\n"),
    "",
    `action       ${tool.action}`,
    `base effect  ${effectText(tool)}`,
    `hints        ${hints(tool)}`,
    `filesystem   ${tool.filesystem}`,
    ...(paths === "" ? [] : [`paths        ${paths}`]),
    ...(others === "" ? [] : [`speaks of    ${others}`]),
    ...(tool.hostCalls.length > 0 ? [`host calls   ${tool.hostCalls.join(", ")}`] : []),
    `limits       ${limitsText(limits)}`,
    `module       ${tool.module}`,
  ];
}

function effectText({ effect }: ToolManifest): string {
  const parts = Object.entries(NAMES).flatMap(([name, shown]) => {
    const value = effect[name as keyof typeof NAMES];
    return value > 0 ? [`${shown} ${value}`] : [];
  });
  return parts.length === 0 ? "none" : parts.join(" ");
}

function hints({ annotations }: ToolManifest): string {
  const shown = [
    annotations.readOnlyHint ? "read-only" : annotations.destructiveHint ? "destructive" : "writes",
    ...(annotations.idempotentHint ? ["idempotent"] : []),
    ...(annotations.openWorldHint ? ["open-world"] : []),
  ];
  return shown.join(" ");
}
