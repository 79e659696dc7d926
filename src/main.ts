import { Console } from "node:console";
import { failed, run } from "./cli/run.ts";
import type { Ambient } from "./host/settings.ts";

// Standard output belongs to the protocol: whatever a dependency prints goes to standard error.
globalThis.console = new Console(process.stderr, process.stderr);

const ambient: Ambient = {
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: Date.now,
  // Not node:crypto, whose import would cost every start some milliseconds.
  random: (n) => crypto.getRandomValues(new Uint8Array(n)),
  packageRoot: new URL("../", import.meta.url),
  execPath: process.execPath,
};

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // The second time means: at once.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}

// A reader that goes away (`tollgate chain tail | head`) is no failure; `serve` sees it by itself.
process.stdout.on("error", () => stop.abort());
process.stderr.on("error", () => {});

const code = await run(ambient, stop.signal).catch((error: unknown) => failed(ambient, error));
// Nothing may keep the process alive after its answer: standard input may still be open.
process.stdout.write("", () => process.exit(code));
