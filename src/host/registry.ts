import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Fault, fault } from "../contract/fault.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { parseJson } from "../contract/strict-json.ts";
import type { Sha256 } from "../contract/units.ts";
import type { ContentDocument } from "./answer.ts";
import type { BuildChecks } from "./build-checks.ts";
import { readManifest } from "./manifest-check.ts";
import { type Check, checkBy, findCheck, type ValidatorModule } from "./schema-check.ts";

/** A tool that can be called: its contract, its bytes as sealed, and the checks of its schemas. */
export interface Tool {
  readonly manifest: ToolManifest;
  readonly moduleHash: Sha256;
  /** The bytes, or how to read those of a large one when it is first needed: the store then holds them to the hash. */
  readonly moduleBytes: Uint8Array | (() => Promise<Uint8Array>);
  readonly checkArguments: Check;
  readonly checkAnswer: Check;
  /** Of a tool whose result is `content`, in the place of `checkAnswer`: the document, or what is wrong with it. */
  readonly readContent?: ((document: JsonObject) => ContentDocument | string) | undefined;
}

/** The tools of this host by dotted name, in the order of their names. */
export type Registry = ReadonlyMap<string, Tool>;

export interface RegistrySource {
  /** Folder of `<tool>.json` and `seal.json`. */
  readonly manifests: URL;
  /** Folder of the compiled modules. */
  readonly modules: URL;
  readonly built: BuildChecks;
  /** For a manifest that is not as the build checked it: the check of the manifest schema, and all validators. */
  readonly check: () => Promise<{ readonly manifest: Check; readonly validators: ValidatorModule }>;
  /** The validators, once they are loaded; no arguments are checked before. */
  readonly loaded: () => ValidatorModule;
}

/**
 * Reads every manifest and module that ships. Nothing is half accepted: a manifest that does not meet the
 * schema or lists a host call that is not for it, a module that is missing or whose bytes differ from the
 * seal, or two tools of one name, refuse the whole set with the name of the file. Each module is read once; what is hashed is what runs. A
 * large module is looked for, and read and hashed each time that it is compiled.
 * A manifest whose bytes are those that the build checked is not checked again.
 */
export async function readRegistry(
  source: RegistrySource,
): Promise<{ ok: true; registry: Registry } | { ok: false; fault: Fault }> {
  const seal = readSeal(source.manifests);
  if (typeof seal === "string") return refuse(seal);

  const tools: Tool[] = [];
  const listed = new Map<string, string>();
  for (const file of readdirSync(source.manifests).sort()) {
    if (!file.endsWith(".json") || file === "seal.json") continue;
    const tool = await readTool(file, source, seal);
    if (typeof tool === "string") return refuse(`manifest ${file}: ${tool}`);
    if (file !== `${tool.manifest.name}.json`) return refuse(`manifest ${file}: names itself ${tool.manifest.name}`);
    const plain = listedName(tool.manifest);
    const other = listed.get(plain);
    if (other !== undefined) return refuse(`manifest ${file}: it and ${other}.json would both be listed as ${plain}`);
    listed.set(plain, tool.manifest.name);
    tools.push(tool);
  }
  if (tools.length === 0) return refuse("no manifest was found");
  tools.sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
  return { ok: true, registry: new Map(tools.map((tool) => [tool.manifest.name, tool])) };
}

/** Modules that are larger, those of scripts, are read when they are first run: a start reads and hashes the others. */
const READ_AT_START = 256 * 1024;

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

async function readTool(file: string, source: RegistrySource, seal: Seal): Promise<Tool | string> {
  const contract = await readContract(new URL(file, source.manifests), source);
  if (typeof contract === "string") return contract;
  const { manifest } = contract;
  const sealed = Object.hasOwn(seal, manifest.module) ? seal[manifest.module] : undefined;
  if (sealed === undefined) return `module ${manifest.module} is not sealed`;
  const url = new URL(manifest.module, source.modules);
  let moduleBytes: Uint8Array;
  try {
    if (statSync(url).size > READ_AT_START)
      return { ...contract, moduleHash: sealed, moduleBytes: () => readFile(url) };
    moduleBytes = readFileSync(url);
  } catch (error) {
    return `module ${manifest.module} cannot be read: ${(error as NodeJS.ErrnoException).code}`;
  }
  const moduleHash = createHash("sha256").update(moduleBytes).digest("hex");
  if (moduleHash !== sealed) return `module ${manifest.module} is ${moduleHash}, sealed as ${sealed}`;
  return { ...contract, moduleHash, moduleBytes };
}

type Contract = Pick<Tool, "manifest" | "checkArguments" | "checkAnswer">;

async function readContract(url: URL, source: RegistrySource): Promise<Contract | string> {
  const bytes = readBytes(url);
  if (typeof bytes === "string") return bytes;
  const names = source.built.validatorsOf(bytes);
  if (names !== undefined) {
    const manifest = readManifest(JSON.parse(bytes.toString("utf8")) as JsonObject);
    if (typeof manifest === "string") return manifest;
    const by = (name: string, schema: JsonObject) => checkBy(() => source.loaded()[name], schema);
    const checkAnswer = by(names.output, manifest.output);
    return { manifest, checkArguments: by(names.parameters, manifest.parameters), checkAnswer };
  }
  const parsed = parseJsonObject(bytes);
  if (typeof parsed === "string") return parsed;
  const { manifest: checkManifest, validators } = await source.check();
  const wrong = checkManifest(parsed);
  if (wrong !== undefined) return wrong;
  const manifest = readManifest(parsed);
  if (typeof manifest === "string") return manifest;
  const checkArguments = findCheck(validators, manifest.parameters);
  const checkAnswer = findCheck(validators, manifest.output);
  if (checkArguments === undefined || checkAnswer === undefined) return "its schemas are not the ones that were built";
  return { manifest, checkArguments, checkAnswer };
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
  const bytes = readBytes(url);
  return typeof bytes === "string" ? bytes : parseJsonObject(bytes);
}

function readBytes(url: URL): Buffer | string {
  try {
    return readFileSync(url);
  } catch (error) {
    return `cannot be read: ${(error as NodeJS.ErrnoException).code}`;
  }
}

function parseJsonObject(bytes: Uint8Array): JsonObject | string {
  const parsed = parseJson(bytes);
  if (!parsed.ok) return parsed.reason;
  return isObject(parsed.value) ? parsed.value : "is not a JSON object";
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
