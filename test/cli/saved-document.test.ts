// What a command line of tollgate tool save amounts to.
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readArguments } from "../../src/cli/arguments.ts";
import { SAVED_OPTIONS, savedDocument } from "../../src/cli/saved-document.ts";
import { writersIn } from "../../src/cli/saved-effect.ts";
import { isFault } from "../../src/contract/fault.ts";
import { readManifest } from "../../src/host/manifest-check.ts";
import { claimsProblem } from "../../src/trust/claims.ts";
import { stateTool } from "../../src/trust/statement.ts";
import { MODULE } from "../trust/tool-document.ts";

const SPEC = { name: "tool save", summary: "", usage: "", details: "", operands: [2, 2], examples: [] } as const;
const shell = readManifest(
  JSON.parse(readFileSync(new URL("../../manifests/shell.exec.json", import.meta.url), "utf8")),
);

/** The manifest and the remarks, or why there is none. */
function saved(name: string, command: string, ...options: string[]) {
  const args = readArguments({ ...SPEC, options: SAVED_OPTIONS }, [name, command, ...options]);
  if (typeof args === "string" || typeof shell === "string") throw new Error(String(args));
  const found = savedDocument([shell], args, "0.1.0");
  if (isFault(found)) return found.message;
  const { manifest } = stateTool(found.document, MODULE);
  assert.is(claimsProblem(manifest), undefined);
  return { ...manifest, remarks: found.remarks.join("\n") };
}

test("its effect and its hints are what its folders come to, and more where it names what removes", () => {
  for (const [command, options, risk, security, readOnly] of [
    ["date", ["--no-files"], 0, 0, true],
    ["cat a", [], 0.1, 0, true],
    ["rm a", ["--read", "docs"], 0.1, 0, true],
    ["cat a", ["--write", "docs"], 0.5, 0, false],
    ['find "$d" -delete', ["--write", "docs"], 0.7, 0.3, false],
    ["echo farm", ["--write", "docs", "--read", "src"], 0.5, 0, false],
    ["cat a", ["--effect", "risk=0.8", "--effect", "privacy=.4"], 0.8, 0, true],
  ] as const) {
    const tool = saved("shell.x", command, ...options);
    if (typeof tool === "string") throw new Error(tool);
    assert.equal([tool.effect.risk, tool.effect.security], [risk, security], command);
    assert.is(tool.annotations.readOnlyHint, readOnly);
    assert.is(tool.annotations.destructiveHint, !readOnly);
    assert.match(tool.remarks, /at least: it (has no files|can write to none|may write)/);
  }
});

test("a command that seems to write where it cannot is told of", () => {
  for (const [command, ...words] of [
    ["sed -n 1p a | sort", ...[]],
    ["sed -i s/a/b/ a", "sed -i"],
    ["sed -e s/a/b/ -i.bak a", "sed -i"],
    ["cat a > b", ">"],
    ["cat a >> b", ">"],
    ["cat a >b 2>&1", ">"],
    ["cat a 2>/dev/null | wc -l >&2", ...[]],
    ["sort a > /tmp/x", ...[]],
    ["cat a | tee b", "tee"],
    ["rm -rf b", "rm"],
    ["find . -name x -delete", "-delete"],
    ["[ 3 -gt 2 ] && echo a", ...[]],
    ["awk '$1 > 3' a", ">"],
  ]) {
    assert.equal(writersIn(String(command)), words, command);
  }
  assert.match(String((saved("shell.x", "rm b") as { remarks: string }).remarks), /names rm, and can write to nothing/);
  assert.not.match(String((saved("shell.x", "rm b", "--write", ".") as { remarks: string }).remarks), /can write to/);
});

test("its parameters are a schema, and its paths what policy decides on", () => {
  const options = ["dir:path=Where", "to:write-path?", "n:integer", "f:number?", "b:boolean", "all:string[]?"];
  const tool = saved("shell.x", "true", "--write", ".", ...options.flatMap((one) => ["--param", one]));
  if (typeof tool === "string") throw new Error(tool);
  const { properties, required } = tool.parameters as { properties: Record<string, never>; required: string[] };
  assert.equal(Object.keys(properties), ["dir", "to", "n", "f", "b", "all"]);
  assert.equal(required, ["dir", "n", "b"]);
  assert.equal(tool.resources, [
    { argument: "dir", kind: "path", actions: ["tool.fs.read"] },
    { argument: "to", kind: "path", actions: ["tool.fs.read", "tool.fs.write", "tool.fs.delete"] },
  ]);
});

test("what is not written so is refused with what to write", () => {
  for (const [says, name, ...options] of [
    [/no name of a saved command/, "acme.x"],
    [/no name of a saved command/, "shell"],
    [/such as shell\.count_todos/, "shell.count-todos"],
    [/no name of a saved command/, `shell.${"x".repeat(40)}`],
    [/not written name:type/, "shell.x", "--param", "dir"],
    [/not written name:type/, "shell.x", "--param", "PATH:string"],
    [/not written name:type/, "shell.x", "--param", "a b:string"],
    [/no known type: there is string, integer/, "shell.x", "--param", "a:object"],
    [/no known type/, "shell.x", "--param", "a:constructor"],
    [/given twice/, "shell.x", "--param", "a:string", "--param", "a:path"],
    [/list of paths/, "shell.x", "--param", "a:path[]"],
    [/below 0\.1, which is the least/, "shell.x", "--effect", "risk=0.05"],
    [/is not written/, "shell.x", "--effect", "risk=2"],
    [/is not written/, "shell.x", "--effect", "danger=0.5"],
    [/contradict each other/, "shell.x", "--no-files", "--read", "a"],
  ] as const) {
    const refused = saved(name, "true", ...options);
    assert.type(refused, "string", name + options);
    assert.match(refused as string, says);
  }
});

test.run();
