import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LIMIT_CEILINGS } from "../../src/contract/limits.ts";
import type { ToolManifest } from "../../src/contract/manifest.ts";
import { loadTool, runRaw, scratch } from "./tool-run.ts";

interface Parameters {
  readonly properties: Readonly<Record<string, object & { readonly title?: string; readonly description?: string }>>;
  readonly required: readonly string[];
}

const test = suite("manifests and modules");
const here = (path: string) => new URL(`../../${path}`, import.meta.url);
const readJson = (path: string) => JSON.parse(readFileSync(here(path), "utf8"));
const seal = readJson("manifests/seal.json");
const names = readdirSync(here("manifests"))
  .filter((file) => /^fs\.\w+\.json$/.test(file))
  .map((file) => file.slice(0, -5))
  // a script, which test/tools/script has
  .filter((name) => name !== "fs.analyze");
const { root, dispose } = scratch();

test.after(dispose);

test("there are the ten tools of the family", () => {
  assert.equal(
    names.sort(),
    ["copy", "create_dir", "exists", "glob", "move", "read_dir", "read_file", "remove", "stat", "write_file"].map(
      (name) => `fs.${name}`,
    ),
  );
});

const { $id: _id, $schema: _schema, ...manifestSchema } = readJson("schema/manifest.schema.json");
const checkManifest = new Ajv2020({ strict: true }).compile(manifestSchema);

for (const name of names) {
  test(`${name}: the manifest meets its schema and bounds`, () => {
    const document = readJson(`manifests/${name}.json`);
    assert.ok(checkManifest(document), JSON.stringify(checkManifest.errors));
    const manifest = document as ToolManifest;
    const parameters = manifest.parameters as unknown as Parameters;
    assert.is(manifest.name, name);
    assert.is(manifest.module, `${name}.wasm`);
    assert.ok(Buffer.byteLength(manifest.description) <= 2048);
    assert.is(manifest.annotations.readOnlyHint, manifest.filesystem === "read-only");
    for (const [key, value] of Object.entries(loadTool(name).limits)) {
      assert.ok(value <= (LIMIT_CEILINGS[key as keyof typeof LIMIT_CEILINGS] ?? 0), key);
    }
    for (const [key, property] of Object.entries(parameters.properties)) {
      assert.ok(property.title && property.description, key);
      assert.ok(parameters.required.includes(key) || "default" in property || /^(limit)$/.test(key), key);
    }
    for (const { argument } of manifest.resources) assert.ok(argument in parameters.properties);
  });

  test(`${name}: the module is the sealed one and imports what the manifest lists`, () => {
    const bytes = readFileSync(here(`dist/tools/${name}.wasm`));
    assert.is(seal.modules[`${name}.wasm`], createHash("sha256").update(bytes).digest("hex"));
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
    const hostCalls = imports.filter(({ module }) => module === "tollgate").map((one) => one.name);
    assert.equal(hostCalls.sort(), [...(readJson(`manifests/${name}.json`).hostCalls ?? [])].sort());
    assert.ok(imports.every(({ module }) => module === "tollgate" || module === "wasi_snapshot_preview1"));
    assert.ok(bytes.length < 20_000, `${bytes.length} bytes`);
  });

  test(`${name}: bytes on stdin that are no arguments are an answer, never a trap`, () => {
    const odd = [
      "",
      "{",
      "[]",
      "null",
      '{"a"',
      '{"path":',
      '{"path":"\\',
      '{"path":"\\u12',
      '{"path":"x"',
      '{"path":1}',
      "{}x",
      '{"a":[{"b":[]}],"path":{}}',
      `{${'"a":1,'.repeat(40)}"b":2}`,
      `${"[".repeat(5000)}`,
    ];
    for (const text of odd) assert.is(typeof runRaw(name, Buffer.from(text), [root]).ok, "boolean", text.slice(0, 40));
    fc.assert(
      fc.property(fc.oneof(fc.json({ maxDepth: 3 }), fc.string()), fc.nat(60), (text, cut) => {
        // Never a name that could be acted upon: the root is empty and stays out of it.
        runRaw(name, Buffer.from(text).subarray(0, cut), [root]);
      }),
      { numRuns: 60 },
    );
  });
}

test.run();
