import { createHmac, timingSafeEqual } from "node:crypto";
import type { Sha256 } from "../contract/units.ts";

/** Milliseconds that a person has for an answer. */
export const APPROVAL_LIFETIME_MS = 5 * 60_000;
/** Answered approvals that are remembered until they expire; beyond that none is accepted. */
export const MAX_ANSWERED = 4096;

const KEY_BYTES = 32;
const NONCE_BYTES = 16;
const MAC_BYTES = 32;
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

/**
 * Opens an office for approvals with a key of its own that lives as long as the process. A token is
 * base64url(payload ‖ HMAC-SHA-256(key, payload)) (RFC 2104, RFC 4648 §5), so it needs no memory until it is answered.
 */
export function createApprovals(clock: () => number, random: (bytes: number) => Uint8Array): Approvals {
  const key = draw(random, KEY_BYTES);
  const answered = new Map<string, number>();

  function forgetExpired(now: number): void {
    for (const [nonce, expiry] of answered) if (expiry < now) answered.delete(nonce);
  }

  return {
    issue({ principal, tool, args, policy, score }) {
      const expiresAt = clock() + APPROVAL_LIFETIME_MS;
      const nonce = draw(random, NONCE_BYTES).toString("base64url");
      const payload = Buffer.from(JSON.stringify([1, principal, tool, args, policy, score, expiresAt, nonce]));
      return { token: Buffer.concat([payload, seal(key, payload)]).toString("base64url"), expiresAt };
    },
    spend(token, binding) {
      const fields = open(key, token);
      if (fields === undefined) return "it is not one that this host gave out, or it was changed on its way";
      const [, principal, tool, args, policy, score, expiresAt, nonce] = fields;
      const now = clock();
      if (!(now <= expiresAt)) return "it has expired: ask again";
      if (answered.has(nonce)) return "it was used before: an approval holds for one call";
      if (principal !== binding.principal) return "it was given to another caller";
      if (tool !== binding.tool) return `it was given for another tool, ${tool}`;
      if (args !== binding.args) return "it was given for other arguments";
      if (policy !== binding.policy) return "the policy has changed since it was asked for";
      if (!(binding.score <= score)) return "the call would now do more than the person was told: ask again";
      if (answered.size >= MAX_ANSWERED) forgetExpired(now);
      if (answered.size >= MAX_ANSWERED) return `${MAX_ANSWERED} approvals are in use already: try again in a while`;
      answered.set(nonce, expiresAt);
      return undefined;
    },
  };
}

type Fields = readonly [1, Sha256, string, Sha256, Sha256, number, number, string];

/** The payload of a token whose seal holds. Whatever holds was made by `issue`, so its shape is known. */
function open(key: Buffer, token: string): Fields | undefined {
  if (typeof token !== "string" || token.length > MAX_TOKEN) return undefined;
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length <= MAC_BYTES || bytes.toString("base64url") !== token) return undefined;
  const payload = bytes.subarray(0, -MAC_BYTES);
  if (!timingSafeEqual(bytes.subarray(-MAC_BYTES), seal(key, payload))) return undefined;
  return JSON.parse(payload.toString("utf8")) as Fields;
}

const seal = (key: Buffer, payload: Buffer): Buffer => createHmac("sha256", key).update(payload).digest();

function draw(random: (bytes: number) => Uint8Array, length: number): Buffer {
  const bytes = random(length);
  if (bytes.length !== length) throw new Error(`the source of randomness gave ${bytes.length} bytes for ${length}`);
  return Buffer.from(bytes);
}
