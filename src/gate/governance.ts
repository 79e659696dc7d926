import { PLUGIN_ACTION, type ToolManifest } from "../contract/manifest.ts";
import type { RootGrant } from "../contract/permit.ts";
import { safeText } from "../contract/safe-text.ts";
import type { CallSubject } from "./call-subject.ts";
import { shownResource } from "./named-resources.ts";
import type { PolicyEngine, PolicyQuestion, PolicyVerdict } from "./policy-engine.ts";
import { type CallContext, questionOnNamed, questionOnPath, questionOnTool } from "./policy-question.ts";

/** What the policies say of a whole call. */
export interface Ruling {
  readonly kind: "allow" | "defer" | "deny";
  readonly rules: readonly string[];
  readonly reasons: readonly string[];
}

/**
 * Asks the policies for every action of a call on every resource. All must be allowed: the first that is refused
 * refuses the call, and one that a person must decide makes the whole call a person's.
 */
export function governs(
  engine: PolicyEngine,
  context: CallContext,
  manifest: ToolManifest,
  { paths, named }: CallSubject,
  roots: readonly RootGrant[],
): Ruling {
  const allowing = new Set<string>();
  const deferring = new Set<string>();
  const allowed: string[] = [];
  const asked: string[] = [];
  const reads = engine.reads();

  const ask = (question: PolicyQuestion, action: string, resource: string): Ruling | undefined => {
    const verdict = engine.decide(question);
    const on = `${action} on ${safeText(resource, 200)}`;
    if (verdict.kind === "allow") {
      for (const id of verdict.rules) allowing.add(id);
      allowed.push(on);
      return undefined;
    }
    if (verdict.kind === "defer") {
      for (const id of verdict.rules) deferring.add(id);
      asked.push(`policy ${verdict.rules.join(", ")} asks a person before ${on}`);
      return undefined;
    }
    return { kind: "deny", rules: verdict.rules, reasons: [refusal(verdict, on)] };
  };

  // A deployed tool is decided on by itself as well: its module is not known to do only what its arguments say.
  if ((paths.length === 0 && named.length === 0) || manifest.action === PLUGIN_ACTION) {
    const denied = ask(questionOnTool(context, manifest.action, manifest.name), manifest.action, manifest.name);
    if (denied !== undefined) return denied;
  }
  for (const { actions, place } of paths) {
    for (const action of actions) {
      const denied = ask(questionOnPath(context, action, place, roots, reads), action, place.path);
      if (denied !== undefined) return denied;
    }
  }
  for (const resource of named) {
    for (const action of resource.actions) {
      const denied = ask(questionOnNamed(context, action, resource), action, shownResource(resource));
      if (denied !== undefined) return denied;
    }
  }
  if (asked.length > 0) return { kind: "defer", rules: [...deferring].sort(), reasons: asked };
  const rules = [...allowing].sort();
  return { kind: "allow", rules, reasons: [`policy ${rules.join(", ")} permits ${allowed.join(" and ")}`] };
}

function refusal({ kind, rules, cause }: PolicyVerdict, on: string): string {
  const named = rules.map((rule) => safeText(rule, 80)).join(", ");
  if (kind === "error") {
    const what = named === "" ? "the policies" : `policy ${named}`;
    return `${what} could not be evaluated for ${on}: ${safeText(cause ?? "no answer", 300)}`;
  }
  if (named === "") return `no policy permits ${on}: the operator can add a permit to the policy`;
  return `policy ${named} forbids ${on}`;
}
