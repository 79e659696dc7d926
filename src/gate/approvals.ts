import type { Sha256 } from "../contract/units.ts";
import { createSeal, MAX_USED } from "./sealed-token.ts";

/** Milliseconds that a person has for an answer. */
export const APPROVAL_LIFETIME_MS = 5 * 60_000;
/** Answered approvals that are remembered until they expire; beyond that none is accepted. */
export const MAX_ANSWERED = MAX_USED;

const MAX_TOKEN = 2048;

/** What an approval is for. All of it must be the same when the answer comes. */
export interface ApprovalBinding {
  /** Digest of the principal's kind and id. */
  readonly principal: Sha256;
  readonly tool: string;
  /** Digest of the canonical arguments. */
  readonly args: Sha256;
  readonly policy: Sha256;
  /** Score of the effect that the person was shown: the call may since have come to do more. */
  readonly score: number;
}

/** Makes and checks the tokens of questions to a person. */
export interface Approvals {
  issue(binding: ApprovalBinding): { readonly token: string; readonly expiresAt: number };
  /**
   * Uses up a token for a call: answers `undefined` where it is the unchanged, unexpired, unused token of exactly
   * this binding, and otherwise says in words what is wrong with it.
   */
  spend(token: string, binding: ApprovalBinding): string | undefined;
}

type Fields = readonly [1, Sha256, string, Sha256, Sha256, number, number, string];

/** Opens an office for approvals whose tokens hold as long as the process lives, see {@link createSeal}. */
export function createApprovals(clock: () => number, random: (bytes: number) => Uint8Array): Approvals {
  const seal = createSeal(random);
  return {
    issue({ principal, tool, args, policy, score }) {
      const expiresAt = clock() + APPROVAL_LIFETIME_MS;
      return { token: seal.seal([1, principal, tool, args, policy, score, expiresAt, seal.nonce()]), expiresAt };
    },
    spend(token, binding) {
      // Whatever the seal holds was made by `issue`, so its shape is known.
      const fields = seal.open(token, MAX_TOKEN) as Fields | undefined;
      if (fields === undefined) return "it is not one that this host gave out, or it was changed on its way";
      const [, principal, tool, args, policy, score, expiresAt, nonce] = fields;
      const now = clock();
      if (!(now <= expiresAt)) return "it has expired: ask again";
      if (seal.wasUsed(nonce)) return "it was used before: an approval holds for one call";
      const wrong = bindingProblem({ principal, tool, args, policy, score }, binding);
      if (wrong !== undefined) return wrong;
      return seal.use(nonce, expiresAt, now)
        ? undefined
        : `${MAX_ANSWERED} approvals are in use already: try again in a while`;
    },
  };
}

/** What in a call is not as it was when the person was asked, in words. */
export function bindingProblem(asked: ApprovalBinding, now: ApprovalBinding): string | undefined {
  if (asked.principal !== now.principal) return "it was given to another caller";
  if (asked.tool !== now.tool) return `it was given for another tool, ${asked.tool}`;
  if (asked.args !== now.args) return "it was given for other arguments";
  if (asked.policy !== now.policy) return "the policy has changed since it was asked for";
  if (!(now.score <= asked.score)) return "the call would now do more than the person was told: ask again";
  return undefined;
}
