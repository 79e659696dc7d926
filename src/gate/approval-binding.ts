import { createHash } from "node:crypto";
import type { Call } from "../contract/call.ts";
import { canonicalJsonOrFault, digestJson } from "../contract/canonical-json.ts";
import type { EffectScore } from "../contract/effect.ts";
import type { Fault } from "../contract/fault.ts";
import type { Sha256 } from "../contract/units.ts";
import type { ApprovalBinding } from "./approvals.ts";
import { scoreOfDeed } from "./effect.ts";
import type { ToolProfile } from "./tool-profile.ts";

/** What an answer of a person is for: all that makes this call this call. */
export function bindingOf(
  { principal, args: given }: Call,
  { base, manifest, module: deployed }: ToolProfile,
  effect: EffectScore,
  policyDigest: Sha256,
  module: Sha256,
): ApprovalBinding | Fault {
  const args = canonicalJsonOrFault(given);
  if (typeof args !== "string") return args;
  return {
    principal: digestJson([principal.kind, principal.id]),
    tool: manifest.name,
    args: createHash("sha256").update(args, "utf8").digest("hex"),
    // What a person was asked about is one version of a deployed tool, and no other.
    policy: deployed === undefined ? policyDigest : digestJson([policyDigest, manifest.version ?? "", module]),
    score: scoreOfDeed(base, effect),
  };
}
