import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createToolNames, type ToolNames } from "../../src/protocol/names.ts";
import { plainLine } from "../../src/protocol/plain-text.ts";

const names = (dotted: string[], style: "underscore" | "dotted" = "underscore") => {
  const made = createToolNames(dotted, style);
  assert.not("code" in made);
  return made as ToolNames;
};

test("both spellings resolve to the dotted identity, and the style chooses the listed one", () => {
  const underscore = names(["fs.read_file", "sys.cron.add"]);
  const dotted = names(["fs.read_file", "sys.cron.add"], "dotted");
  assert.is(underscore.listed("fs.read_file"), "fs_read_file");
  assert.is(dotted.listed("fs.read_file"), "fs.read_file");
  for (const map of [underscore, dotted]) {
    for (const spelling of ["sys.cron.add", "sys_cron_add"]) assert.is(map.resolve(spelling), "sys.cron.add");
    for (const wrong of ["sys.cron_add", "SYS_CRON_ADD", "", "constructor", "__proto__"]) {
      assert.is(map.resolve(wrong), undefined);
    }
  }
});

test("two tools that fall together are refused by name, and so is a name that clients refuse", () => {
  for (const [list, word] of [
    [["a.b_c", "a.b.c"], "a_b_c"],
    [["a.b", "a.b"], "a_b"],
    [[`a.${"b".repeat(39)}`], "40"],
    [["A.b"], "A.b"],
    [["a.b-c"], "a.b-c"],
    [[""], "listed"],
  ] as const) {
    const made = createToolNames(list, "underscore");
    assert.ok("code" in made && made.code === "tool-name-refused" && made.message.includes(word), list.join());
  }
});

test("a plain line has nothing that a terminal, a log or a dialog could misread, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.not.match(plainLine(text, 1000), /[\p{C}\p{Zl}\p{Zp}]/u);
    }),
    { numRuns: 1000 },
  );
  assert.is(plainLine("a\nb\u001b[2J\u202ec\u200bd\ufeff", 100), "a\\u{a}b\\u{1b}[2J\\u{202e}c\\u{200b}d\\u{feff}");
  assert.is(plainLine("naïve 😀 日本語", 100), "naïve 😀 日本語");
  assert.is(plainLine("abcdef", 3), "abc…");
  assert.is(plainLine("ab😀", 3), "ab…");
});

test.run();
