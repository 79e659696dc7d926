// biome-ignore-all lint/performance/noBarrelFile: a tool imports all that it can from this one
// What a tool imports from "tollgate/tool"; `src/script/tool-types.ts` says it to those who write tools.
import { Buffer } from "buffer";
import { beginRound, round } from "./asking.ts";
import { environment } from "./environment.ts";
import { openFolders } from "./folders.ts";
import { ask } from "./host-answer.ts";
import { addressOf, hostFunction, native } from "./native.ts";
import { serve } from "./serve.ts";

export { ask } from "./asking.ts";
export { audio, content, failure, image, link, resource, text } from "./content.ts";
export { ToolError } from "./tool-error.ts";

const logCall = hostFunction("log");
const progressCall = hostFunction("progress");
interface HttpRequest {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface HttpDocument {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body_base64: string;
}

/** The host's severities, by which a line names its own. */
const LEVELS = ["debug", "info", "warning", "error"];

const host = {
  files: openFolders(),
  get env() {
    return environment();
  },
  /** Calls a tool and answers what it answers; what it refuses with is thrown. */
  call: (tool: string, args: unknown = {}): unknown => (ask("tool.call", { tool, args }) as { answer: unknown }).answer,
  request({ method = "GET", url, headers, body }: HttpRequest) {
    const asked = {
      method,
      url,
      headers,
      body_base64: body === undefined ? undefined : Buffer.from(body).toString("base64"),
    };
    const { body_base64, ...rest } = ask("http.request", asked) as HttpDocument;
    return { ...rest, body: new Uint8Array(Buffer.from(body_base64, "base64")) };
  },
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

const askingHost = {
  get canAsk() {
    return round.canAsk;
  },
  get inputs() {
    return round.inputs;
  },
  get state() {
    return round.state;
  },
};

/** Makes the default export of a tool's file the tool. */
export function serveTool(handle: unknown): void {
  if (typeof handle !== "function") throw new TypeError("tool.ts has no default export that is a function");
  serve((given) => handle(given, host));
}

/** The same for a tool that may ask: what the host gives it is read first. */
export function serveAskingTool(handle: unknown): void {
  if (typeof handle !== "function") throw new TypeError("tool.ts has no default export that is a function");
  const asking = Object.defineProperties(Object.create(host), Object.getOwnPropertyDescriptors(askingHost));
  serve((given) => handle(beginRound(given), asking));
}
