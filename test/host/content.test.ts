// A document of blocks, as a tool writes it: what of it is read, and what is refused.
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Json, JsonObject } from "../../src/contract/json.ts";
import { base64Bytes, isBase64 } from "../../src/host/content/base64.ts";
import { readContent } from "../../src/host/content/read-content.ts";

const rules = { tool: "acme.report" };
const structuredRules = {
  ...rules,
  checkStructured: (value: Json) =>
    typeof value === "object" && value !== null && "ok" in value ? undefined : '"ok" is missing',
};
const one = (block: unknown): JsonObject => ({ content: [block] }) as JsonObject;

const good: readonly (readonly [name: string, document: unknown])[] = [
  ["a text", { content: [{ type: "text", text: "" }] }],
  ["a text with control characters, which are the client's to show", one({ type: "text", text: "a\u001b[1m\n\u202e" })],
  ["a picture", one({ type: "image", data: "AA==", mimeType: "image/png" })],
  ["a sound", one({ type: "audio", data: "AAAA", mimeType: "audio/wav" })],
  ["a resource with text", one({ type: "resource", resource: { uri: "acme://r/1", text: "x" } })],
  [
    "a resource with bytes",
    one({
      type: "resource",
      resource: { uri: "https://a.example/x?y#z", mimeType: "text/plain; charset=utf-8", blob: "" },
    }),
  ],
  [
    "a link with everything",
    one({
      type: "resource_link",
      uri: "http://a.example/",
      name: "report.pdf",
      title: "Report",
      description: "The whole report",
      mimeType: "application/pdf",
      size: 0,
      annotations: { audience: ["user", "assistant"], priority: 0.5, lastModified: "2026-07-28T12:00:00Z" },
    }),
  ],
  ["an error", { content: [{ type: "text", text: "no" }], isError: true }],
  ["128 blocks", { content: Array(128).fill({ type: "text", text: "x" }) }],
];

for (const [name, document] of good) {
  test(`${name} is read as it was written`, () => {
    assert.equal(readContent(document as JsonObject, rules), document);
  });
}

const refused: readonly (readonly [name: string, document: unknown, says: RegExp])[] = [
  ["no content", {}, /^content is not a list$/],
  ["nothing in it", { content: [] }, /^content is empty$/],
  ["129 blocks", { content: Array(129).fill({ type: "text", text: "x" }) }, /^content has 129 items, over 128$/],
  ["a member of the protocol's", { content: [], _meta: {} }, /unknown member "_meta"/],
  ["a result type", { content: [], resultType: "input_required" }, /unknown member "resultType"/],
  ["a question where none may be asked", { ask: {} }, /unknown member "ask"/],
  ["a word for an error", { content: [{ type: "text", text: "" }], isError: "yes" }, /^isError is neither/],
  ["a block that is no object", one(null), /^content\[0\] is not an object$/],
  ["a block of no type", one({ text: "x" }), /^content\[0\]\.type is null: use text, /],
  ["a block of a type that is none", one({ type: "\u001b[2J" }), /^content\[0\]\.type is "\\u001b\[2J": use/],
  ["a type of the object's own prototype", one({ type: "constructor" }), /\.type is "constructor"/],
  [
    "a block with another member",
    one({ type: "text", text: "", _meta: {} }),
    /^content\[0\] has the unknown member "_meta"/,
  ],
  ["a text that is a number", one({ type: "text", text: 1 }), /^content\[0\]\.text is not a text$/],
  ["a picture of nothing", one({ type: "image", data: "", mimeType: "image/png" }), /\.data is empty$/],
  ["base64 without its padding", one({ type: "image", data: "AA", mimeType: "image/png" }), /\.data is not base64/],
  ["base64 with a line break", one({ type: "image", data: "AAA\n", mimeType: "image/png" }), /\.data is not base64/],
  ["base64 for URLs", one({ type: "image", data: "-_8=", mimeType: "image/png" }), /\.data is not base64/],
  ["base64 with bits left over", one({ type: "image", data: "AB==", mimeType: "image/png" }), /\.data is not base64/],
  [
    "a picture that is a page",
    one({ type: "image", data: "AA==", mimeType: "text/html" }),
    /is text\/html, which is no image/,
  ],
  [
    "a picture that can run scripts",
    one({ type: "image", data: "AA==", mimeType: "image/svg+xml" }),
    /embed it as a resource/,
  ],
  ["a sound that is a picture", one({ type: "audio", data: "AA==", mimeType: "image/png" }), /which is no audio/],
  ["a MIME type that is two lines", one({ type: "image", data: "AA==", mimeType: "image/png\nx: y" }), /no MIME type/],
  ["a MIME type in capitals", one({ type: "image", data: "AA==", mimeType: "IMAGE/PNG" }), /no MIME type/],
  ["a resource without its inside", one({ type: "resource" }), /^content\[0\]\.resource is not an object$/],
  [
    "text and bytes at once",
    one({ type: "resource", resource: { uri: "acme://x", text: "", blob: "" } }),
    /one of "text" and "blob"/,
  ],
  ["neither text nor bytes", one({ type: "resource", resource: { uri: "acme://x" } }), /one of "text" and "blob"/],
  ["a link without a name", one({ type: "resource_link", uri: "acme://x" }), /\.name is not a text$/],
  [
    "a name that hides",
    one({ type: "resource_link", uri: "acme://x", name: "a\u202egpj.exe" }),
    /characters that cannot be seen: "a\\u\{202e\}gpj\.exe"/,
  ],
  [
    "a name of 201 characters",
    one({ type: "resource_link", uri: "acme://x", name: "x".repeat(201) }),
    /has 201 characters, over 200/,
  ],
  [
    "a size below nothing",
    one({ type: "resource_link", uri: "acme://x", name: "x", size: -1 }),
    /\.size is no number of bytes/,
  ],
  [
    "an audience of others",
    one({ type: "text", text: "", annotations: { audience: ["system"] } }),
    /another than "user"/,
  ],
  ["a priority over one", one({ type: "text", text: "", annotations: { priority: 1.01 } }), /from 0 to 1/],
  ["a time that is none", one({ type: "text", text: "", annotations: { lastModified: "yesterday" } }), /is no time/],
  ["an annotation that is not known", one({ type: "text", text: "", annotations: { trusted: true } }), /"trusted"/],
  ["an object without an output", { content: [], structuredContent: { ok: 1 } }, /the tool has no "output"/],
];

for (const [name, document, says] of refused) {
  test(`refused: ${name}`, () => {
    const read = readContent(document as JsonObject, rules);
    assert.type(read, "string", JSON.stringify(read));
    assert.match(read as string, says);
  });
}

const schemes: readonly (readonly [uri: string, may: boolean])[] = [
  ["https://a.example/", true],
  ["acme:report", true],
  ["acme:", false],
  ["other://x", false],
  ["ACME://x", false],
  ["file:///etc/passwd", false],
  ["javascript:alert(1)", false],
  ["data:text/html,x", false],
  ["ui://widget", false],
  ["ipc://inbox", false],
  ["https://user:secret@a.example/", false],
  ["https://a.example/ b", false],
  ["https://a.example/\u202e", false],
  ["https://", false],
  ["/etc/passwd", false],
  [`acme:${"x".repeat(2044)}`, false],
];

test("a tool names what is on the web, and what it has under its maker's name, and nothing else", () => {
  for (const [uri, may] of schemes) {
    const read = readContent(one({ type: "resource_link", uri, name: "x" }), rules);
    assert.is(typeof read === "object", may, `${uri}: ${JSON.stringify(read)}`);
  }
  for (const maker of ["javascript", "file", "data", "ipc", "ui", "mailto"]) {
    const own = { tool: `${maker}.x` };
    assert.type(readContent(one({ type: "resource_link", uri: `${maker}:x`, name: "x" }), own), "string", maker);
  }
});

test("an object stands beside the blocks exactly where the output says so", () => {
  const text = { type: "text", text: "x" };
  const both = { content: [text], structuredContent: { ok: 1 } };
  assert.equal(readContent(both as JsonObject, structuredRules), both);
  assert.equal(readContent({ content: [], structuredContent: { ok: 1 } }, structuredRules), {
    content: [],
    structuredContent: { ok: 1 },
  });
  const says = (document: unknown) => readContent(document as JsonObject, structuredRules);
  assert.match(says({ content: [text] }) as string, /structuredContent is missing/);
  assert.match(says({ content: [text], structuredContent: { no: 1 } }) as string, /does not meet .*"ok" is missing/);
  assert.equal(says({ content: [text], isError: true }), { content: [text], isError: true });
  assert.match(says({ ...both, isError: true }) as string, /beside an error/);
});

test("property: base64 is what one reader writes and every reader reads", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = Buffer.from(bytes).toString("base64");
      assert.ok(isBase64(text));
      assert.is(base64Bytes(text), bytes.length);
    }),
  );
  const letters = fc.constantFrom(..."AQgwZ+/=-_ \n");
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 12 }), (text) => {
      assert.is(isBase64(text), Buffer.from(text, "base64").toString("base64") === text);
    }),
    { numRuns: 2000 },
  );
});

test("property: what is read is what was written, or a sentence; nothing passes that was not looked at", () => {
  const documents = good.map(([, document]) => document as JsonObject);
  const anywhere = fc.tuple(fc.constantFrom(...documents), fc.nat(), fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(anywhere, ([document, place, key, value]) => {
      const copy = structuredClone(document) as JsonObject;
      const objects = objectsOf(copy);
      const target = objects[place % objects.length] as { [key: string]: unknown };
      Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
      const read = readContent(copy, rules);
      if (typeof read === "string") return;
      const { isError, ...rest } = copy;
      assert.equal(JSON.parse(JSON.stringify(read)), JSON.parse(JSON.stringify(isError === false ? rest : copy)));
    }),
    { numRuns: 2000 },
  );
});

function objectsOf(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(objectsOf);
  return Array.isArray(value) ? inner : [value, ...inner];
}

test.run();
