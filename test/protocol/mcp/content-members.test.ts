import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ContentResult } from "../../../src/contract/content.ts";
import { contentMembers } from "../../../src/protocol/mcp/content-members.ts";
import { MODERN, negotiate } from "../../../src/protocol/mcp/revisions.ts";

const audio = { type: "audio", data: "AAAA", mimeType: "audio/wav" } as const;
const link = { type: "resource_link", uri: "acme://x", name: "x.csv", size: 3, description: "rows" } as const;
const dated = { type: "text", text: "x", annotations: { priority: 1, lastModified: "2026-07-28" } } as const;
const all: ContentResult = { content: [audio, link, dated], structuredContent: { ok: true } };

const members = (result: ContentResult, version: string) =>
  JSON.parse(`{${contentMembers(result, version === MODERN.version ? MODERN : negotiate(version))}}`);
const audioText = {
  type: "text",
  text: "[audio/wav of 4 base64 characters: this revision of the protocol has no audio]",
};
const linkText = { type: "text", text: "[link to x.csv: acme://x (3 bytes, rows)]" };
const undated = { ...dated, annotations: { priority: 1 } };
const objectText = { type: "text", text: '{"ok":true}' };

const expected: Readonly<Record<string, unknown>> = {
  "2024-11-05": { content: [audioText, linkText, undated, objectText] },
  "2025-03-26": { content: [audio, linkText, undated, objectText] },
  "2025-06-18": { content: [audio, link, dated], structuredContent: { ok: true } },
  "2025-11-25": { content: [audio, link, dated], structuredContent: { ok: true } },
  "2026-07-28": { content: [audio, link, dated], structuredContent: { ok: true } },
};

for (const [version, result] of Object.entries(expected)) {
  test(`${version}: what the revision does not know is said in text`, () => {
    assert.equal(members(all, version), result);
  });
}

test("an object without blocks is repeated as text, and an error says that it is one", () => {
  assert.equal(members({ content: [], structuredContent: { a: "\n" } }, "2025-11-25"), {
    content: [{ type: "text", text: '{"a":"\\n"}' }],
    structuredContent: { a: "\n" },
  });
  assert.equal(members({ content: [objectText] as never, isError: true }, "2024-11-05"), {
    content: [objectText],
    isError: true,
  });
});

test.run();
