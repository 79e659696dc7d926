import { test } from "uvu";
import * as assert from "uvu/assert";
import { createToolNames, type ToolNames } from "../../src/protocol/names.ts";

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

test.run();
