import { MIB } from "../../contract/units.ts";

/** What came back. A redirection is an answer like any other: nobody follows it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Bytes of an answer's body at most. */
export const ANSWER_BODY_BYTES = 4 * MIB;
