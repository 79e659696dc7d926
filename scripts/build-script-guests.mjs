// Builds the script guests: src/tools/script/<tool>.ts with its manifest, which says what of the host it can call.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { SHELL_EDITS } from "./shell-edits.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
/** Folder of the entry files; what they are made of beside is in folders below it. */
export const SCRIPT_FAMILY = "src/tools/script/";
const BUILDER = ".build/script-builder.mjs";
const GUEST = "src/script/guest/";
/** What of the engine and the bundler decides a module's bytes, beside the files that it is made of. */
const PACKAGES = ["quickjs-wasi", "esbuild"];

/** Packages name these in branches that no guest takes. */
const NOT_THERE = ["crypto", "fs", "os", "path", "url"].flatMap((name) => [name, `node:${name}`]);
const nothing = join(ROOT, GUEST, "nothing.ts");
const INSTEAD = {
  ...Object.fromEntries(NOT_THERE.map((name) => [name, nothing])),
  "node:zlib": join(ROOT, GUEST, "zlib.ts"),
};
const EDITS = { "shell.exec": SHELL_EDITS };
/** Modules that are told by their permit what to do: a saved command comes to the shell as a program's argument. */
const PROGRAM_ARGUMENTS = new Set(["shell.exec"]);

const toolOf = (entry) => entry.slice(SCRIPT_FAMILY.length, -".ts".length);
const manifestOf = (entry) => `manifests/${toolOf(entry)}.json`;

/** `shell.exec.wasm` and its entry file, sorted by name. */
export function scriptGuests() {
  return readdirSync(join(ROOT, SCRIPT_FAMILY))
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .map((file) => ({ module: `${file.slice(0, -3)}.wasm`, entry: `${SCRIPT_FAMILY}${file}` }));
}

function filesBelow(folder, ending) {
  return readdirSync(join(ROOT, folder), { recursive: true })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}${file}`);
}

/** Digest of everything that decides the module's bytes; undefined where it was not built before. */
export function scriptInputs(entry, inputs) {
  if (inputs === undefined) return undefined;
  const hash = createHash("sha256");
  for (const name of PACKAGES) {
    hash.update(JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version);
  }
  const builder = readdirSync(join(ROOT, "src/script")).filter((file) => file.endsWith(".ts"));
  const own = builder.map((file) => `src/script/${file}`);
  for (const file of [...new Set([...own, ...filesBelow("src/store/meter/", "opcodes.ts"), ...inputs])].sort()) {
    if (!existsSync(join(ROOT, file))) return undefined;
    hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  return hash
    .update(
      JSON.stringify([grantsOf(entry), String(EDITS[toolOf(entry)]?.map(({ find, with: text }) => `${find}${text}`))]),
    )
    .digest("hex");
}

function grantsOf(entry) {
  const manifest = JSON.parse(readFileSync(join(ROOT, manifestOf(entry)), "utf8"));
  const { filesystem, clock = false, random = false, hostCalls = [] } = manifest;
  const programArguments = PROGRAM_ARGUMENTS.has(toolOf(entry));
  return { filesystem, clock, random, hostCalls, programArguments };
}

/** Makes the builder of its sources; the threads that build scripts load it. */
export async function makeScriptBuilder() {
  await build({
    entryPoints: [join(ROOT, "src/script/build-script.ts")],
    outfile: join(ROOT, BUILDER),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "warning",
  });
}

export async function buildScriptGuest(entry) {
  const { buildScript } = await import(pathToFileURL(join(ROOT, BUILDER)).href);
  const { bytes, inputs } = await buildScript({
    entry: join(ROOT, entry),
    globals: join(ROOT, GUEST, "globals.ts"),
    instead: INSTEAD,
    grants: grantsOf(entry),
    edits: EDITS[toolOf(entry)],
  });
  return { bytes, inputs: inputs.map((file) => relative(ROOT, join(process.cwd(), file))) };
}
