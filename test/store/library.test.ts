import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { wat } from "./test-store.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tollgate-library-"));
mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
symlinkSync(ROOT, join(folder, "node_modules/tollgate"));
for (const name of ["@types/node", "undici-types"]) {
  symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
}
test.after(() => rmSync(folder, { recursive: true, force: true }));

const CAT = wat(`(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);

/** Every type of the face, each used for something. */
const TYPES = `
import type { Authority, Capabilities, Ceilings, DirectoryReport, EntryPoint, Fault, FilesystemScope, Grant, HostCall,
  HostCallContext, HostCallHandler, LibraryOptions, Limits, LoadOptions, LogLevel, LogLine, ModuleBounds, ModuleNeeds,
  ModuleReport, NamedModule, NamedModules, Outcome, Permit, Progress, ProtectedPath, RootGrant, RunInput, Sha256, Store,
  StoreOptions, StoreStats, ToolsDirectoryOptions, Usage } from "tollgate/store";
const handler: HostCallHandler = async (request: Uint8Array, context: HostCallContext): Promise<Uint8Array | Fault> =>
  context.signal.aborted ? { code: "gone", layer: "tool", message: context.principal } : request;
const call: HostCall = { handler, callsPerRun: 3 };
const options: LibraryOptions = { hostCalls: { "a.b": call }, ceilings: { filesystem: "read-only" } };
const input: RunInput = { stdin: new Uint8Array(0), onLog: (line: LogLine) => void line.level, context: options,
  onProgress: (step: Progress) => void step.done, entry: "run" satisfies EntryPoint };
export type All = [Authority, Capabilities, Ceilings, DirectoryReport, FilesystemScope, Grant, Limits, LoadOptions, LogLevel,
  ModuleBounds, ModuleNeeds, ModuleReport, NamedModule, NamedModules, Outcome, Permit, ProtectedPath, RootGrant, Sha256, Store,
  StoreOptions, StoreStats, ToolsDirectoryOptions, Usage, typeof input];
// @ts-expect-error no such scope
const scope: FilesystemScope = "all";
`;

/** What the declarations must know, and one thing that they must know to be wrong. */
const PROGRAM = `
import { openStore, type LibraryStore } from "tollgate/store";
TYPES
import { readFileSync } from "node:fs";
const store: LibraryStore = openStore();
const loaded = store.load(readFileSync("guest.wasm"));
if (!loaded.ok) throw new Error(loaded.fault.message);
const permit = store.permit(loaded.module, { limits: { fuel: 5_000_000 } });
const outcome = await store.run(permit, { stdin: new TextEncoder().encode("taken and given back") });
const again = await store.run(permit, { stdin: new Uint8Array(0) });
const poor = await store.run(store.permit(loaded.module, { limits: { fuel: 3 } }), { stdin: new Uint8Array(0) });
// @ts-expect-error a number is no text
const wrong: string = outcome.usage.fuelConsumed;
process.stdout.write(JSON.stringify([
  outcome.kind === "exited" && new TextDecoder().decode(outcome.stdout), outcome.usage.memoryPeak,
  again.kind === "fault" && again.fault.code, poor.kind === "fault" && poor.fault.code, typeof wrong,
]));
await store.close();
`;

test("a program that imports tollgate/store by name runs a module, is refused a used permit, and ends by itself", () => {
  if (!existsSync(join(ROOT, "dist/store.js"))) throw new Error("dist/store.js is not there: npm run build makes it");
  writeFileSync(join(folder, "guest.wasm"), CAT);
  // JavaScript is what is left of it without its three type annotations
  const program = PROGRAM.replace("TYPES", "")
    .replace(", type LibraryStore", "")
    .replace(": LibraryStore", "")
    .replace(": string", "");
  writeFileSync(join(folder, "program.mjs"), program);
  const ran = spawnSync(process.execPath, ["program.mjs"], { cwd: folder, encoding: "utf8", timeout: 20_000 });
  assert.is(ran.stderr, "");
  assert.equal(JSON.parse(ran.stdout), ["taken and given back", 65_536, "permit-invalid", "fuel-exhausted", "number"]);
  assert.is(ran.status, 0);
});

test("an idle store that nobody closed does not keep the program alive", () => {
  writeFileSync(join(folder, "guest.wasm"), CAT);
  const program = `import { openStore } from "tollgate/store";
    import { readFileSync } from "node:fs";
    const store = openStore({ workers: 2 });
    const { module } = store.load(readFileSync("guest.wasm"));
    const go = () => store.run(store.permit(module), { stdin: new Uint8Array(3) });
    const endings = await Promise.all(Array.from({ length: 200 }, go));
    setTimeout(async () => console.log(endings.filter((e) => e.kind === "exited").length, (await go()).kind), 400);`;
  writeFileSync(join(folder, "idle.mjs"), program);
  const ran = spawnSync(process.execPath, ["idle.mjs"], { cwd: folder, encoding: "utf8", timeout: 20_000 });
  assert.equal([ran.stdout, ran.stderr, ran.status], ["200 exited\n", "", 0]);
});

test("the declarations of tollgate/store stand by themselves, under the strictest checks", async () => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const types: string = exports["./store"].types;
  const { buildTypes } = await import(pathToFileURL(join(ROOT, "scripts/build-types.mjs")).href);
  const built = join(folder, "dist/types");
  buildTypes(built);
  const face = join(folder, types);
  assert.ok(existsSync(face), types);
  const facePath = JSON.stringify(types.replace(/\.d\.ts$/, ".js"));
  const program = PROGRAM.replace("TYPES", TYPES).replaceAll('"tollgate/store"', facePath);
  writeFileSync(join(folder, "program.mts"), program);
  const strict = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--types", "node"];
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const said = execFileSync(process.execPath, [tsc, ...strict, "--lib", "es2022", "program.mts"], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.is(said, "");
});

/** A bundled file, and every file of the bundle that it imports, however far; with what else they import. */
function reached(file: string, found = new Map<string, string[]>()): Map<string, string[]> {
  if (found.has(file)) return found;
  const text = readFileSync(file, "utf8");
  const imported = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\s[^"'\n]*?(?:from\s*)?"([^"]+)"|\bimport\("([^"]+)"\)/g),
  ];
  const names = imported.map(([, still, lazy]) => still ?? lazy ?? "");
  found.set(
    file,
    names.filter((name) => !name.startsWith(".")),
  );
  for (const name of names) if (name.startsWith(".")) reached(join(dirname(file), name), found);
  return found;
}

test("the library and its worker are bundles that import Node's own modules and nothing else", () => {
  for (const file of ["store.js", "store-worker.js"]) {
    const files = reached(join(ROOT, "dist", file));
    const others = [...files.values()].flat();
    assert.ok(others.length > 0, `nothing that ${file} imports was found`);
    for (const name of others) assert.ok(name.startsWith("node:"), `${file} imports ${name}`);
  }
});

test.run();
