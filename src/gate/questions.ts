import type { Json } from "../contract/json.ts";
import type { AskedQuestions } from "../contract/question.ts";
import { type ApprovalBinding, bindingProblem } from "./approvals.ts";
import { createSeal, MAX_USED } from "./sealed-token.ts";

/** Milliseconds that a person has for a form. */
export const QUESTION_LIFETIME_MS = 15 * 60_000;
/** Times that the tool of one call may ask: a tool that does not come to an end asks nobody for ever. */
export const MAX_ROUNDS = 8;

/** What is asked is in the token, bounded by the host before it is: 32 KiB of JSON, and what holds it. */
const MAX_TOKEN = 64 * 1024;

/** A round of questions whose token came back. */
export interface OpenedRound {
  readonly asked: AskedQuestions;
  /** 1 for the first. */
  readonly round: number;
  /** A person has approved the call in the round before: the answers continue what was approved. */
  readonly approved: boolean;
  readonly binding: ApprovalBinding;
  readonly expiresAt: number;
  readonly nonce: string;
}

/** Makes and checks the tokens of what tools ask. */
export interface Questions {
  issue(
    binding: ApprovalBinding,
    round: Pick<OpenedRound, "asked" | "round" | "approved">,
  ): { readonly token: string; readonly expiresAt: number };
  /** The round of an unchanged, unexpired, unused token, or what is wrong with it. It is not used up by that. */
  open(token: string): OpenedRound | string;
  /** Uses up a round that was opened for a call of exactly this binding; otherwise says what is wrong with it. */
  spend(round: OpenedRound, binding: ApprovalBinding): string | undefined;
}

type Fields = readonly [1, ApprovalBinding, Json, number, boolean, number, string];

/**
 * Opens an office for what tools ask. A token holds the questions and the tool's own state, so nothing is kept until it
 * comes back; it is sealed and not hidden, and good once, for the caller, tool, arguments and policy of its call.
 */
export function createQuestions(clock: () => number, random: (bytes: number) => Uint8Array): Questions {
  const seal = createSeal(random);
  return {
    issue(binding, { asked, round, approved }) {
      const expiresAt = clock() + QUESTION_LIFETIME_MS;
      const fields = [1, { ...binding }, { ...asked }, round, approved, expiresAt, seal.nonce()];
      return { token: seal.seal(fields as unknown as Json), expiresAt };
    },
    open(token) {
      const fields = seal.open(token, MAX_TOKEN) as Fields | undefined;
      if (fields === undefined) return "its state is not one that this host gave out, or it was changed on its way";
      const [, binding, asked, round, approved, expiresAt, nonce] = fields;
      if (!(clock() <= expiresAt)) return "its state has expired: call again without it";
      if (seal.wasUsed(nonce)) return "its state was used before: answers hold for one call";
      return { asked: asked as unknown as AskedQuestions, round, approved, binding, expiresAt, nonce };
    },
    spend({ binding: asked, expiresAt, nonce }, binding) {
      const wrong = bindingProblem(asked, binding);
      if (wrong !== undefined) return `its state does not fit: ${wrong}`;
      return seal.use(nonce, expiresAt, clock())
        ? undefined
        : `${MAX_USED} states are in use already: try again in a while`;
    },
  };
}
