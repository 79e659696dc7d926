// Compiles every JSON Schema that ships into one module, dist/validators.js, keyed by the SHA-256 of the schema's
// canonical text: a start compiles no schema, and a manifest that was edited afterwards finds no validator of an
// older text under its own digest.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import standalone from "ajv/dist/standalone/index.js";
import { build } from "esbuild";

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

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

/** All schemas that ship: of tools (arguments and answers) and of files that people write. */
function shippedSchemas() {
  const manifests = readdirSync("manifests").filter((name) => name.endsWith(".json") && name !== "seal.json");
  const files = readdirSync("schema").filter((name) => name.endsWith(".json"));
  return [
    ...manifests.flatMap((name) => {
      const { parameters, output } = readJson(`manifests/${name}`);
      return [parameters, output];
    }),
    ...files.map((name) => readJson(`schema/${name}`)),
  ];
}

export async function buildValidators() {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, code: { source: true, esm: true } });
  const names = new Map();
  for (const schema of shippedSchemas()) {
    const digest = createHash("sha256").update(canonical(schema)).digest("hex");
    if (names.has(digest)) continue;
    const { $id: _, $schema: __, ...body } = schema;
    names.set(digest, `v${digest}`);
    ajv.addSchema(body, `v${digest}`);
  }
  const exported = Object.fromEntries([...names.values()].map((name) => [name, name]));
  mkdirSync(".build", { recursive: true });
  writeFileSync(".build/validators.mjs", names.size === 0 ? "" : standalone.default(ajv, exported));
  await build({
    entryPoints: { validators: ".build/validators.mjs" },
    outdir: "dist",
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    minify: true,
    logLevel: "warning",
  });
}
