import { type Fault, fault } from "../../contract/fault.ts";
import type { Json } from "../../contract/json.ts";

/** How many characters of a name that a module chose are shown in a message. */
const SHOWN_NAME = 96;

/**
 * Ends the decoding of a module from any depth. Never leaves `meter/`: {@link meterModule} turns it into its fault.
 * Not an `Error`, because nobody reads its stack and hostile modules should be cheap to refuse.
 */
export class Refusal {
  readonly fault: Fault;

  constructor(code: Fault["code"], message: string, data?: Record<string, Json>) {
    this.fault = fault("store", code, message, data);
  }
}

/** The bytes are not a module by the core specification's binary format (chapter 5). */
export function malformed(what: string, at: number): Refusal {
  return new Refusal("module-invalid", `module is not valid WebAssembly: ${what} at byte ${at}: rebuild it`, {
    offset: at,
  });
}

/** The module uses something that this store does not run, though an engine might. */
export function unsupported(what: string): Refusal {
  return new Refusal("module-refused", `module refused: ${what}: build it without`);
}

/** The engine of this process does not run a proposal that the module uses. */
export function lackingEngine(feature: string, title: string): Refusal {
  return new Refusal(
    "module-refused",
    `module refused: this version of Node.js does not run ${title}: use a newer one, or build the module without`,
    { feature },
  );
}

/** A figure of the module is over a bound; checked before the engine sees a byte. */
export function overBound(figure: string, size: number, limit: number): Refusal {
  return new Refusal(
    "module-refused",
    `module refused: ${figure} is ${size}, over the limit of ${limit}: make the module smaller`,
    { figure, size, limit },
  );
}

/** A name from the module, fit for a message: quoted, cut, everything but printable ASCII escaped. */
export function shownName(name: string): string {
  const cut = name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name;
  let text = "";
  for (const char of cut) {
    const code = char.codePointAt(0)!;
    const plain = (code >= 0x20 && code < 0x7f && char !== "\\") || char === "…";
    text += plain ? char : `\\u{${code.toString(16)}}`;
  }
  return text;
}
