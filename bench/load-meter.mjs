// The meter of a checkout, bundled from its source with constants written in, as the build does it: the library does
// not give it away. Several checkouts can be loaded side by side, to compare one meter with another in the same run.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { folderAt, refuseArguments } from "../scripts/script-arguments.mjs";

const METER = "src/store/meter/meter.ts";

const CONTENTS = `export { METER_EXPORTS, METER_MEMORY, meterModule } from "./${METER}";
  export { DEFAULT_MODULE_BOUNDS } from "./src/store/meter/bounds.ts";`;

/** The absolute path of a checkout that a command line names; a folder without a meter in it is refused. */
export function checkoutAt(path) {
  if (!existsSync(join(folderAt(path), METER))) refuseArguments(`${path} is no checkout: it has no ${METER}`);
  return resolve(path);
}

/**
 * The meter of the checkout at `root`, as a function from a module's bytes to `{bytes, host}`, where `host` is what an
 * instance needs (see instance.mjs) and can be written as JSON. Bounds are the default ones but for the size of the
 * module, which real programs of this bench exceed. `allowsImports`: whether the module may import functions.
 */
export async function loadMeter(root) {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  try {
    const outfile = join(folder, "meter.mjs");
    const stdin = { contents: CONTENTS, resolveDir: resolve(root), loader: "ts" };
    await build({
      stdin,
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      minifySyntax: true,
      logLevel: "error",
    });
    const { METER_EXPORTS, METER_MEMORY, meterModule, DEFAULT_MODULE_BOUNDS } = await import(
      pathToFileURL(outfile).href
    );
    const bounds = { ...DEFAULT_MODULE_BOUNDS, moduleBytes: 64 << 20 };
    return (bytes, { allowsImports = false } = {}) => {
      const answer = meterModule(bytes, { memoryPages: 65_536, bounds, allowedImports: () => allowsImports });
      if (!answer.ok) throw new Error(answer.fault.message);
      const { bytes: metered, memory, startFunction } = answer.module;
      const host = {
        fuel: METER_EXPORTS.fuel,
        start: startFunction ? METER_EXPORTS.start : undefined,
        memory: memory && { ...METER_MEMORY, minPages: memory.minPages, maxPages: memory.maxPages },
      };
      return { bytes: metered, host };
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
