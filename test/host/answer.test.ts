import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Outcome } from "../../src/contract/outcome.ts";
import { readAnswer } from "../../src/host/answer.ts";
import type { Tool } from "../../src/host/registry.ts";

const usage = { fuelConsumed: 1, memoryPeak: 65_536, durationMs: 0.1 };
const tool = {
  checkAnswer: (value) =>
    typeof value === "object" && value !== null && "ok" in value ? undefined : '"ok" is missing',
} as Pick<Tool, "checkAnswer"> as Tool;

const exited = (exitCode: number, stdout: string | Uint8Array, stderr = ""): Outcome => ({
  kind: "exited",
  exitCode,
  stdout: typeof stdout === "string" ? Buffer.from(stdout) : stdout,
  stderr: Buffer.from(stderr),
  usage,
});

const good: readonly [why: string, stdout: string][] = [
  ["one object that meets the schema", '{"ok":1}'],
  ["white space around and between", ' {\n "ok" : 1 }\n'],
];

for (const [why, stdout] of good) {
  test(`exit code 0 with ${why} is an answer, byte by byte`, () => {
    const read = readAnswer(tool, exited(0, stdout));
    assert.is("json" in read && Buffer.from(read.json).toString(), stdout);
  });
}

const refused: readonly [why: string, exitCode: number, stdout: string | Uint8Array, code: string, says: RegExp][] = [
  ["no output", 0, "", "tool-output-invalid", /not one JSON object/],
  ["two objects", 0, '{"ok":1}{"ok":1}', "tool-output-invalid", /not one JSON object/],
  ["an array", 0, "[1]", "tool-output-invalid", /not a JSON object/],
  ["bytes that are not UTF-8", 0, Buffer.from('{"ok":"\xff"}', "latin1"), "tool-output-invalid", /UTF-8/],
  ["the same member twice", 0, '{"ok":1,"ok":2}', "tool-output-invalid", /twice/],
  ["an object that does not meet the schema", 0, '{"no":1}', "tool-output-invalid", /"ok" is missing/],
  ["an error without a message", 1, '{"code":"x"}', "tool-output-invalid", /\{code, message\}/],
  [
    "an error whose code is not a code",
    1,
    '{"code":"Bad Code!","message":"m"}',
    "tool-output-invalid",
    /\{code, message\}/,
  ],
  ["a code that is too long", 1, `{"code":"${"a".repeat(65)}","message":"m"}`, "tool-output-invalid", /\{code/],
  ["another exit code", 7, '{"ok":1}', "tool-failed", /exit code 7/],
];

for (const [why, exitCode, stdout, code, says] of refused) {
  test(`exit code ${exitCode} with ${why} is ${code}`, () => {
    const read = readAnswer(tool, exited(exitCode, stdout));
    assert.ok("fault" in read);
    assert.is(read.fault.code, code);
    assert.is(read.fault.layer, "tool");
    assert.match(read.fault.message, says);
  });
}

test("a tool's own error keeps its code and figures; its text cannot forge a line or move a cursor", () => {
  const read = readAnswer(
    tool,
    exited(1, '{"code":"file-not-found","message":"no\\n\\u001b[2Jfile","data":{"size":3}}'),
  );
  assert.ok("fault" in read);
  assert.equal(read.fault, {
    code: "file-not-found",
    layer: "tool",
    message: "no\\u{a}\\u{1b}[2Jfile",
    data: { size: 3 },
  });
});

test("what a tool wrote to stderr is quoted, bounded and escaped, when it failed", () => {
  const read = readAnswer(tool, exited(3, "", `panic\n${"x".repeat(10_000)}`));
  assert.ok("fault" in read);
  assert.match(read.fault.message, /^the tool ended with exit code 3: panic\\u\{a\}x+…$/);
  assert.ok(read.fault.message.length < 400);
});

test.run();
