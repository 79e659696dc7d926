// The store as it was built, for scripts and benchmarks that measure or try what ships.
import { existsSync } from "node:fs";

const BUILT = new URL("../dist/store.js", import.meta.url);

/** The library face of dist/, or one line on standard error and exit code 2 where nothing was built. */
export async function builtStore() {
  if (existsSync(BUILT)) return import(BUILT.href);
  process.stderr.write("dist/store.js is not there: npm run build makes it\n");
  process.exit(2);
}
