import { parse } from "smol-toml";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mergeToml } from "../../src/cli/merge-toml.ts";

const entry = { command: "/usr/bin/node", args: ['/opt/toll "gate"/main.js', "serve", "/r\\x\u007f é"] };

function changed(before: string): string {
  const merged = mergeToml(before, "tollgate", entry);
  assert.is(merged.kind, "changed", JSON.stringify(merged));
  return merged.kind === "changed" ? merged.text : "";
}

const documents: readonly string[] = [
  "",
  "\n\n",
  'model = "gpt"\n',
  'model = "gpt"',
  "# only a comment, no line end",
  '[mcp_servers.other]\ncommand = "x"\n',
  "[mcp_servers]\n",
  "mcp_servers.other.command = 'x'\n",
  "a = 1\r\n[b]\r\nc = 1979-05-27T07:32:00Z\r\n",
  "big = 9223372036854775807\nnan = nan\ninf = -inf\n",
  "[[list]]\nx = 1\n[[list]]\nx = 2\n",
  '["tollgate"]\nx = 1\n',
  'text = """\n[mcp_servers.tollgate]\n"""\n',
];
for (const before of documents) {
  test(`what was there stays byte for byte: ${JSON.stringify(before.slice(0, 50))}`, () => {
    const after = changed(before);
    assert.ok(after.startsWith(before));
    const table = parse(after, { integersAsBigInt: true }) as { mcp_servers: Record<string, unknown> };
    assert.equal({ ...(table.mcp_servers.tollgate as object) }, entry);
    assert.is(mergeToml(after, "tollgate", entry).kind, "unchanged");
    if (before.includes("\r\n")) assert.not.match(after, /[^\r]\n/);
  });
}

const refused: readonly (readonly [text: string, says: RegExp])[] = [
  ["a = ", /not valid TOML/],
  ["a = 1\na = 2\n", /not valid TOML/],
  ["\0", /not valid TOML/],
  ["[mcp_servers.tollgate]\ncommand = 'other'\n", /has another table \[mcp_servers.tollgate\]/],
  ["mcp_servers.tollgate.command = 'other'\n", /has another table/],
  ["mcp_servers = { tollgate = { command = 'x' } }\n", /has another table/],
  ["mcp_servers = { other = { command = 'x' } }\n", /cannot take a table at its end/],
  ["mcp_servers = 1\n", /cannot take a table at its end/],
  ["[[mcp_servers]]\nx = 1\n", /cannot take a table at its end|change in meaning/],
  [`a = ${"[".repeat(5000)}`, /not valid TOML/],
];
for (const [text, says] of refused) {
  test(`left alone: ${JSON.stringify(text.slice(0, 50))}`, () => {
    const merged = mergeToml(text, "tollgate", entry);
    assert.is(merged.kind, "refused");
    assert.match(merged.kind === "refused" ? merged.reason : "", says);
  });
}

test.run();
