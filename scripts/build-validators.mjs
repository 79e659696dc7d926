// Compiles every JSON Schema that ships into one module, dist/validators.js, keyed by the SHA-256 of the schema's
// canonical text: a start compiles no schema, and a manifest that was edited afterwards finds no validator of an
// older text under its own digest.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import standalone from "ajv/dist/standalone/index.js";
import { build } from "esbuild";
import { checkShippedPolicies } from "./build-policy-check.mjs";

/** The canonical text of a value parsed from JSON: RFC 8785 for the values that a schema can hold. */
const canonical = (value) =>
  value === null || typeof value !== "object"
    ? JSON.stringify(value)
    : Array.isArray(value)
      ? `[${value.map(canonical).join(",")}]`
      : `{${Object.keys(value)
          .sort()
          .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
          .join(",")}}`;

const BUNDLE = { bundle: true, format: "esm", platform: "node", target: "node20", logLevel: "warning" };

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

const manifestFiles = () => readdirSync("manifests").filter((name) => name.endsWith(".json") && name !== "seal.json");

/** All schemas that ship: of tools (arguments and answers) and of files that people write. */
function shippedSchemas() {
  const manifests = manifestFiles();
  const files = readdirSync("schema").filter((name) => name.endsWith(".json"));
  return [
    ...manifests.flatMap((name) => {
      const { parameters, output } = readJson(`manifests/${name}`);
      return [parameters, output];
    }),
    ...files.map((name) => readJson(`schema/${name}`)),
  ];
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const nameOf = (schema) => `v${sha256(canonical(schema))}`;

export async function buildValidators() {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, code: { source: true, esm: true } });
  const names = new Set();
  for (const schema of shippedSchemas()) {
    const name = nameOf(schema);
    if (names.has(name)) continue;
    const { $id: _, $schema: __, ...body } = schema;
    names.add(name);
    ajv.addSchema(body, name);
  }
  const exported = Object.fromEntries([...names].map((name) => [name, name]));
  mkdirSync(".build", { recursive: true });
  writeFileSync(".build/validators.mjs", names.size === 0 ? "" : standalone.default(ajv, exported));
  await build({
    ...BUNDLE,
    entryPoints: { validators: ".build/validators.mjs" },
    outdir: "dist",
    minify: true,
  });
  writeFileSync("dist/checked.json", JSON.stringify(await checkManifests(ajv)));
}

/** Throws with the file's name where a manifest is not strict JSON or does not meet the schema. */
async function checkManifests(ajv) {
  await build({ ...BUNDLE, entryPoints: { "strict-json": "src/contract/strict-json.ts" }, outdir: ".build" });
  const { parseJson } = await import("../.build/strict-json.js");
  const schema = readFileSync("schema/manifest.schema.json");
  const check = ajv.getSchema(nameOf(JSON.parse(schema)));
  const manifests = {};
  const documents = [];
  for (const file of manifestFiles()) {
    const bytes = readFileSync(`manifests/${file}`);
    const { ok, value, reason } = parseJson(bytes);
    if (!ok || !check(value)) throw new Error(`manifests/${file}: ${ok ? ajv.errorsText(check.errors) : reason}`);
    documents.push(value);
    manifests[sha256(bytes)] = { parameters: nameOf(value.parameters), output: nameOf(value.output) };
  }
  documents.sort((a, b) => (a.name < b.name ? -1 : 1));
  const policies = await checkShippedPolicies(documents);
  return { validators: sha256(readFileSync("dist/validators.js")), schema: sha256(schema), manifests, policies };
}
