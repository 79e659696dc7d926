// What is signed: everything that decides what a tool may do, in one text.
import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { canonicalJson } from "../../src/contract/canonical-json.ts";
import { isFault } from "../../src/contract/fault.ts";
import { loadDocumentCheck } from "../../src/host/tools/document-check.ts";
import { differenceOf } from "../../src/trust/difference.ts";
import { readStatement } from "../../src/trust/statement.ts";
import { MODULE, statement, toolDocument } from "./tool-document.ts";

const check = await loadDocumentCheck(new URL("../../", import.meta.url));
const FILES = { filesystem: "read-only", folders: [{ path: "docs", access: "read-only" }], effect: { risk: 0.1 } };

const changes: readonly (readonly [what: string, changed: Record<string, unknown>])[] = [
  ["name", { name: "acme.greets" }],
  ["version", { version: "1.0.1" }],
  ["title", { title: "Greet!" }],
  ["description", { description: "Greets somebody by name" }],
  ["category", { category: "other" }],
  ["parameters", { parameters: { type: "object", additionalProperties: false, properties: {} } }],
  ["output", { output: { type: "object", additionalProperties: false, properties: {} } }],
  ["result", { result: "content" }],
  ["effect", { effect: { privacy: 0.001 } }],
  [
    "annotations",
    { annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: false } },
  ],
  ["limits", { limits: { fuel: 1_000_001 } }],
  ["folders", { filesystem: "read-only", folders: [{ path: "doc", access: "read-only" }], effect: { risk: 0.1 } }],
  ["host calls", { hostCalls: ["log"] }],
];

test("a tool that differs in anything that decides what it may do has another statement", () => {
  const seen = new Set([statement().sha256, statement(FILES).sha256]);
  for (const [what, changed] of changes) {
    const { sha256 } = statement(changed);
    assert.not.ok(seen.has(sha256), what);
    seen.add(sha256);
  }
  for (const module of [
    { ...MODULE, sha256: "ac".repeat(32) },
    { ...MODULE, size: 145 },
  ]) {
    assert.not.ok(seen.has(statement({}, module).sha256));
  }
});

test("how tool.json is written, and what its module is called, changes nothing", () => {
  const { sha256 } = statement();
  assert.is(statement({ module: "other.wasm", $schema: "x" }).sha256, sha256);
  assert.is(
    statement({ filesystem: "none", folders: [], hostCalls: [], resources: [], category: "plugin" }).sha256,
    sha256,
  );
  assert.is(statement({ limits: { fuel: 1_000_000 }, effect: { risk: 0 }, action: "tool.plugin.run" }).sha256, sha256);
});

test("a statement is read back from its own text, and from no other", () => {
  const { payload, sha256, manifest } = statement(FILES);
  const read = readStatement(payload, check);
  assert.not.ok(isFault(read), isFault(read) ? read.message : "");
  if (!isFault(read)) {
    assert.is(read.sha256, sha256);
    assert.equal(read.manifest, manifest);
  }
  const text = Buffer.from(payload).toString("utf8");
  const parsed = JSON.parse(text);
  const { folders: _, ...without } = parsed;
  const { tollgate: __, ...formless } = parsed;
  const others: readonly (readonly [what: string, text: string])[] = [
    ["white space", JSON.stringify(parsed, null, 1)],
    ["another order", text.replace(/^\{"action":"[^"]*",/, "{").replace(/\}$/, ',"action":"tool.plugin.run"}')],
    ["a number written otherwise", text.replace('"risk":0.1', '"risk":1e-1')],
    ["a default left out", canonicalJson(without)],
    ["a member that is not known", canonicalJson({ ...parsed, sudo: true })],
    ["another form", canonicalJson({ ...parsed, tollgate: "tool/2" })],
    ["no form", canonicalJson(formless)],
    ["a module by name", canonicalJson({ ...parsed, module: "greet.wasm" })],
    ["a module hash in capitals", canonicalJson({ ...parsed, module: { ...MODULE, sha256: "AB".repeat(32) } })],
    ["a name that is none", canonicalJson({ ...parsed, name: "Acme.Greet" })],
    ["a version with a suffix", canonicalJson({ ...parsed, version: "1.0.0-rc.1" })],
    ["a list", "[]"],
    ["nothing", ""],
  ];
  for (const [what, other] of others) {
    assert.not.equal(other, text, what);
    const refused = readStatement(new TextEncoder().encode(other), check);
    assert.ok(isFault(refused), what);
    if (isFault(refused)) assert.is(refused.code, "statement-invalid", what);
  }
});

test("the difference of two statements names every member that differs, and not the version", () => {
  const found = differenceOf(
    statement(),
    statement({ version: "2.0.0", title: "Hi\u202e", hostCalls: ["log"], effect: { risk: 0.5 } }),
  );
  assert.equal(found, [
    { where: "effect.risk", before: "0", after: "0.5" },
    { where: "hostCalls", before: "[]", after: '["log"]' },
    { where: "title", before: "Greet", after: "Hi\\u{202e}" },
  ]);
  assert.equal(differenceOf(statement(), statement({ version: "2.0.0" })), []);
});

const TEMPLATE = { kind: "template", parameters: undefined, output: undefined };

test("a template states neither what it takes nor what it answers: a host gives it what every template is given", () => {
  assert.is(check(toolDocument(TEMPLATE)), undefined);
  const { payload, manifest } = statement(TEMPLATE);
  assert.equal(
    Object.keys(JSON.parse(Buffer.from(payload).toString())).filter((key) => /parameters|output/.test(key)),
    [],
  );
  const read = readStatement(payload, check);
  if (isFault(read)) throw new Error(read.message);
  assert.equal(read.manifest, manifest);
  assert.is(manifest.kind, "template");
  for (const name of readdirSync("manifests").filter((file) => file.startsWith("template."))) {
    const shipped = JSON.parse(readFileSync(`manifests/${name}`, "utf8"));
    assert.equal([manifest.parameters, manifest.output], [shipped.parameters, shipped.output], name);
  }
  assert.is(
    differenceOf(statement(TEMPLATE), statement()).some(({ where }) => where === "kind"),
    true,
  );
});

test("a document that is not what the schema says is refused before it is stated", () => {
  assert.is(check(toolDocument()), undefined);
  for (const changed of [
    { sudo: true },
    { version: "1.0" },
    { version: "01.0.0" },
    { module: "../greet.wasm" },
    { action: "tool.fs.read" },
    { effect: { risk: 2 } },
    { effect: { risk: -0.1 } },
    { limits: { fuel: 1e12 } },
    { parameters: { type: "object", properties: {} } },
    { resources: [{ argument: "x", kind: "agent", actions: ["tool.fs.read"] }] },
    { kind: "template" },
    { kind: "template", parameters: undefined },
    { kind: "agent" },
    { parameters: undefined },
    { title: undefined },
  ]) {
    assert.type(check(toolDocument(changed)), "string", JSON.stringify(changed));
  }
});

test.run();
