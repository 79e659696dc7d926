import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Arguments, readArguments } from "../../src/cli/arguments.ts";
import type { CommandSpec } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { commandHelp, programHelp } from "../../src/cli/help.ts";

const spec: CommandSpec = {
  name: "try",
  summary: "for tests",
  usage: "<what> [options]",
  details: "Nothing.",
  options: {
    json: { kind: "flag", description: "JSON" },
    config: { kind: "value", placeholder: "FILE", description: "a file" },
    style: { kind: "value", description: "a style", choices: ["plain", "fancy"] },
    lines: { kind: "value", short: "n", placeholder: "N", description: "how many", range: [0, 100] },
    dir: { kind: "list", placeholder: "DIR", description: "a folder" },
  },
  operands: [1, 2],
  examples: [],
};

test("what meets the description is read", () => {
  const args = readArguments(spec, [
    "a",
    "--json",
    "--config=x",
    "-n",
    "7",
    "--dir",
    "d1",
    "--dir=d2",
    "--",
    "--json",
  ]) as Arguments;
  assert.equal(args.operands, ["a", "--json"]);
  assert.is(args.flag("json"), true);
  assert.is(args.value("config"), "x");
  assert.is(args.number("lines"), 7);
  assert.equal(args.list("dir"), ["d1", "d2"]);
  assert.is(args.choice("style"), undefined);
  assert.is((readArguments(spec, ["a", "--config", "-"]) as Arguments).value("config"), "-");
  assert.is((readArguments(spec, ["a", "--config=-x"]) as Arguments).value("config"), "-x");
});

const wrong: readonly (readonly [argv: readonly string[], says: RegExp])[] = [
  [[], /^something is missing: the usage is tollgate try <what> \[options\]$/],
  [["a", "b", "c"], /^unexpected argument "c"$/],
  [["a", "--jsn"], /^unknown option --jsn: did you mean --json\?$/],
  [["a", "--something"], /^unknown option --something$/],
  [["a", "-x"], /^unknown option -x$/],
  [["a", "--__proto__"], /^unknown option --__proto__$/],
  [["a", "--constructor=1"], /^unknown option --constructor$/],
  [["a", "--\u001b[2J"], /^unknown option --\\u\{1b\}\[2J$/],
  [["a", "--json=yes"], /^option --json takes no value$/],
  [["a", "--no-json"], /^unknown option --no-json$/],
  [["a", "--config"], /^option --config needs a value: write --config=FILE$/],
  [["a", "--config", "--json"], /^option --config needs a value/],
  [["a", "--config", "x", "--config", "y"], /^option --config is given twice$/],
  [["a", "--style", "plane"], /^option --style must be one of plain, fancy: did you mean plain\?$/],
  [["a", "-n"], /^option -n needs a value: write -n N$/],
  [["a", "-n", "-1"], /needs a value/],
  [["a", "-n=5"], /must be a whole number/],
  [["a", "--lines=101"], /^option --lines must be a whole number from 0 to 100$/],
  [["a", "--lines=1e1"], /must be a whole number/],
  [["a", "--lines="], /must be a whole number/],
];
for (const [argv, says] of wrong) {
  test(`one clear sentence for ${JSON.stringify(argv)}`, () => {
    assert.match(readArguments(spec, argv) as string, says);
  });
}

test("help is read even where something is missing", () => {
  assert.ok((readArguments(spec, ["--help"]) as Arguments).flag("help"));
  assert.ok((readArguments(spec, ["-h", "a", "b", "c"]) as Arguments).flag("help"));
});

test("every command's help teaches: usage, details, options, an example, exit codes, within 120 columns", async () => {
  for (const entry of COMMANDS) {
    const { spec: own } = await entry.load().catch(() => ({ spec: undefined }));
    assert.ok(own, `${entry.name} loads`);
    if (own === undefined) continue;
    assert.is(own.name, entry.name);
    assert.is(own.summary, entry.summary);
    const text = commandHelp(own);
    for (const part of ["Usage: tollgate ", "Options:", "--help", "Examples:", "Exit codes:"]) {
      assert.ok(text.includes(part), `${entry.name}: ${part}`);
    }
    for (const line of text.split("\n")) assert.ok(line.length <= 120, `${entry.name}: ${line}`);
    assert.ok(programHelp(COMMANDS).includes(entry.summary));
  }
});

test.run();
