import { canonicalJsonOrFault } from "../../contract/canonical-json.ts";
import { type Fault, fault } from "../../contract/fault.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { safeText } from "../../contract/safe-text.ts";
import type { ExampleCall } from "./examples.ts";

/** Answers the calls that a tool makes in an example, in their order, and tells where they are others than expected. */
export class ExpectedCalls {
  readonly #calls: readonly ExampleCall[];
  #next = 0;
  #problem: string | undefined;

  constructor(calls: readonly ExampleCall[]) {
    this.#calls = calls;
  }

  answer(request: Uint8Array): Uint8Array | Fault {
    const { tool, args } = JSON.parse(new TextDecoder().decode(request)) as { tool: string; args: JsonObject };
    const shown = `${safeText(String(tool), 64)} ${safeText(JSON.stringify(args), 200)}`;
    const call = this.#calls[this.#next++];
    if (call === undefined) return this.#refuse(`it calls ${shown}, and "calls" has no more`);
    if (call.tool !== tool) return this.#refuse(`it calls ${shown} where ${safeText(call.tool, 64)} is expected`);
    if (call.arguments !== undefined && !isSame(call.arguments, args)) {
      return this.#refuse(`it calls ${shown} where ${JSON.stringify(call.arguments)} is expected`);
    }
    if (call.error !== undefined) return fault("tool", call.error, "as the example has it");
    return new TextEncoder().encode(JSON.stringify({ ok: true, answer: call.answer ?? null }));
  }

  /** What was not as expected; asked when the run is over. */
  problem(): string | undefined {
    const left = this.#calls[this.#next];
    return this.#problem ?? (left && `it does not call ${safeText(left.tool, 64)}`);
  }

  #refuse(problem: string): Fault {
    this.#problem ??= problem;
    return fault("tool", "unexpected-call", problem);
  }
}

const isSame = (one: Json, other: Json): boolean => canonicalJsonOrFault(one) === canonicalJsonOrFault(other);
