import { LARGEST_SCORE } from "../contract/effect.ts";
import type { ResourceArgument } from "../contract/manifest.ts";
import { subjectOf } from "./call-subject.ts";
import { scoreEffect } from "./effect.ts";
import type { GateOptions } from "./options.ts";
import { placeInRoots } from "./paths.ts";
import type { PolicyQuestion } from "./policy-engine.ts";
import { contextOf, questionOnPath } from "./policy-question.ts";
import { READS_ALL } from "./policy-reads.ts";

/**
 * A question that is asked once in the background, for no call and with no effect, so that the code on the way is
 * compiled before the first call comes: the first path argument of the tools, on the first root.
 */
export function rehearsalOf({ manifests, roots, environment }: GateOptions): PolicyQuestion | undefined {
  const isPath = ({ kind }: ResourceArgument): boolean => kind === "path";
  const manifest = manifests.find(({ resources }) => resources.some(isPath));
  const action = manifest?.resources.find(isPath)?.actions[0];
  const place = roots[0] === undefined ? undefined : placeInRoots(roots, roots[0].guestPath);
  if (manifest === undefined || action === undefined || place === undefined) return undefined;
  const subject = subjectOf(manifest, {}, []);
  const effect = scoreEffect(manifest.effect, subject, LARGEST_SCORE);
  const call = contextOf({ kind: "client", id: "" }, manifest.name, environment, effect, subject, READS_ALL);
  return questionOnPath(call, action, place, roots, READS_ALL);
}
