// A host of this checkout in the process of the benchmark.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const ROOT = new URL("..", import.meta.url);

/** The host of this checkout, bundled from its source where its dependencies are found. */
export async function loadHost() {
  const folder = mkdtempSync(join(fileURLToPath(ROOT), "dist/bench-"));
  try {
    const outfile = join(folder, "host.mjs");
    const contents =
      'export { openHost, openPrepared } from "./src/host/open-host.ts"; export { prepareHost } from "./src/host/prepare-host.ts"; export { resolveSettings } from "./src/host/config.ts";' +
      'export { route } from "./src/kernel/ipc/send.ts";';
    await build({
      stdin: { contents, resolveDir: fileURLToPath(ROOT), loader: "ts" },
      outfile,
      banner: { js: 'import { createRequire as r } from "node:module"; const require = r(import.meta.url);' },
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
      logLevel: "error",
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A host of this checkout with the folder `root` and the state directory `state` in the place; `source` is what it was loaded from. */
export async function openHostAt(place) {
  const source = await loadHost();
  const { openHost, resolveSettings } = source;
  const root = join(place, "root");
  mkdirSync(root, { recursive: true });
  const flags = { roots: [root], policies: [], sudo: false, stateDirectory: join(place, "state") };
  const resolved = await resolveSettings(flags, { cwd: place, env: { HOME: place } });
  if (!resolved.ok) throw new Error(resolved.fault.message);
  const random = (n) => crypto.getRandomValues(new Uint8Array(n));
  const opened = await openHost(resolved.settings, { env: {}, cwd: place, clock: Date.now, random, packageRoot: ROOT });
  if (!opened.ok) throw new Error(opened.fault.message);
  return { host: opened.host, source };
}
