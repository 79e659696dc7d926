import { createHash } from "node:crypto";
import type { Chain } from "../../chain/chain.ts";
import { Cancellation } from "../../contract/cancellation.ts";
import { type Fault, isFault } from "../../contract/fault.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import type { ToolManifest } from "../../contract/manifest.ts";
import type { Sha256 } from "../../contract/units.ts";
import type { VersionRecord } from "../../kernel/tools/records.ts";
import { readCertificatesText } from "../../kernel/tools/versions.ts";
import type { Store } from "../../store/store.ts";
import { type DocumentCheck, expand } from "../../trust/statement.ts";
import type { Registry } from "../registry.ts";
import type { Check } from "../schema-check.ts";
import { readModule } from "./module-files.ts";
import { quarantined } from "./quarantined.ts";
import type { CallableTool } from "./tool-set.ts";

export interface LoadingParts {
  readonly stateDirectory: string;
  readonly store: Pick<Store, "load">;
  readonly documentCheck: () => Promise<DocumentCheck>;
  readonly chain: Pick<Chain, "read">;
  /** The tools that ship, whose modules the store has. */
  readonly shipped: Registry;
  /** Told once when a version turned out not to be what was deployed. */
  readonly onQuarantine: (tool: DeployedTool, reason: Fault) => void;
}

/** The active version of a deployed tool. */
export interface DeployedTool extends CallableTool {
  readonly record: VersionRecord;
  readonly withdrawal: Cancellation;
}

/**
 * The manifest of a version as its envelope states it: by the digest that is in its record, and without looking at the
 * signature yet, so that 200 tools do not hold up a start. Undefined where it is another text.
 */
export function statedManifest(
  record: VersionRecord,
  envelopeText: string,
): (ToolManifest & { version: string }) | undefined {
  try {
    // The text is the host's own; finding the payload in it is quicker than parsing it, and the digest says whether it is.
    const payload = Buffer.from(/"payload":"([A-Za-z0-9+/=]+)"/.exec(envelopeText)?.[1] ?? "", "base64");
    if (createHash("sha256").update(payload).digest("hex") !== record.statement_sha256) return undefined;
    const document = JSON.parse(payload.toString("utf8")) as JsonObject;
    return expand(document, { sha256: record.module_sha256 });
  } catch {
    return undefined;
  }
}

/** A tool that is verified and loaded when it is first prepared; until then no call of it goes through. */
export function deployedTool(
  manifest: ToolManifest,
  record: VersionRecord,
  envelope: string,
  parts: LoadingParts,
): DeployedTool {
  let checks: { readonly parameters: Check; readonly output: Check } | undefined;
  let readContent: CallableTool["readContent"];
  let preparing: Promise<Fault | undefined> | undefined;
  const load = async (): Promise<Fault | undefined> => {
    // No start loads the curve and Ajv.
    const [check, { compileSchema }, { verifyVersion }, { signingTrust }] = await Promise.all([
      parts.documentCheck(),
      import("./schema-compiler.ts"),
      import("./verify-version.ts"),
      import("./signing-trust.ts"),
    ]);
    const { name } = manifest;
    const statement = parts.chain.read((state) => {
      const certificates = readCertificatesText(state, name, record.version);
      return verifyVersion({ name, record, envelope, certificates }, check, signingTrust(state, parts.stateDirectory));
    });
    if (isFault(statement)) return statement;
    const parameters = compileSchema(manifest.parameters);
    const output = compileSchema(manifest.output);
    const odd = [parameters, output].find((one) => typeof one === "string");
    if (typeof odd === "string") return quarantined(manifest.name, record, odd);
    const unloaded = loadModule(record, parts);
    if (unloaded !== undefined) return quarantined(manifest.name, record, unloaded);
    if (manifest.result === "content") {
      const { contentReader } = await import("../content/read-content.ts");
      readContent = contentReader(manifest, output as Check);
    }
    checks = { parameters: parameters as Check, output: output as Check };
    return undefined;
  };
  const checkWith = (which: "parameters" | "output") => (value: Json) =>
    checks === undefined ? "its schema is not loaded" : checks[which](value);
  const tool: DeployedTool = {
    manifest,
    record,
    moduleHash: record.module_sha256,
    moduleBytes: NOT_LOADED,
    checkArguments: checkWith("parameters"),
    checkAnswer: checkWith("output"),
    withdrawal: new Cancellation(),
    get readContent() {
      return readContent;
    },
    get prepare() {
      if (checks !== undefined) return undefined;
      return () => {
        preparing ??= load().then((reason) => {
          if (reason !== undefined) parts.onQuarantine(tool, reason);
          return reason;
        });
        return preparing;
      };
    },
  };
  return tool;
}

/** Has the store know the module of a version. That of a saved command it knows already, unless the shell that ships is another now. */
function loadModule(
  { module_sha256, module_bytes }: VersionRecord,
  { shipped, stateDirectory, store }: LoadingParts,
): string | undefined {
  if ([...shipped.values()].some(({ moduleHash }) => moduleHash === module_sha256)) return undefined;
  const read = readModule(stateDirectory, module_sha256 as Sha256, module_bytes);
  if (isFault(read)) return read.message;
  const loaded = store.load(read.bytes, module_sha256);
  return loaded.ok ? undefined : loaded.fault.message;
}

const NOT_LOADED = new Uint8Array();
