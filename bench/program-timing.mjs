// Runs one real program in a process of its own, plain or metered, and prints what it took as JSON: `firstMs` from before
// its package is loaded to its first answer, `ms` of each call once warm. Milliseconds are processor time of all threads.
// Arguments: the program, the seconds to measure, folders to find packages in, and, to meter, the checkout of the meter.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { loadMeter } from "./load-meter.mjs";
import { installMeter } from "./metered-engine.mjs";
import { PROGRAMS } from "./programs.mjs";

const WARM_UP_CALLS = 20;
const { name, seconds, folders, source } = JSON.parse(process.argv[2]);

function now() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The file of a package's module, from the first folder that has it. */
function file(specifier) {
  for (const folder of folders) {
    try {
      return createRequire(`${folder}/`).resolve(specifier);
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new Error(`no ${specifier} in ${folders.join(", ")}`);
}

/** A package as a namespace; what CommonJS exports is there by name too, which Node.js cannot always tell by itself. */
async function load(specifier) {
  const namespace = await import(pathToFileURL(file(specifier)).href);
  return typeof namespace.default === "object" ? { ...namespace.default, ...namespace } : namespace;
}

const meter = source && (await loadMeter(source));
const sizes = meter ? installMeter(meter) : [];
const started = now();
const run = await PROGRAMS[name].open(load, file);
const answer = String(await run());
const firstMs = now() - started;

const warmUntil = now() + seconds * 1000;
for (let calls = 0; calls < WARM_UP_CALLS || now() < warmUntil; calls++) await run();
const ms = [];
const until = now() + seconds * 1000;
while (ms.length < 10 || now() < until) {
  const before = now();
  await run();
  ms.push(now() - before);
}
if (String(await run()) !== answer) throw new Error(`${name} answers otherwise when warm`);
process.stdout.write(`${JSON.stringify({ answer, firstMs, ms, sizes })}\n`);
process.exit();
