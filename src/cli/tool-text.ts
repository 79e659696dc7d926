import type { Limits } from "../contract/limits.ts";
import type { SavedCommand, ToolManifest } from "../contract/manifest.ts";
import { safeText } from "../contract/safe-text.ts";
import type { VersionRecord } from "../kernel/tools/records.ts";
import type { Difference } from "../trust/difference.ts";
import { bytes, grouped } from "./output.ts";

/** What a tool is and may do, a line each. */
export function manifestLines(manifest: ToolManifest): string[] {
  const {
    limits,
    effect,
    annotations,
    folders = [],
    resources,
    hostCalls,
    clock,
    random,
    env = [],
    calls = [],
    http = [],
    shell,
  } = manifest;
  const parts = Object.entries(effect).flatMap(([name, value]) => (value > 0 ? [`${name} ${value}`] : []));
  const hint = annotations.readOnlyHint ? "read-only" : annotations.destructiveHint ? "destructive" : "writes";
  return [
    `${manifest.name} ${manifest.version} · ${manifest.title}`,
    // Marked, so that no line of its maker's can pass for one of ours.
    ...manifest.description.split("\n").map((line) => `  | ${line}`),
    ...(manifest.kind === "template"
      ? ["  kind        a template: it handles the messages of agents, and is never called"]
      : []),
    ...(shell === undefined ? [] : commandLines(shell)),
    `  effect      ${parts.length === 0 ? "none" : parts.join(" ")} · ${hint}`,
    ...(manifest.result === "content" ? ["  answers     blocks: text, images, audio, resources, links"] : []),
    ...(manifest.asks === true ? ["  asks        the user of whoever calls it, by forms"] : []),
    `  folders     ${folders.length === 0 ? "none" : folders.map(({ path, access }) => `${path} (${access})`).join(", ")}`,
    ...(resources.length === 0
      ? []
      : [
          `  paths       ${resources.map(({ argument, actions }) => `${argument} (${actions.join(", ")})`).join(", ")}`,
        ]),
    `  host calls  ${hostCalls.length === 0 ? "none" : hostCalls.join(", ")}`,
    ...(env.length === 0 ? [] : [`  variables   ${env.join(", ")}`]),
    ...(calls.length === 0 ? [] : [`  calls       ${calls.join(", ")}`]),
    ...http.map(({ origin, methods, path }) => `  network     ${methods.join(", ")} ${origin}${path}`),
    ...(clock === true || random === true
      ? [
          `  given       ${[...(clock === true ? ["the time"] : []), ...(random === true ? ["randomness"] : [])].join(", ")}`,
        ]
      : []),
    `  limits      ${limitsText(limits)}`,
  ];
}

export const limitsText = ({ fuel, memoryBytes, deadlineMs, outputBytes }: Limits): string =>
  `fuel ${grouped(fuel)} · memory ${bytes(memoryBytes)} · ${deadlineMs / 1000} s · output ${bytes(outputBytes)}`;

/** A saved command, line for line as it runs. */
function commandLines({ command, sha256, cwd, timeoutMs }: SavedCommand): string[] {
  const shown = command.split("\n").map((line) => safeText(line.replaceAll("\t", "    "), line.length * 8 + 1));
  return [
    ...shown.map((line, at) => `${at === 0 ? "  command     " : "              "}${line}`),
    `  its sha256  ${sha256}`,
    ...(cwd === undefined ? [] : [`  begins in   ${cwd}`]),
    ...(timeoutMs === undefined ? [] : [`  ends after  ${timeoutMs / 1000} s`]),
  ];
}

/** The command that uses a tool that has just become active. */
export function commandThatUses({ kind, name, parameters }: ToolManifest): string {
  if (kind === "template") return `tollgate agent spawn <id> --template ${name}`;
  const required = (parameters.required ?? []) as readonly string[];
  return ["tollgate call", name, ...required.map((argument) => `${argument}=…`)].join(" ");
}

/** Who vouches for a version and what it is, a line each. */
export function recordLines({
  module_sha256,
  module_bytes,
  statement_sha256,
  signer,
  unsigned,
}: VersionRecord): string[] {
  return [
    `  module      ${module_sha256} (${bytes(module_bytes)})`,
    `  statement   ${statement_sha256}`,
    `  signed by   ${signedBy({ signer, unsigned })}`,
  ];
}

export function signedBy({ signer, unsigned }: Pick<VersionRecord, "signer" | "unsigned">): string {
  if (unsigned) return "nobody; this host vouches for it";
  return signer.kind === "host" ? "this host" : signer.keyid;
}

/** Where a version stands, in a word or two. */
export function standingOf({ version, revoked, removed, accepted }: VersionRecord, active: string | undefined): string {
  const gone = removed === undefined ? "" : ", removed";
  if (revoked !== undefined) return `revoked${gone}`;
  if (removed !== undefined) return "removed";
  if (version === active) return "active";
  return accepted === undefined ? "not accepted" : "deployed";
}

/** A difference as two lines, the old and the new. */
export function differenceLines(differences: readonly Difference[]): string[] {
  return differences.flatMap(({ where, before, after }) => [
    `  ${where}`,
    ...(before === undefined ? [] : [`    - ${before}`]),
    ...(after === undefined ? [] : [`    + ${after}`]),
  ]);
}
