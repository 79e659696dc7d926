import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { EffectVector } from "../contract/effect.ts";
import { EFFECT_DIMENSIONS } from "../contract/effect.ts";
import { type Fault, fault } from "../contract/fault.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { DEFAULT_LIMITS } from "../contract/limits.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { safeText } from "../contract/safe-text.ts";
import { parseJson } from "../contract/strict-json.ts";
import type { Sha256 } from "../contract/units.ts";
import { HOST_CALLS } from "../store/wasi/import-names.ts";
import { mayListHostCall } from "./kernel/host-calls.ts";
import { type Check, findCheck, type ValidatorModule } from "./schema-check.ts";

/** A tool that can be called: its contract, its bytes as sealed, and the checks of its schemas. */
export interface Tool {
  readonly manifest: ToolManifest;
  readonly moduleHash: Sha256;
  readonly moduleBytes: Uint8Array;
  readonly checkArguments: Check;
  readonly checkAnswer: Check;
}

/** The tools of this host by dotted name, in the order of their names. */
export type Registry = ReadonlyMap<string, Tool>;

export interface RegistrySource {
  /** Folder of `<tool>.json` and `seal.json`. */
  readonly manifests: URL;
  /** Folder of the compiled modules. */
  readonly modules: URL;
  readonly validators: ValidatorModule;
  readonly manifestSchema: JsonObject;
}

/**
 * Reads every manifest and module that ships. Nothing is half accepted: a manifest that does not meet the
 * schema or lists a host call that is not for it, a module that is missing or whose bytes differ from the
 * seal, or two tools of one name, refuse the whole set with the name of the file. Each module is read once; what is hashed is what runs.
 */
export function readRegistry(source: RegistrySource): { ok: true; registry: Registry } | { ok: false; fault: Fault } {
  const checkManifest = findCheck(source.validators, source.manifestSchema);
  if (checkManifest === undefined) return refuse("the manifest schema is not the one that was built");
  const seal = readSeal(source.manifests);
  if (typeof seal === "string") return refuse(seal);

  const tools: Tool[] = [];
  for (const file of readdirSync(source.manifests).sort()) {
    if (!file.endsWith(".json") || file === "seal.json") continue;
    const tool = readTool(file, source, checkManifest, seal);
    if (typeof tool === "string") return refuse(`manifest ${file}: ${tool}`);
    if (file !== `${tool.manifest.name}.json`) return refuse(`manifest ${file}: names itself ${tool.manifest.name}`);
    const plain = listedName(tool.manifest);
    const other = tools.find(({ manifest }) => listedName(manifest) === plain);
    if (other !== undefined)
      return refuse(`manifest ${file}: it and ${other.manifest.name}.json would both be listed as ${plain}`);
    tools.push(tool);
  }
  if (tools.length === 0) return refuse("no manifest was found");
  tools.sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
  return { ok: true, registry: new Map(tools.map((tool) => [tool.manifest.name, tool])) };
}

/** How MCP lists a tool: clients refuse dots, so two names that differ only there are one name to them. */
const listedName = ({ name }: ToolManifest): string => name.replaceAll(".", "_");

function refuse(why: string): { ok: false; fault: Fault } {
  return {
    ok: false,
    fault: fault(
      "host",
      "internal",
      `the tools could not be loaded: ${why}: run npm run build, or install tollgate again`,
    ),
  };
}

function readTool(file: string, source: RegistrySource, checkManifest: Check, seal: Seal): Tool | string {
  const document = readJsonFile(new URL(file, source.manifests));
  if (typeof document === "string") return document;
  const wrong = checkManifest(document);
  if (wrong !== undefined) return wrong;
  const manifest = toManifest(document);

  const unclear = misnamedTemplate(manifest) ?? undecidedFiles(manifest);
  if (unclear !== undefined) return unclear;

  const unknown = manifest.hostCalls.find((name) => !mayListHostCall(manifest, name));
  if (unknown !== undefined) {
    return `its hostCalls name "${safeText(unknown, 64)}", which the store does not have for it: ${[...HOST_CALLS].join(", ")}`;
  }

  const checkArguments = findCheck(source.validators, manifest.parameters);
  const checkAnswer = findCheck(source.validators, manifest.output);
  if (checkArguments === undefined || checkAnswer === undefined) return "its schemas are not the ones that were built";

  const sealed = Object.hasOwn(seal, manifest.module) ? seal[manifest.module] : undefined;
  if (sealed === undefined) return `module ${manifest.module} is not sealed`;
  let moduleBytes: Uint8Array;
  try {
    moduleBytes = readFileSync(new URL(manifest.module, source.modules));
  } catch (error) {
    return `module ${manifest.module} cannot be read: ${(error as NodeJS.ErrnoException).code}`;
  }
  const moduleHash = createHash("sha256").update(moduleBytes).digest("hex");
  if (moduleHash !== sealed) return `module ${manifest.module} is ${moduleHash}, sealed as ${sealed}`;
  return { manifest, moduleHash, moduleBytes, checkArguments, checkAnswer };
}

const TEMPLATE_PREFIX = "template.";
const TEMPLATE_ACTION = "tool.agent.run";

/** A template is known as one by its name and its action, and nothing else is: whoever reads either is not misled. */
function misnamedTemplate({ kind, name, action }: ToolManifest): string | undefined {
  const looksLikeOne = name.startsWith(TEMPLATE_PREFIX);
  if ((kind === "template") !== looksLikeOne) {
    return looksLikeOne
      ? `its name begins with ${TEMPLATE_PREFIX} and its kind is not template`
      : `it is a template and its name does not begin with ${TEMPLATE_PREFIX}`;
  }
  if ((kind === "template") === (action === TEMPLATE_ACTION)) return undefined;
  return kind === "template"
    ? `it is a template and its action is not ${TEMPLATE_ACTION}`
    : `its action ${TEMPLATE_ACTION} is that of templates`;
}

/** A tool that uses files must say by which arguments, or the gate would decide about nothing in particular. */
function undecidedFiles({ filesystem, parameters, resources }: ToolManifest): string | undefined {
  if (filesystem !== "none" && !resources.some(({ kind }) => kind === "path")) {
    return `it needs files (${filesystem}) and its resources name no path that says which`;
  }
  const properties = (parameters.properties ?? {}) as JsonObject;
  const missing = resources.find(({ argument }) => !Object.hasOwn(properties, argument));
  return missing && `its resources name "${safeText(missing.argument, 64)}", which is none of its parameters`;
}

type Seal = Readonly<Record<string, Sha256>>;

function readSeal(manifests: URL): Seal | string {
  const document = readJsonFile(new URL("seal.json", manifests));
  if (typeof document === "string") return `seal.json: ${document}`;
  const modules = document.modules;
  if (document.algorithm !== "sha-256" || typeof modules !== "object" || modules === null || Array.isArray(modules)) {
    return "seal.json: is not a seal";
  }
  return modules as Record<string, string>;
}

function readJsonFile(url: URL): JsonObject | string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(url);
  } catch (error) {
    return `cannot be read: ${(error as NodeJS.ErrnoException).code}`;
  }
  const parsed = parseJson(bytes);
  if (!parsed.ok) return parsed.reason;
  return isObject(parsed.value) ? parsed.value : "is not a JSON object";
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Fills in what a manifest may leave out. The document has met the manifest schema before. */
function toManifest(document: JsonObject): ToolManifest {
  const written = document as unknown as Partial<ToolManifest> & Pick<ToolManifest, "effect">;
  const effect = Object.fromEntries(EFFECT_DIMENSIONS.map((name) => [name, written.effect[name] ?? 0])) as EffectVector;
  return {
    ...(document as unknown as ToolManifest),
    effect,
    limits: { ...DEFAULT_LIMITS, ...written.limits },
    resources: written.resources ?? [],
    hostCalls: written.hostCalls ?? [],
  };
}
