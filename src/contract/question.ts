import type { Json, JsonObject } from "./json.ts";

/**
 * What a tool wants to know of the person behind its caller. `schema` is a flat object of texts, numbers, truth values and
 * choices (MCP 2025-11-25, client/elicitation, requested schema).
 */
export interface ToolQuestion {
  readonly message: string;
  readonly schema: JsonObject;
}

/** The key under which a client answers what the gate asks; no tool may ask under it. */
export const APPROVAL_KEY = "approval";

/** By keys of the tool's own. */
export type ToolQuestions = Readonly<Record<string, ToolQuestion>>;

/** What a person answered: `content` meets the question's schema, and is there exactly where the action is `accept`. */
export interface ToolInput {
  readonly action: "accept" | "decline" | "cancel";
  readonly content?: JsonObject;
}

export type ToolInputs = Readonly<Record<string, ToolInput>>;

/** Answers to questions as they came, not looked at yet. */
export interface GivenInputs {
  /** That of the questions; absent where answers come before anything was asked. */
  readonly token?: string;
  readonly responses: JsonObject;
}

/** Questions that were asked, and what the tool wants to be told again with their answers. */
export interface AskedQuestions {
  readonly questions: ToolQuestions;
  readonly state?: Json;
}

/** Questions to a person. The caller shows them all, then calls again with `inputs: {token, responses}`. */
export interface Asking {
  /** Opaque, integrity-protected, bound to principal, tool, arguments, policy and expiry; one use. */
  readonly token: string;
  /** Each message says which tool asks; it is one line of plain text. */
  readonly questions: ToolQuestions;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** What a run of a tool that may ask is given by the gate beside its permit. */
export interface AskingRun {
  /** What was asked in the round before. */
  readonly before?: AskedQuestions & { readonly round: number };
  /** The token by which the next round goes on; undefined where there were as many as there may be. */
  issue(asked: AskedQuestions): { readonly token: string; readonly expiresAt: number } | undefined;
}
