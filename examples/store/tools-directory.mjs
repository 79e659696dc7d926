// A folder of modules as tools: each `<name>.wasm` of `tools/wasm` in a workspace, with what `tools.json` beside it says
// that it may do, lowered to the ceilings of the store.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "tollgate/store";
import { wat } from "./wat.mjs";

const workspace = mkdtempSync(join(tmpdir(), "tollgate-example-"));
const tools = join(workspace, "tools/wasm");
mkdirSync(tools, { recursive: true });

/** Makes a file `made.txt` in its workspace; the exit code is WASI's errno. */
const MAKE = wat(`(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 8) "made.txt")
  (func (export "run") (result i32) (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 8) (i32.const 1)
    (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 100))))`);
writeFileSync(join(tools, "file.make.wasm"), MAKE);
writeFileSync(join(tools, "file.try.wasm"), MAKE);
writeFileSync(join(tools, "broken.wasm"), "not a module");
const said = {
  tools: {
    "file.make": { filesystem: "read-write", limits: { fuel: 100_000 } },
    "file.try": { filesystem: "read-only" },
  },
};
writeFileSync(join(tools, "tools.json"), JSON.stringify(said));

const store = openStore({ ceilings: { filesystem: "read-write" } });
const report = store.modules.loadDirectory({ workspace });
if ("code" in report) throw new Error(report.message);
for (const { name, size, authority } of report.loaded) {
  console.log(`${name}: ${size} bytes, fuel ${authority.limits.fuel}, files ${authority.roots[0]?.access ?? "none"}`);
}
for (const { file, fault } of report.refused) console.log(`${file}: ${fault.message}`);

// A look at a module, of which nothing runs.
const seen = await store.inspect(readFileSync(join(tools, "file.make.wasm")));
if ("needs" in seen)
  console.log(`needs: files ${seen.needs.filesystem}, clock ${seen.needs.clock}; enters by ${seen.entryPoints}`);

for (const name of ["file.try", "file.make"]) {
  const outcome = await store.runNamed(name, { stdin: new Uint8Array(0) });
  console.log(`${name}: ${outcome.kind === "exited" ? `exit code ${outcome.exitCode}` : outcome.fault.message}`);
}
await store.close();
rmSync(workspace, { recursive: true, force: true });
