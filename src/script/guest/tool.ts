// biome-ignore-all lint/performance/noBarrelFile: a tool imports all that it can from this one
// What a tool imports from "tollgate/tool"; `src/script/tool-types.ts` says it to those who write tools.
import { openFolders } from "./folders.ts";
import { addressOf, hostFunction, native } from "./native.ts";
import { serve } from "./serve.ts";

export { ToolError } from "./tool-error.ts";

const logCall = hostFunction("log");
const progressCall = hostFunction("progress");
/** The host's severities, by which a line names its own. */
const LEVELS = ["debug", "info", "warning", "error"];

const host = {
  files: openFolders(),
  log(message: unknown, level = "info"): void {
    const severity = LEVELS.indexOf(level);
    if (severity < 0) throw new TypeError(`there is no level ${level}: use ${LEVELS.join(", ")}`);
    const bytes = native.encode(String(message));
    logCall(severity, addressOf(bytes), bytes.length);
  },
  progress(done: number, total = 0, message = ""): void {
    const bytes = native.encode(String(message));
    progressCall(done, total, addressOf(bytes), bytes.length);
  },
};

/** Makes the default export of a tool's file the tool. */
export function serveTool(handle: unknown): void {
  if (typeof handle !== "function") throw new TypeError("tool.ts has no default export that is a function");
  serve((given) => handle(given, host));
}
