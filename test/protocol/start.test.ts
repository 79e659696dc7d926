import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";

test("the way to the first answer loads no SDK: it alone would take half of the start", async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/protocol/serve.ts"],
    outdir: "unwritten",
    write: false,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    metafile: true,
    logLevel: "silent",
  });
  const seen = new Set<string>();
  const visit = (output: string): void => {
    if (seen.has(output)) return;
    seen.add(output);
    for (const { path, kind } of metafile.outputs[output]?.imports ?? []) {
      if (kind === "import-statement" && path in metafile.outputs) visit(path);
    }
  };
  const entry = Object.keys(metafile.outputs).find((name) => name.endsWith("serve.js"));
  assert.ok(entry);
  visit(entry);
  const inputs = [...seen].flatMap((output) => Object.keys(metafile.outputs[output]?.inputs ?? {}));
  assert.ok(inputs.some((input) => input.endsWith("mcp/connection.ts")));
  assert.equal(
    inputs.filter((input) => input.includes("node_modules")),
    [],
  );
  const lazy = Object.keys(metafile.inputs).some((input) => input.includes("@modelcontextprotocol/sdk"));
  assert.ok(lazy, "the SDK is still there, for questions");
});

test.run();
