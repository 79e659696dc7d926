import type { Call } from "../contract/call.ts";
import type { Decision, DecisionRecord, Environment, GateLayer } from "../contract/decision.ts";
import type { EffectScore } from "../contract/effect.ts";
import { type Fault, fault } from "../contract/fault.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { PermitOffice, RootGrant } from "../contract/permit.ts";
import type { AskingRun } from "../contract/question.ts";
import { safeText } from "../contract/safe-text.ts";
import type { Sha256 } from "../contract/units.ts";
import { bindingOf } from "./approval-binding.ts";
import type { ApprovalBinding, Approvals } from "./approvals.ts";
import { type CallSubject, subjectOf } from "./call-subject.ts";
import { authorityFor, notListed, resourceNotHeld, toolNotHeld } from "./capability.ts";
import { type Past, scoreEffect } from "./effect.ts";
import { governs, type Ruling } from "./governance.ts";
import { rootsOf } from "./granted-roots.ts";
import { nameResources, shownResource } from "./named-resources.ts";
import { type CallFacts, placePaths } from "./placed-paths.ts";
import type { PolicyEngine } from "./policy-engine.ts";
import { contextOf } from "./policy-question.ts";
import { questionText } from "./question.ts";
import { MAX_ROUNDS, type OpenedRound, type Questions } from "./questions.ts";
import { foldersWithin, namedByTool, placeFolders } from "./tool-folders.ts";
import type { ToolProfile } from "./tool-profile.ts";

export type Decider = (call: Call, manifest: ToolManifest, facts: CallFacts) => Decision;

/** What decisions are made by; all of it is fixed while the gate is open. */
export interface DecidingContext {
  readonly mint: PermitOffice["mint"];
  readonly environment: Environment;
  readonly roots: readonly RootGrant[];
  readonly moduleHash: (manifest: ToolManifest) => Sha256;
  /** Environment variables that the operator lists. */
  readonly envNames: ReadonlySet<string>;
  readonly engine: PolicyEngine;
  readonly profiles: ReadonlyMap<string, ToolProfile>;
  readonly threshold: number;
  readonly sudo: boolean;
  readonly historyRequired: boolean;
  readonly policyDigest: Sha256;
  readonly approvals: Approvals;
  readonly questions: Questions;
}

const SHA256 = /^[0-9a-f]{64}$/;
const MAX_RESOURCES = 8;
const MAX_RESOURCE = 512;
/** From this share of the threshold on, a permit says why the call is not quite harmless. */
const WARN_SHARE = 2 / 3 + 1e-9;

/** Makes the function that takes one call through the layers in their order; the first refusal wins. */
export function createDecider(gate: DecidingContext): Decider {
  const { engine, environment, policyDigest } = gate;
  const environmentRule = `environment:${environment}`;

  return function decide(call, manifest, facts) {
    const profile = gate.profiles.get(manifest.name);
    const record = (
      verdict: DecisionRecord["verdict"],
      layer: GateLayer,
      rules: readonly string[],
      reasons: readonly string[],
      effect: EffectScore | undefined,
      resources: readonly string[],
    ): DecisionRecord => ({
      verdict,
      layer,
      environment,
      rules,
      reasons,
      ...(effect !== undefined && { effect }),
      policyDigest,
      resources,
    });
    const incapable = (why: Fault): Decision => ({
      kind: "deny",
      fault: why,
      record: record("deny", "capability", ["capability"], [why.message], undefined, [manifest.name]),
    });

    // Capabilities: what the principal and the tool hold at all.
    if (profile === undefined || call.tool !== manifest.name) {
      return incapable(fault("gate", "permission-denied", `tool ${safeText(call.tool, 60)} is not one of this gate's`));
    }
    const { principal } = call;
    const notHeld = toolNotHeld(call, profile.manifest);
    if (notHeld !== undefined) return incapable(notHeld);
    const held = rootsOf(principal, gate.roots);
    const { folders } = profile.manifest;
    const roots = folders === undefined ? held : foldersWithin(folders, held, gate.roots);
    const inFolders = placeFolders(profile.manifest, roots, gate.roots);
    if ("code" in inFolders) return incapable(inFolders);
    const placed = placePaths(profile.manifest, call.args, facts, roots, gate.roots);
    if ("code" in placed) return incapable(placed);
    const paths = [...placed.paths, ...inFolders];
    const found = nameResources(profile.manifest, call.args, facts);
    if ("code" in found) return incapable(found);
    const named = [...found.named, ...namedByTool(profile.manifest)];
    const beyond = notListed(principal, gate.envNames, named) ?? resourceNotHeld(principal, roots, paths, named);
    if (beyond !== undefined) return incapable(beyond);
    if (gate.historyRequired && facts.history === undefined) {
      return incapable(fault("gate", "permission-denied", "the history that effects are scored by cannot be read"));
    }
    if (profile.module !== undefined && profile.manifest !== manifest) {
      return incapable(
        fault("gate", "permission-denied", `${manifest.name} has just become another version: call it again`),
      );
    }
    const module = profile.module ?? gate.moduleHash(profile.manifest);
    if (!SHA256.test(module)) {
      return incapable(
        fault("gate", "permission-denied", `the module of ${manifest.name} is not pinned: install tollgate again`),
      );
    }

    // The effect is scored before policy is asked, because policies may speak of it.
    const subject = subjectOf(profile.manifest, call.args, paths, named);
    const resources = resourcesOf(subject, manifest.name);
    const asks = profile.manifest.asks === true;
    const continued = asks && call.inputs?.token !== undefined ? gate.questions.open(call.inputs.token) : undefined;
    if (typeof continued === "string") return unusable(continued);
    const unanswered = call.approval === undefined && continued?.approved !== true;
    const threshold = environment === "production" && unanswered ? gate.threshold / 2 : gate.threshold;
    const effect = scoreEffect(profile.base, subject, threshold, pastOf(principal, facts));

    // Governance: the policies. No answer of a person and no sudo lifts a refusal here.
    const ruling = rule(call, profile.manifest, effect, subject);
    if (ruling.kind === "deny") {
      return {
        kind: "deny",
        fault: fault("gate", "governance-denied", ruling.reasons.join(": "), {
          tool: manifest.name,
          rules: ruling.rules,
        }),
        record: record("deny", "governance", ruling.rules, ruling.reasons, effect, resources),
      };
    }

    // Environment: how much effect is let through without a person.
    const above = effect.score > threshold;
    const overruled = above && gate.sudo;
    const reasons: string[] = ruling.kind === "defer" ? [...ruling.reasons] : [];
    if (above)
      reasons.push(`its effect ${figure(effect.score)} is above the ${environment} threshold ${figure(threshold)}`);
    if (overruled) reasons.push("sudo lifts the threshold for this run of the host");
    for (const term of effect.terms) reasons.push(term.reason);
    const layer: GateLayer = ruling.kind === "defer" ? "governance" : "environment";
    const rules = [...ruling.rules, environmentRule, ...(overruled ? ["sudo"] : [])].sort();
    const mustAsk = ruling.kind === "defer" || (above && !overruled);

    // Approval.
    const binding = mustAsk || !unanswered || asks ? bindingOf(call, profile, effect, policyDigest, module) : undefined;
    if (binding !== undefined && "code" in binding) return incapable(binding);
    if (binding !== undefined && (mustAsk || !unanswered)) {
      if (call.approval !== undefined) {
        const answered = spend(call.approval, binding, gate.approvals);
        if (answered !== undefined) {
          const refused = record(
            "deny",
            "approval",
            [...rules, "approval"].sort(),
            [answered.message, ...reasons],
            effect,
            resources,
          );
          return { kind: "deny", fault: answered, record: refused };
        }
        reasons.unshift("a person approved this call");
      } else if (!unanswered) {
        reasons.unshift("a person approved this call before the tool asked");
      } else if (call.canAsk) {
        const { token, expiresAt } = gate.approvals.issue(binding);
        const question = questionText({
          caller: `${principal.kind} ${principal.id}`,
          tool: manifest.name,
          title: manifest.title,
          resources: [...paths.map(({ place }) => place.path), ...named.map(shownResource)],
          reasons,
        });
        return {
          kind: "defer",
          deferral: { token, question, expiresAt },
          record: record("defer", layer, rules, reasons, effect, resources),
        };
      } else {
        const why = fault(
          "gate",
          "approval-required",
          `${manifest.name} needs a person's approval: ${reasons.slice(0, 3).join(": ")}: nobody can be asked here, so use a client that can ask its user, or have the operator change the ${layer === "governance" ? "policy" : "threshold"}`,
          { tool: manifest.name, rules, score: effect.score, threshold },
        );
        return { kind: "deny", fault: why, record: record("deny", layer, rules, reasons, effect, resources) };
      }
    }

    const spent =
      continued !== undefined && binding !== undefined ? gate.questions.spend(continued, binding) : undefined;
    if (spent !== undefined) return unusable(spent);
    const approved = !unanswered;
    const warn = !approved && (overruled || effect.score > threshold * WARN_SHARE);
    if (warn && !overruled) {
      reasons.unshift(
        `its effect ${figure(effect.score)} comes near the ${environment} threshold ${figure(threshold)}`,
      );
    }
    return {
      kind: "permit",
      permit: gate.mint(module, authorityFor(profile.authority, principal, roots)),
      record: record(
        warn ? "warn" : "permit",
        approved ? "approval" : "environment",
        approved ? [...rules, "approval"].sort() : rules,
        reasons.length === 0 ? ruling.reasons : reasons,
        effect,
        resources,
      ),
      ...(asks && binding !== undefined && { asking: askingRun(gate.questions, binding, approved, continued) }),
    };

    /** Answers that do not belong to this call: nothing of it runs. */
    function unusable(why: string): Decision {
      const wrong = fault("gate", "input-invalid", `the answers cannot be used: ${why}`);
      return {
        kind: "deny",
        fault: wrong,
        record: record("deny", "approval", ["questions"], [wrong.message], undefined, resources),
      };
    }

    function rule(asked: Call, tool: ToolManifest, scored: EffectScore, about: CallSubject): Ruling {
      const context = contextOf(asked.principal, tool.name, environment, scored, about, engine.reads());
      return governs(engine, context, tool, about, gate.roots);
    }
  };
}

function askingRun(
  questions: Questions,
  binding: ApprovalBinding,
  approved: boolean,
  continued: OpenedRound | undefined,
): AskingRun {
  const round = continued?.round ?? 0;
  return {
    ...(continued && { before: { ...continued.asked, round } }),
    issue: (asked) =>
      round < MAX_ROUNDS ? questions.issue(binding, { asked, round: round + 1, approved }) : undefined,
  };
}

/** Answers the fault of an approval that does not lift anything. Whatever the answer, the token is used up. */
function spend(
  { token, answer }: NonNullable<Call["approval"]>,
  binding: ApprovalBinding,
  approvals: Approvals,
): Fault | undefined {
  const wrong = approvals.spend(token, binding);
  if (wrong !== undefined) return fault("gate", "approval-invalid", `the approval cannot be used: ${wrong}`);
  if (answer === "accept") return undefined;
  const how = answer === "decline" ? "declined" : "was asked and did not decide";
  return fault("gate", "approval-declined", `a person ${how}: ${binding.tool} was not run`);
}

function resourcesOf({ paths, named }: CallSubject, tool: string): readonly string[] {
  if (paths.length === 0 && named.length === 0) return [tool];
  const all = [...paths.map(({ place }) => place.path), ...named.map(shownResource)];
  return all.slice(0, MAX_RESOURCES).map((resource) => safeText(resource, MAX_RESOURCE));
}

function pastOf({ kind, id }: Call["principal"], { history }: CallFacts): Past | undefined {
  if (history === undefined) return undefined;
  return { actor: { key: `${kind}:${id}`, shown: `${kind} ${safeText(id, 60)}` }, history };
}

/** A score in at most three decimals, rounded up, so that what is above never reads as equal. */
const figure = (score: number): string => String(Math.ceil(score * 1000 - 1e-6) / 1000);
