// Builds everything that ships: dist/main.js (with lazily loaded chunks), dist/store-worker.js, dist/store.js
// (the library face), the guests and dist/types. `--quiet` prints only what went wrong and leaves the declarations out,
// which nothing here runs on; unchanged guests are not rebuilt.
import { readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";
import { scriptArguments } from "./script-arguments.mjs";

const { quiet } = scriptArguments(import.meta.url, { options: { quiet: { type: "boolean", default: false } } }).values;
const started = Date.now();
const entryPoints = {
  main: "src/main.ts",
  "store-worker": "src/store/worker.ts",
  store: "src/store/library.ts",
};

const { metafile } = await build({
  entryPoints,
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  chunkNames: "chunks/[name]-[hash]",
  // Native or WebAssembly-carrying packages load their own files from node_modules.
  external: ["lmdb", "@cedar-policy/cedar-wasm", "esbuild", "quickjs-wasi"],
  // Its main file is UMD, whose require() esbuild cannot see through.
  alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
  // Bundled CommonJS dependencies call require() for Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  minifySyntax: true,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
});
// Chunks of earlier builds have other names: they go once the new ones are there.
for (const name of readdirSync("dist/chunks")) {
  if (metafile.outputs[`dist/chunks/${name}`] === undefined) rmSync(`dist/chunks/${name}`);
}

await (await import("./build-guests.mjs")).buildGuests({ quiet });
await (await import("./build-validators.mjs")).buildValidators();
if (!quiet) (await import("./build-types.mjs")).buildTypes();
if (!quiet) process.stdout.write(`built in ${Date.now() - started} ms\n`);
