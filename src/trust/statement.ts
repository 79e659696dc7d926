import { createHash } from "node:crypto";
import { canonicalJson } from "../contract/canonical-json.ts";
import { wholeEffect } from "../contract/effect.ts";
import { type Fault, fault } from "../contract/fault.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { DEFAULT_LIMITS } from "../contract/limits.ts";
import { NO_OUTPUT, PLUGIN_ACTION, SHELL_HOST_CALLS, type ToolManifest } from "../contract/manifest.ts";
import { parseJson } from "../contract/strict-json.ts";
import { TEMPLATE_OUTPUT, TEMPLATE_PARAMETERS } from "../contract/template-contract.ts";
import type { Sha256 } from "../contract/units.ts";
import { stateCommand } from "./saved-command.ts";

/** Which kind of document it is, and how its members are meant. */
const FORM = "tool/1";

/** The bytes that a tool runs. */
export interface ModuleIdentity {
  readonly sha256: Sha256;
  /** In bytes. */
  readonly size: number;
}

/** Everything that decides what one version of a tool is and may do. Whoever signs it vouches for all of it. */
export interface ToolStatement {
  /** `module` names the module by its hash. */
  readonly manifest: ToolManifest & { readonly version: string };
  readonly module: ModuleIdentity;
  /** The one text that is signed: canonical JSON (RFC 8785), in UTF-8. */
  readonly payload: Uint8Array;
  /** SHA-256 of `payload`: two versions with one digest are the same in all that counts. */
  readonly sha256: Sha256;
}

/** Says what is wrong with a document that should be a `tool.json`, or nothing; by `schema/tool.schema.json`. */
export type DocumentCheck = (document: Json) => string | undefined;

/** The statement of a `tool.json` that met its schema, with the module that is in its folder. */
export function stateTool(document: JsonObject, module: ModuleIdentity): ToolStatement {
  return statementOf(expand(document, module), module);
}

/**
 * Reads a signed payload. Refuses, as `statement-invalid`, whatever is not the one text that {@link stateTool} gives for
 * what it says: another order, a default that is left out, a member that this version does not know.
 */
export function readStatement(payload: Uint8Array, check: DocumentCheck): ToolStatement | Fault {
  const parsed = parseJson(payload);
  if (!parsed.ok) return invalid(parsed.reason);
  if (typeof parsed.value !== "object" || parsed.value === null || Array.isArray(parsed.value)) {
    return invalid("it is not an object");
  }
  const { tollgate, ...document } = parsed.value as JsonObject;
  if (tollgate !== FORM) return invalid(`it is not of the form ${FORM}`);
  const wrong = check(document);
  if (wrong !== undefined) return invalid(wrong);
  const module = document.module;
  if (typeof module !== "object" || module === null || Array.isArray(module)) return invalid("it names no module hash");
  const { sha256, size } = module as JsonObject;
  const statement = stateTool(document, { sha256: sha256 as Sha256, size: size as number });
  if (Buffer.compare(statement.payload, payload) !== 0) return invalid("it is not in its canonical form");
  return statement;
}

/**
 * What a tool takes and answers. What a template does is not for its document to say: the host gives messages as it gives
 * them, in this version and the next.
 */
export function schemasOf(document: JsonObject): Pick<ToolManifest, "parameters" | "output"> {
  if (document.kind === "template") return { parameters: TEMPLATE_PARAMETERS, output: TEMPLATE_OUTPUT };
  const { parameters, output = NO_OUTPUT } = document as unknown as ToolManifest;
  return { parameters, output };
}

/** The manifest that such a document comes to, with every default in its place. */
export function expand(document: JsonObject, { sha256 }: Pick<ModuleIdentity, "sha256">): ToolStatement["manifest"] {
  const written = document as unknown as Partial<ToolManifest> & Pick<ToolManifest, "effect" | "name" | "title">;
  const { kind, annotations } = document as unknown as ToolManifest;
  const { parameters, output } = schemasOf(document);
  return {
    ...(kind === "template" && { kind }),
    name: written.name,
    version: document.version as string,
    title: written.title,
    description: document.description as string,
    category: written.category ?? "plugin",
    parameters,
    output,
    ...(written.result !== undefined && { result: written.result }),
    ...(written.asks !== undefined && { asks: written.asks }),
    action: written.action ?? PLUGIN_ACTION,
    effect: wholeEffect(written.effect),
    annotations,
    limits: { ...DEFAULT_LIMITS, ...written.limits },
    filesystem: written.filesystem ?? "none",
    folders: written.folders ?? [],
    env: written.env ?? [],
    calls: written.calls ?? [],
    http: written.http ?? [],
    resources: written.resources ?? [],
    clock: written.clock ?? false,
    random: written.random ?? false,
    hostCalls: written.hostCalls ?? (written.shell === undefined ? [] : SHELL_HOST_CALLS),
    ...(written.shell !== undefined && { shell: stateCommand(written.shell) }),
    module: `${sha256}.wasm`,
  };
}

function statementOf(manifest: ToolStatement["manifest"], module: ModuleIdentity): ToolStatement {
  const { module: _, parameters, output, ...stated } = manifest;
  const schemas = manifest.kind === "template" ? {} : { parameters, output };
  const text = canonicalJson({ tollgate: FORM, ...stated, ...schemas, module } as unknown as Json);
  const payload = new Uint8Array(Buffer.from(text, "utf8"));
  return { manifest, module, payload, sha256: createHash("sha256").update(payload).digest("hex") };
}

const invalid = (why: string): Fault =>
  fault("trust", "statement-invalid", `what was signed is no statement of a tool: ${why}: sign the tool again`);
