import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LARGEST_SCORE } from "../../src/contract/effect.ts";
import type { Json } from "../../src/contract/json.ts";
import { LIMIT_CEILINGS } from "../../src/contract/limits.ts";
import { checkConfig } from "../../src/host/config-document.ts";

const schema = JSON.parse(readFileSync(new URL("../../schema/tollgate.schema.json", import.meta.url), "utf8"));
const ajv = new Ajv2020({ strict: true, allErrors: false });
const meetsSchema = ajv.compile(schema);

const good: readonly Json[] = [
  {},
  { $schema: "./node_modules/tollgate/schema/tollgate.schema.json" },
  { $schema: "" },
  { roots: ["."] },
  { roots: ["~/notes", "/srv"], environment: "production", toolNames: "dotted", workers: 64 },
  { policies: ["a.cedar", "b.cedar"] },
  { thresholds: {} },
  { thresholds: { development: 0, staging: LARGEST_SCORE, production: 0.15 } },
  { limits: { ...LIMIT_CEILINGS } },
  { limits: { fuel: 1, memoryBytes: 65_536, deadlineMs: 1, outputBytes: 1 } },
  { toolLimits: {} },
  { toolLimits: { "acme.words": { fuel: 5_000_000_000 }, "fs.read_file": { deadlineMs: 5 } } },
  { stateDirectory: "/var/lib/tollgate", witness: "/mnt/witness" },
  { env: ["HOME", "_x1"], cron: { catchUp: "skip" } },
  { agents: { limit: 1024, native: { "my-agent": { command: "./run.sh", args: ["", "-x"], directory: "d" } } } },
  { agents: { native: {} }, cron: {} },
  { roots: ["é", "日本", "x".repeat(4096)] },
];

const bad: readonly (readonly [document: Json, says: RegExp])[] = [
  [null, /must be an object, is null/],
  [[], /must be an object, is a list/],
  ["{}", /must be an object, is a string/],
  [{ rootz: ["."] }, /unknown key "rootz": did you mean "roots"\?/],
  [{ sudo: true }, /unknown key "sudo": known are \$schema, roots/],
  [{ constructor: 1 }, /unknown key "constructor"/],
  [{ toString: 1 }, /unknown key "toString"/],
  [{ Roots: ["."] }, /did you mean "roots"/],
  [{ "\u202eroots": ["."] }, /unknown key "\\u\{202e\}roots"/],
  [{ $schema: 1 }, /"\$schema" must be a string, is a number/],
  [{ roots: "." }, /"roots" must be a list, is a string/],
  [{ roots: [] }, /"roots" is empty and would grant nothing/],
  [{ roots: [""] }, /"roots.0" must be a path/],
  [{ roots: [1] }, /"roots.0" must be a string, is a number/],
  [{ roots: ["a\0b"] }, /"roots.0" must be a path/],
  [{ roots: ["x".repeat(4097)] }, /must be a path/],
  [{ roots: Array.from({ length: 65 }, () => ".") }, /more than 64/],
  [{ roots: null }, /"roots" must be a list, is null/],
  [{ environment: "prod" }, /must be one of development, staging, production, is "prod"/],
  [{ environment: "Production" }, /did you mean "production"/],
  [{ environment: 1 }, /must be one of/],
  [{ policies: [] }, /"policies" is empty/],
  [{ policies: {} }, /must be a list, is an object/],
  [{ thresholds: [] }, /must be an object, is a list/],
  [{ thresholds: { test: 1 } }, /unknown key "test" in "thresholds"/],
  [{ thresholds: { staging: -0.1 } }, /"thresholds.staging" must be a number from 0 to 2.236/],
  [{ thresholds: { staging: 2.24 } }, /must be a number from 0/],
  [{ thresholds: { staging: "0.5" } }, /must be a number from 0.*is "0.5"/],
  [{ thresholds: { staging: null } }, /is null/],
  [{ env: [] }, /"env" is empty/],
  [{ env: ["A=B"] }, /"env.0" must be the name of an environment variable, is "A=B"/],
  [{ agents: { limit: 0 } }, /"agents.limit" must be a whole number from 1 to 1024, is 0/],
  [{ agents: { native: { "../x": { command: "a" } } } }, /"..\/x" in "agents.native" is not a name/],
  [{ agents: { native: { x: {} } } }, /"agents.native.x" lacks "command"/],
  [{ agents: { native: { x: { command: "a", shell: true } } } }, /unknown key "shell" in "agents.native.x"/],
  [{ agents: { native: { x: { command: "a", args: ["a\0"] } } } }, /"agents.native.x.args.0" must be an argument/],
  [{ cron: { catchUp: "all" } }, /"cron.catchUp" must be one of once, skip, is "all"/],
  [{ limits: { fuel: 0 } }, /"limits.fuel" must be a whole number from 1 to 100000000000, is 0/],
  [{ limits: { fuel: LIMIT_CEILINGS.fuel + 1 } }, /must be a whole number from 1/],
  [{ limits: { fuel: 1.5 } }, /must be a whole number/],
  [{ limits: { memoryBytes: 65_535 } }, /must be a whole number from 65536 to 268435456/],
  [{ limits: { deadline: 1 } }, /unknown key "deadline" in "limits": did you mean "deadlineMs"/],
  [{ limits: { outputBytes: 1e300 } }, /must be a whole number/],
  [{ toolLimits: { words: { fuel: 1 } } }, /"words" in "toolLimits" is not a name of a tool, such as acme\.words/],
  [{ toolLimits: { "acme.words": { fuel: 0 } } }, /"toolLimits\.acme\.words\.fuel" must be a whole number/],
  [{ toolLimits: { "acme.words": { deadline: 1 } } }, /unknown key "deadline" in "toolLimits\.acme\.words"/],
  [{ toolLimits: { "acme.words": 1 } }, /"toolLimits\.acme\.words" must be an object/],
  [{ workers: 0 }, /from 1 to 64/],
  [{ workers: 65 }, /from 1 to 64/],
  [{ workers: true }, /is true/],
  [{ toolNames: "kebab" }, /must be one of underscore, dotted/],
  [{ witness: "" }, /"witness" must be a path/],
  [{ stateDirectory: ["x"] }, /"stateDirectory" must be a string, is a list/],
];

for (const [index, document] of good.entries()) {
  test(`good document ${index} is accepted by the check and by the schema`, () => {
    assert.is(checkConfig(document), undefined);
    assert.ok(meetsSchema(document), JSON.stringify(meetsSchema.errors));
  });
}

for (const [document, says] of bad) {
  test(`refused by the check and by the schema: ${JSON.stringify(document)?.slice(0, 60)}`, () => {
    assert.match(checkConfig(document)?.message ?? "accepted", says);
    assert.not.ok(meetsSchema(document));
  });
}

test("check and schema agree on documents that nobody thought of", () => {
  const scalar = fc.oneof(
    fc.constantFrom("", ".", "a.cedar", "staging", "dotted", 0, 1, 64, 65_536, 0.5, -1, null, true),
  );
  const value = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("development", "staging", "fuel", "memoryBytes", "odd"), scalar, { maxKeys: 3 }),
  );
  const key = fc.constantFrom(...Object.keys(schema.properties), "odd");
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 4 }), (document) => {
      const plain = JSON.parse(JSON.stringify(document)) as Json;
      assert.is(checkConfig(plain) === undefined, meetsSchema(plain), JSON.stringify(plain));
    }),
    { numRuns: 3000 },
  );
});

test("every key of the schema has a description for editors", () => {
  const without = (properties: Record<string, { description?: string; properties?: object }>): string[] =>
    Object.entries(properties).flatMap(([name, property]) => [
      ...(property.description === undefined ? [name] : []),
      ...without((property.properties ?? {}) as never),
    ]);
  assert.equal(without(schema.properties), []);
});

test.run();
