import { native } from "./native.ts";
import { placeIn, SOURCE_LINES, type SourceLines } from "./source-lines.ts";
import { readAll, writeAll } from "./streams.ts";
import { runNextTimer } from "./timers.ts";
import { ToolError } from "./tool-error.ts";

/** What a call comes to: the text for standard output, and the exit code. */
interface Ending {
  readonly exitCode: 0 | 1;
  readonly text: string;
}

const STDIN = 0;
const STDOUT = 1;
const NOT_YET = -1;

const holder = globalThis as unknown as Record<string, SourceLines | undefined>;
const sourceLines = holder[SOURCE_LINES];
delete holder[SOURCE_LINES];

/**
 * Makes `handle` the tool: it is given the arguments, and what it answers, or resolves to, is the answer. A thrown
 * {@link ToolError} refuses the call with its code; anything else thrown is `script-error` with where it happened.
 * `give up` is asked first whenever the engine comes back, and ends the call with its answer when it has one.
 */
export function serve<Arguments>(handle: (given: Arguments) => unknown, giveUp: () => unknown = () => undefined): void {
  let ending: Ending | undefined;
  let begun = false;
  const fail = (thrown: unknown): void => {
    ending ??= endingOf(thrown);
  };
  const begin = async (): Promise<void> => {
    const input = readAll(STDIN);
    const given = JSON.parse(native.decode(native.address(input.buffer) + input.byteOffset, input.length));
    ending ??= answered(await handle(given));
  };
  (globalThis as unknown as { __main: () => number }).__main = (): number => {
    try {
      if (!begun) {
        begun = true;
        begin().then(undefined, fail);
        if (ending === undefined) return NOT_YET;
      }
      const givenUp = giveUp();
      if (givenUp !== undefined) ending = answered(givenUp);
      if (ending === undefined && runNextTimer()) return NOT_YET;
      ending ??= endingOf(
        new ToolError("script-error", "the tool waits for something that never comes: see its awaits"),
      );
    } catch (error) {
      fail(error);
    }
    const { exitCode, text } = ending as Ending;
    return writeAll(STDOUT, native.encode(text)) === 0 ? exitCode : 1;
  };
}

function answered(answer: unknown): Ending {
  const text = JSON.stringify(answer);
  if (text === undefined) throw new ToolError("script-error", "the tool's answer is not JSON: return an object");
  return { exitCode: 0, text };
}

function endingOf(thrown: unknown): Ending {
  if (thrown instanceof ToolError) {
    const { code, message, data } = thrown;
    return { exitCode: 1, text: JSON.stringify({ code, message, data }) };
  }
  return { exitCode: 1, text: JSON.stringify({ code: "script-error", message: said(thrown) }) };
}

function said(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return `the tool threw ${String(thrown)}`;
    const stack = thrown.stack ?? "";
    const place = sourceLines === undefined ? undefined : placeIn(sourceLines, stack);
    const where = place === undefined ? (stack.split("\n")[0]?.trim() ?? "") : `at ${place}`;
    return `the tool threw ${thrown.name}: ${thrown.message}${where === "" ? "" : ` ${where}`}`;
  } catch {
    return "the tool threw something that cannot be shown";
  }
}
