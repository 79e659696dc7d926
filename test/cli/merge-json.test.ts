import fc from "fast-check";
import { type ParseError, parse, parseTree } from "jsonc-parser";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mergeJson } from "../../src/cli/merge-json.ts";
import type { ServerEntry } from "../../src/cli/merge-result.ts";

const entry: ServerEntry = {
  type: "stdio",
  command: "/usr/bin/node",
  args: ["/opt/tollgate/dist/main.js", "serve", "/r"],
};

function changed(before: string, member: "mcpServers" | "servers" = "servers", replace = false): string {
  const merged = mergeJson(before, member, "tollgate", entry, replace);
  assert.is(merged.kind, "changed", JSON.stringify(merged));
  return merged.kind === "changed" ? merged.text : "";
}

function refusal(before: string, replace = false): string {
  const merged = mergeJson(before, "mcpServers", "tollgate", entry, replace);
  assert.is(merged.kind, "refused");
  return merged.kind === "refused" ? merged.reason : "";
}

test("an empty file becomes a whole document", () => {
  for (const before of ["", " \n\t"]) {
    assert.equal(JSON.parse(changed(before, "mcpServers")), { mcpServers: { tollgate: entry } });
  }
});

test("comments, trailing commas, order, tabs and other servers stay as they are", () => {
  const before = `// my servers
{
\t"inputs": [], // none yet
\t"servers": {
\t\t/* the old one */
\t\t"memory": { "command": "npx", "args": ["-y", "memory"], },
\t},
\t"zeta": 1e3, // last
}
`;
  const after = changed(before);
  for (const line of before.split("\n").filter((text) => text.includes("/") || text.includes("zeta"))) {
    assert.ok(after.includes(line.trim().replace(/,$/, "")), line);
  }
  assert.ok(after.startsWith('// my servers\n{\n\t"inputs": [], // none yet\n'));
  const errors: ParseError[] = [];
  assert.equal(parse(after, errors, { allowTrailingComma: true }), {
    inputs: [],
    servers: { memory: { command: "npx", args: ["-y", "memory"] }, tollgate: entry },
    zeta: 1000,
  });
  assert.equal(errors, []);
  assert.match(after, /\n\t\t"tollgate"/);
});

test("line ends and a byte order mark stay", () => {
  const after = changed('\ufeff{\r\n  "a": 1\r\n}\r\n');
  assert.ok(after.startsWith("\ufeff{\r\n"));
  assert.not.match(after, /[^\r]\n/);
});

test("an entry that is there already changes nothing", () => {
  assert.is(
    mergeJson(JSON.stringify({ servers: { tollgate: entry } }), "servers", "tollgate", entry, false).kind,
    "unchanged",
  );
});

test("another entry of that name needs --replace, which keeps what is not ours", () => {
  const before = '{"servers": {"tollgate": {"command": "old", "args": [], "env": {"A": "b"} /* mine */}}}';
  assert.match((mergeJson(before, "servers", "tollgate", entry, false) as { reason: string }).reason, /give --replace/);
  const after = changed(before, "servers", true);
  assert.equal(parse(after).servers.tollgate, { ...entry, env: { A: "b" } });
  assert.match(after, /\/\* mine \*\//);
});

const hostile: readonly (readonly [text: string, says: RegExp])[] = [
  ["{", /not valid JSON at line 1/],
  ['{\n"a": 1\n"b": 2}', /not valid JSON at line 3/],
  ["[]", /not a JSON object/],
  ['"text"', /not a JSON object/],
  ['{"mcpServers": []}', /"mcpServers" that is not an object/],
  ['{"mcpServers": null}', /"mcpServers" that is not an object/],
  ['{"mcpServers": {}, "mcpServers": {}}', /"mcpServers" twice/],
  ['{"mcpServers": {"tollgate": {}, "tollgate": {}}}', /"tollgate" twice/],
  ["[".repeat(100_000), /nested too deeply/],
  [`{"a": ${"[".repeat(300)}${"]".repeat(300)}}`, /nested too deeply/],
  ["\0\0\0", /not valid JSON/],
];
for (const [text, says] of hostile) {
  test(`left alone: ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.match(refusal(text), says);
    assert.match(refusal(text, true), says);
  });
}

test("members named like an object's own do not mislead", () => {
  const before =
    '{"__proto__": {"mcpServers": {"tollgate": {}}}, "constructor": 1, "mcpServers": {"__proto__": {"x": 1}}}';
  const after = changed(before, "mcpServers");
  assert.ok(after.replace(/\s/g, "").includes('"__proto__":{"mcpServers":{"tollgate":{}}}'));
  assert.equal(JSON.parse(after).mcpServers.tollgate, entry);
  assert.is(Object.keys(JSON.parse(after)).join(), "__proto__,constructor,mcpServers");
});

test("whatever else a document holds, it holds afterwards", () => {
  const tree = (text: string): unknown =>
    JSON.parse(
      JSON.stringify(parseTree(text), (key, value) =>
        key === "parent" || key === "offset" || key === "length" || key === "colonOffset" ? undefined : value,
      ),
    );
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
      fc.constantFrom<number | string>(0, 2, 4, "\t"),
      (others, servers, indent) => {
        delete others.servers;
        delete servers.tollgate;
        const before = JSON.stringify({ ...others, servers }, null, indent);
        const after = changed(before);
        const expected = JSON.stringify({ ...others, servers: { ...servers, tollgate: entry } });
        assert.equal(tree(after), tree(expected));
      },
    ),
    { numRuns: 300 },
  );
});

test.run();
