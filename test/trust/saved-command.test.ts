// What the manifest of a saved command may say, whoever wrote it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isFault } from "../../src/contract/fault.ts";
import { SHELL_HOST_CALLS } from "../../src/contract/manifest.ts";
import { readToolDocument } from "../../src/host/tools/tool-source.ts";
import { claimsProblem } from "../../src/trust/claims.ts";
import { nameProblem, TakenNames } from "../../src/trust/names.ts";
import { readStatement } from "../../src/trust/statement.ts";
import { MODULE, statement, toolDocument } from "./tool-document.ts";

const SAVED = {
  name: "shell.greet",
  module: undefined,
  shell: { command: 'printf %s "$name"' },
  filesystem: "read-only",
  folders: [{ path: "docs", access: "read-only" }],
  effect: { risk: 0.1 },
};
const shell = (more: object) => ({ shell: { ...SAVED.shell, ...more } });
const takes = (schema: object, name = "given") => ({
  parameters: { type: "object", additionalProperties: false, properties: { [name]: schema } },
});
const problem = (changed: object) => claimsProblem(statement({ ...SAVED, ...changed }).manifest);

test("what agrees with itself is believed", () => {
  for (const changed of [
    {},
    shell({ command: "cat <<-EOF\n\tindented\n\tEOF\n" }),
    shell({ cwd: "docs" }),
    shell({ cwd: "docs/deep", timeoutMs: 1000 }),
    { hostCalls: SHELL_HOST_CALLS },
    { filesystem: "none", folders: [], effect: {} },
    { folders: [{ path: ".", access: "read-only" }], ...shell({ cwd: "any/where" }) },
    ...["string", "integer", "number", "boolean"].map((type) => takes({ type })),
    takes({ type: "array", items: { type: "string" } }),
  ]) {
    assert.is(problem(changed), undefined, JSON.stringify(changed));
  }
});

test("what does not is refused with the contradiction", () => {
  const unbelievable: readonly (readonly [changed: object, says: RegExp])[] = [
    [{ name: "acme.greet" }, /names of those begin with shell\./],
    [{ shell: undefined }, /are those of saved commands/],
    [{ hostCalls: [] }, /not those of the shell/],
    [{ hostCalls: [...SHELL_HOST_CALLS, "http.request"] }, /not those of the shell/],
    [{ hostCalls: [...SHELL_HOST_CALLS, "agent.spawn"] }, /not those of the shell/],
    [{ calls: ["fs.*"] }, /does not reach/],
    [{ env: ["HOME"] }, /is not given/],
    [{ result: "content" }, /leave kind, result and asks out/],
    [shell({ command: "x".repeat(65_537) }), /over 65536 bytes/],
    [shell({ command: "é".repeat(32_769) }), /over 65536 bytes/],
    [shell({ command: "echo \u202eoh" }), /cannot be seen/],
    [shell({ command: "echo \u200b" }), /cannot be seen/],
    [shell({ command: "echo a\rb" }), /cannot be seen/],
    [shell({ command: "echo \u0000" }), /cannot be seen/],
    [shell({ timeoutMs: 31_000 }), /deadline of 30000/],
    ...["other", "docs/..", "docs/../x", "/docs", "docsx", ".", "", "docs//a"].map(
      (cwd) => [shell({ cwd }), /in none of its folders/] as const,
    ),
    ...["PATH", "IFS", "BASH_ENV", "a-b", "a b", "1a", "a=b", "_", "ä"].map(
      (name) => [takes({ type: "string" }, name), /no variable of its own/] as const,
    ),
    ...[{ type: "object" }, {}, { enum: ["a"] }, { type: ["string", "null"] }, { type: "null" }].map(
      (schema) => [takes(schema), /has no value that a shell variable can have/] as const,
    ),
    [takes({ type: "array" }), /has no value/],
    [takes({ type: "array", items: { type: "array", items: { type: "string" } } }), /has no value/],
    [{ effect: { risk: 0.05 } }, /at least 0\.1/],
    [{ filesystem: "read-write", folders: [{ path: "docs", access: "read-write" }] }, /do not say|at least 0\.5/],
  ];
  for (const [changed, says] of unbelievable) {
    const why = problem(changed);
    assert.type(why, "string", JSON.stringify(changed));
    assert.match(why as string, says, JSON.stringify(changed));
    assert.match(why as string, /^[ -~…éä]*$/, "what is said can be seen");
  }
});

test("its hash is that of its command, in tool.json and in what is signed", () => {
  const { manifest, payload } = statement(SAVED);
  assert.is(manifest.shell?.sha256, "948341a0298fac0157d6b1652073278b8ba579d16a15d2b63fac06682e47ccfd");
  const read = readStatement(payload, () => undefined);
  assert.not(isFault(read));
  const text = Buffer.from(payload).toString("utf8");
  const otherwise = text.replace(/("command":[^}]*"sha256":")[0-9a-f]{64}/, `$1${"0".repeat(64)}`);
  assert.is.not(otherwise, text);
  const refused = readStatement(Buffer.from(otherwise), () => undefined);
  assert.ok(isFault(refused) && /canonical/.test(refused.message), JSON.stringify(refused));
});

test("a tool.json that says two things is refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-saved-"));
  try {
    const read = (changed: object) => {
      writeFileSync(join(folder, "tool.json"), JSON.stringify(toolDocument({ ...SAVED, ...changed })));
      const found = readToolDocument(folder, () => undefined);
      return isFault(found) ? found.message : "read";
    };
    const sha256 = statement(SAVED).manifest.shell?.sha256;
    assert.is(read({}), "read");
    assert.is(read(shell({ sha256 })), "read");
    assert.match(read(shell({ sha256: MODULE.sha256 })), /says otherwise/);
    assert.match(read(shell({ command: "id", sha256 })), /says otherwise/);
    assert.match(read({ module: "tool.wasm" }), /no place beside "shell"/);
    assert.match(read({ shell: undefined }), /must be the name of a file/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("saved commands alone are in the family of the shell, and none has the name of what ships", () => {
  const taken = new TakenNames(["shell.exec", "fs.read_file"]);
  assert.is(nameProblem("shell.count", taken, true), undefined);
  assert.match(nameProblem("shell.count", taken) ?? "", /tollgate's own/);
  assert.match(nameProblem("fs.count", taken, true) ?? "", /tollgate's own/);
  assert.match(nameProblem("shell.exec", taken, true) ?? "", /that ships/);
  assert.match(nameProblem("shell.ex_ec", taken, true) ?? "", /looks like shell\.exec/);
});

test("it lists the host calls that the shell has", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../manifests/shell.exec.json", import.meta.url), "utf8"));
  assert.equal(manifest.hostCalls, SHELL_HOST_CALLS);
});

test.run();
