import { test } from "uvu";
import * as assert from "uvu/assert";
import { contentLines } from "../../src/cli/content-text.ts";

test("texts are shown, and everything else is named with its type and size", () => {
  const lines = contentLines({
    content: [
      { type: "text", text: "one\ntwo", annotations: { audience: ["user"] } },
      { type: "image", data: "AAAA", mimeType: "image/png" },
      { type: "resource", resource: { uri: "acme://t", text: "inside", mimeType: "text/plain" } },
      { type: "resource", resource: { uri: "acme://b", blob: "AA==" } },
      { type: "resource_link", uri: "acme://l", name: "l", title: "The list", size: 2048, description: "all" },
    ],
    structuredContent: { esc: "\u001b" },
    isError: true,
  });
  assert.equal(lines, [
    "the tool answered with an error:",
    "[text, for the user]",
    "one",
    "two",
    "[image/png, 3 B]",
    "[resource acme://t, text/plain, 6 B]",
    "inside",
    "[resource acme://b, 1 B]",
    "[link The list acme://l, 2 KiB: all]",
    "{",
    '  "esc": "\\u001b"',
    "}",
  ]);
});

test.run();
