import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fault, isFault } from "../contract/fault.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { DEFAULT_LIMITS } from "../contract/limits.ts";
import { safeText } from "../contract/safe-text.ts";
import { MIB } from "../contract/units.ts";
import { examine, inspectModule } from "../host/tools/examine.ts";
import { signingTrust } from "../host/tools/signing-trust.ts";
import { MANIFEST_FILE, readPlainFile, readToolSource } from "../host/tools/tool-source.ts";
import { findSigner } from "../host/tools/vouch.ts";
import { expandPath } from "../host/xdg.ts";
import type { ModuleReport } from "../store/module-report.ts";
import { type Command, type CommandContext, EXIT, type ExitCode } from "./command.ts";
import { bytes, say, sayJson, terminalJson } from "./output.ts";
import { TOOL_OPTIONS, type ToolDesk, withToolDesk } from "./tool-desk.ts";
import { manifestLines } from "./tool-text.ts";

/** Says what a module or a tool would be allowed, before anything of it is trusted. */
export const toolInspect: Command = {
  spec: {
    name: "tool inspect",
    summary: "what a module or a tool imports, exports and would be allowed",
    usage: "<module.wasm|folder> [--write] [options]",
    details: `
Of a folder: everything that tollgate tool deploy would look at, and whose signature it has. Of a
module alone: what it imports, exports and needs, and a tool.json for it, with nothing granted, for
you to complete. Nothing is run, kept or trusted.`,
    options: {
      write: {
        kind: "flag",
        description: "of a module: write the proposal as tool.json beside it, where there is none",
      },
      ...TOOL_OPTIONS,
    },
    operands: [1, 1],
    examples: [
      ["tollgate tool inspect greet.wasm", "a module"],
      ["tollgate tool inspect greet.wasm --write", "a module, and a manifest to complete beside it"],
      ["tollgate tool inspect ./greet", "a tool"],
    ],
    exits: "With tool inspect, 1 means that it could not be deployed as it is.",
  },

  run: (context) =>
    withToolDesk(context, async (desk) => {
      const { ambient, args } = context;
      const typed = args.operands[0] as string;
      const path = expandPath(typed, ambient.cwd, ambient.env) ?? typed;
      return path.endsWith(".wasm") ? inspectBare(context, path) : inspectTool(desk, context, path);
    }),
};

async function inspectTool(desk: ToolDesk, { ambient, args }: CommandContext, path: string) {
  const source = await readToolSource(path, desk.check, desk.shell);
  if (isFault(source)) return source;
  const examined = await examine(source, desk.shipped, ambient.packageRoot);
  if (isFault(examined)) return examined;
  const { statement, report } = examined;
  const { envelope, certificates } = source;
  const vouched =
    envelope === undefined
      ? undefined
      : desk.chain.read((state) =>
          findSigner(envelope, certificates, statement, signingTrust(state, desk.stateDirectory), ambient.clock()),
        );
  const signed = vouched === undefined ? "nobody" : isFault(vouched) ? vouched.message : vouched.signer.keyid;
  if (args.flag("json")) {
    sayJson(ambient, {
      statement: JSON.parse(Buffer.from(statement.payload).toString("utf8")),
      statement_sha256: statement.sha256,
      signed_by: vouched === undefined || isFault(vouched) ? null : vouched.signer.keyid,
      ...(isFault(vouched) && { signature_refused: vouched.message }),
      ...(report !== undefined && { module: reportJson(report) }),
    });
  } else {
    for (const line of manifestLines(statement.manifest)) say(ambient, line);
    if (report !== undefined) for (const line of reportLines(report)) say(ambient, line);
    say(ambient, `  statement   ${statement.sha256}`);
    say(ambient, `  signed by   ${signed}`);
    say(ambient, `next: tollgate tool deploy ${path}`);
  }
  return isFault(vouched) ? EXIT.no : EXIT.ok;
}

async function inspectBare(
  { ambient, args }: CommandContext,
  path: string,
): Promise<ExitCode | ReturnType<typeof fault>> {
  const module = readPlainFile(path, 10 * MIB);
  if (module === undefined)
    return fault("trust", "tool-refused", `${safeText(path, 200)} is not there: build it first`);
  if (isFault(module)) return module;
  const report = await inspectModule(module, ambient.packageRoot);
  if (isFault(report))
    return fault("trust", "tool-refused", `${safeText(path, 200)} cannot be deployed: ${report.message}`);
  const proposal = propose(basename(path), report);
  const sha256 = createHash("sha256").update(module).digest("hex");
  const folder = dirname(path);
  const manifest = join(folder, MANIFEST_FILE);
  if (args.flag("write")) {
    try {
      writeFileSync(manifest, `${JSON.stringify(proposal, null, 2)}\n`, { flag: "wx" });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === "EEXIST" ? "it is there already, and is left as it is" : `it cannot be written: ${code}`;
      return fault("trust", "tool-refused", `${safeText(manifest, 200)}: ${why}`);
    }
  }
  if (args.flag("json")) {
    sayJson(ambient, { sha256, module: reportJson(report), proposal });
    return EXIT.ok;
  }
  say(ambient, `${basename(path)} · ${sha256}`);
  for (const line of reportLines(report)) say(ambient, line);
  ambient.stdout.write(`\na tool.json for it, with nothing granted:\n${terminalJson(proposal)}\n`);
  if (args.flag("write")) {
    say(ambient, `written to ${manifest}: say in it what the tool takes and answers`);
    say(ambient, `next: tollgate tool deploy ${folder} --activate`);
  } else say(ambient, `next: tollgate tool inspect ${path} --write`);
  return EXIT.ok;
}

/** A manifest for a module without one: what it imports is named where a person has to decide, and nothing is granted. */
function propose(file: string, { needs, imports }: ModuleReport): JsonObject {
  const stem = file
    .replace(/\.wasm$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "");
  const wants = [
    ...(needs.filesystem ? ["files"] : []),
    ...(needs.clock ? ["the time"] : []),
    ...(needs.random ? ["randomness"] : []),
    ...needs.hostCalls.map((name) => `tollgate.${safeText(name, 40)}`),
  ];
  const granted = wants.length === 0 ? "" : ` It imports what gives ${wants.join(", ")}, none of which it is given.`;
  return {
    name: `local.${stem === "" ? "tool" : stem}`.slice(0, 40),
    version: "0.1.0",
    title: stem === "" ? "Tool" : stem,
    description: `Describe what it does, for a model.${granted}`,
    parameters: { type: "object", additionalProperties: false, properties: {} },
    output: { type: "object", additionalProperties: false, properties: {} },
    effect: { risk: imports.length === 0 ? 0 : 0.1 },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    ...(needs.memoryBytes > DEFAULT_LIMITS.memoryBytes && { limits: { memoryBytes: needs.memoryBytes } }),
    filesystem: "none",
    hostCalls: [],
    module: file,
  };
}

function reportLines({ size, imports, exports, entryPoints, memory, needs, warnings }: ModuleReport): string[] {
  const names = (all: readonly { readonly module?: string; readonly name: string }[]) =>
    all.length === 0
      ? "nothing"
      : all.map(({ module, name }) => (module === undefined ? name : `${module}.${name}`)).join(", ");
  const wants = (["filesystem", "clock", "random"] as const).filter((what) => needs[what]);
  return [
    `  size        ${bytes(size)}`,
    `  imports     ${names(imports)}`,
    `  exports     ${names(exports)}`,
    `  entered by  ${entryPoints[0] ?? "nothing"}`,
    `  memory      ${memory === undefined ? "none" : `${bytes(needs.memoryBytes)} from the start`}`,
    `  could use   ${wants.length === 0 ? "nothing" : wants.join(", ")}`,
    ...warnings.map((warning) => `  warning     ${warning}`),
  ];
}

const reportJson = (report: ModuleReport): Json => JSON.parse(JSON.stringify(report)) as Json;
