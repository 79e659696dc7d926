import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const root = fileURLToPath(new URL("..", import.meta.url));
const biome = fileURLToPath(new URL("../node_modules/@biomejs/biome/bin/biome", import.meta.url));

function lint(...paths: string[]): { code: number; output: string } {
  try {
    const output = execFileSync(process.execPath, [biome, "check", "--colors=off", ...paths], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { code: 0, output };
  } catch (error) {
    const failed = error as { status: number; stdout: string; stderr: string };
    return { code: failed.status, output: failed.stdout + failed.stderr };
  }
}

test("the linter finds nothing in the whole tree, the import law included", () => {
  const { code, output } = lint(".");
  assert.is(code, 0, output);
});

const forbidden: readonly [stage: string, imported: string][] = [
  ["contract", "../host/call.ts"],
  ["gate", "../store/store.ts"],
  ["chain", "../gate/gate.ts"],
  ["kernel", "../chain/chain.ts"],
  ["store", "../kernel/rows.ts"],
  ["trust", "../kernel/rows.ts"],
  ["kernel", "../trust/names.ts"],
  ["protocol", "../store/store.ts"],
  ["host", "../cli/help.ts"],
];

for (const [stage, imported] of forbidden) {
  test(`${stage}/ may not import ${imported}`, () => {
    const folder = mkdtempSync(`${root}src/${stage}/law-`);
    try {
      const file = `${folder}/breaks-the-law.ts`;
      writeFileSync(file, `import { x } from "../${imported}";\n\nexport const y = x;\n`);
      const { code, output } = lint(file);
      assert.is.not(code, 0);
      assert.match(output, /noRestrictedImports/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test.run();
