import type { Answer, Call } from "../../contract/call.ts";
import type { Within } from "../call.ts";

/** Takes a call through every stage, as part of what it belongs to. Never rejects. */
export type Run = (call: Call, within?: Within) => Promise<Answer>;
