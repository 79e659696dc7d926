import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { canonicalJsonOrFault } from "../../contract/canonical-json.ts";
import type { ContentResult } from "../../contract/content.ts";
import { fault, isFault } from "../../contract/fault.ts";
import type { JsonObject } from "../../contract/json.ts";
import { LIMIT_CEILINGS } from "../../contract/limits.ts";
import type { LogLine } from "../../contract/note.ts";
import type { Usage } from "../../contract/outcome.ts";
import { createPermitOffice, type PermitOffice, type RootGrant } from "../../contract/permit.ts";
import type { ToolInputs } from "../../contract/question.ts";
import { withPlacedPaths } from "../../gate/paths.ts";
import { profileOf } from "../../gate/tool-profile.ts";
import { openStore, type Store } from "../../store/store.ts";
import type { ToolStatement } from "../../trust/statement.ts";
import { readAnswer } from "../answer.ts";
import { askingInput, type Round } from "../asking.ts";
import { contentReader } from "../content/read-content.ts";
import { TOOL_CALL } from "../kernel/host-calls.ts";
import type { Tool } from "../registry.ts";
import type { Example } from "./examples.ts";
import { ExpectedCalls } from "./expected-calls.ts";
import { compileSchema } from "./schema-compiler.ts";

/** What came of one example. */
export interface ExampleResult {
  readonly name: string;
  /** What was not as it should be; absent where all was. */
  readonly problem?: string;
  /** What it answered, also where that is another than was expected. */
  readonly answer?: JsonObject;
  /** The same, where it is blocks. */
  readonly content?: ContentResult;
  readonly usage?: Usage;
  readonly log: readonly LogLine[];
}

const NO_NETWORK = fault("tool", "unavailable", "an example has no network: try the tool with tollgate tool dev");
const encoder = new TextEncoder();
const MOST_SHOWN = 600;
/** Pictures in base64 would push what differs out of sight. */
const MOST_MEMBER = 160;

/**
 * Runs examples of a tool one after the other, each in a fresh store with all that the tool may have and in a folder of its
 * own: no gate is asked and nothing is recorded, so that neither is needed to write a tool.
 */
export async function* runExamples(
  { manifest, module }: ToolStatement,
  bytes: Uint8Array,
  examples: readonly Example[],
  packageRoot: URL,
  signal: AbortSignal,
): AsyncGenerator<ExampleResult> {
  const office = createPermitOffice();
  const store = openStore({
    redeem: office.redeem,
    hostCalls: {
      [TOOL_CALL]: { handler: (request, { value }) => (value as ExpectedCalls).answer(request) },
      "http.request": { handler: () => NO_NETWORK },
    },
    workerUrl: new URL("dist/store-worker.js", packageRoot),
    workers: 1,
  });
  const [parameters, output] = [compileSchema(manifest.parameters), compileSchema(manifest.output)];
  try {
    const loaded = store.load(bytes, module.sha256);
    const odd = [parameters, output].find((one) => typeof one === "string");
    if (!loaded.ok || typeof parameters === "string" || typeof output === "string") {
      throw new Error(loaded.ok ? String(odd) : loaded.fault.message);
    }
    const tool: Tool = {
      manifest,
      moduleHash: module.sha256,
      moduleBytes: bytes,
      checkArguments: parameters,
      checkAnswer: output,
      ...(manifest.result === "content" && { readContent: contentReader(manifest, output) }),
    };
    for (const example of examples) {
      if (signal.aborted) return;
      yield await inScratch((place) => runExample(tool, example, place, store, office, signal));
    }
  } finally {
    await store.close();
  }
}

async function inScratch<T>(use: (place: string) => Promise<T>): Promise<T> {
  const place = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-example-")));
  try {
    return await use(place);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function runExample(
  tool: Tool,
  example: Example,
  place: string,
  store: Store,
  { mint }: PermitOffice,
  signal: AbortSignal,
): Promise<ExampleResult> {
  const { name, expected } = example;
  const log: LogLine[] = [];
  const wrong = tool.checkArguments(example.arguments);
  if (wrong !== undefined) {
    const code = "invalid-arguments";
    return "error" in expected && expected.error === code
      ? { name, log }
      : { name, log, problem: `its arguments do not meet "parameters": ${wrong}` };
  }
  for (const { path } of tool.manifest.folders ?? []) mkdirSync(join(place, path), { recursive: true });
  for (const [path, text] of Object.entries(example.files)) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  const roots: RootGrant[] = [{ guestPath: place, hostPath: place, access: "read-write" }];
  const expectedCalls = new ExpectedCalls(example.calls);
  const given = { roots, ceilings: LIMIT_CEILINGS, env: example.env };
  const { authority } = profileOf(tool.manifest, given, tool.moduleHash);
  const placed = withPlacedPaths(tool.manifest, example.arguments, roots);
  const outcome = await store.run(mint(tool.moduleHash, authority), {
    stdin: encoder.encode(tool.manifest.asks === true ? askedInput(placed, example) : JSON.stringify(placed)),
    signal,
    context: expectedCalls,
    onLog: (line) => log.push(line),
  });
  const { usage } = outcome;
  const read = readAnswer(tool, outcome);
  const problem =
    "json" in read
      ? "answer" in expected
        ? difference("the answer", comparable(tool, read.value, expected.answer), expected.answer)
        : `it answers ${shown(read.value)} where ${expected.error} is expected`
      : "error" in expected && read.fault.code === expected.error
        ? undefined
        : `it fails as ${read.fault.code}: ${read.fault.message}`;
  const left = expectedCalls.problem() ?? problem ?? leftOver(place, example.after);
  const answered = "json" in read ? { answer: read.value, ...(read.content && { content: read.content }) } : {};
  return { name, usage, log, ...answered, ...(left !== undefined && { problem: left }) };
}

/** What a tool that may ask is given in an example, as {@link askingInput} gives it in a call. */
function askedInput(args: JsonObject, { inputs, state }: Example): string {
  const told = state === undefined ? {} : { state };
  const round: Round =
    inputs === undefined
      ? { kind: "first" }
      : { kind: "answered", round: 1, inputs: inputs as unknown as ToolInputs, ...told };
  return askingInput(args, round, { canAnswer: true });
}

/** The answer of a saved command without the time that it took, which no example can foretell, unless it is asked for. */
function comparable({ manifest }: Tool, found: unknown, expected: JsonObject): unknown {
  if (manifest.shell === undefined || Object.hasOwn(expected, "duration_ms")) return found;
  const { duration_ms: _, ...rest } = found as JsonObject;
  return rest;
}

function leftOver(place: string, after: Example["after"]): string | undefined {
  for (const [path, text] of Object.entries(after)) {
    let found: string | undefined;
    try {
      found = readFileSync(join(place, path), "utf8");
    } catch {
      found = undefined;
    }
    if (found === undefined) return `it leaves no file ${path}`;
    const differs = difference(path, found, text);
    if (differs !== undefined) return differs;
  }
  return undefined;
}

function difference(what: string, found: unknown, expected: unknown): string | undefined {
  const [one, other] = [found, expected].map((value) => canonicalJsonOrFault(value as never));
  if (!isFault(one) && one === other) return undefined;
  return `${what} is ${shown(found)} where ${shown(expected)} is expected`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, member) =>
    typeof member === "string" && member.length > MOST_MEMBER
      ? `${member.slice(0, MOST_MEMBER)}… of ${member.length} characters`
      : member,
  );
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
