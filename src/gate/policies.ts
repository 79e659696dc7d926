import { createHash } from "node:crypto";
import type { ToolManifest } from "../contract/manifest.ts";
import type { Sha256 } from "../contract/units.ts";
import { CEDAR_VERSION, cedar, type DetailedError, dropCedar, type PolicyJson, type SchemaJson } from "./cedar.ts";
import { normalise } from "./paths.ts";
import { collectPaths } from "./policy-reads.ts";
import { type Problem, placeOf } from "./problem.ts";
import { schemaOf } from "./schema.ts";

/** Cedar text and the name that problems and rules show for it, such as a file name. */
export interface PolicySource {
  readonly name: string;
  readonly text: string;
}

/** One policy of a source. */
export interface ReadPolicy {
  /** Its `@id`, or `<source>#<ordinal>` counted from 1. */
  readonly id: string;
  readonly text: string;
  readonly effect: "permit" | "forbid";
  /** A forbid with `@decision("defer")` asks a person instead of refusing. */
  readonly defers: boolean;
  readonly json: PolicyJson;
}

/** Characters of one source; Cedar's parser and validator are recursive and have no bound of their own. */
export const MAX_POLICY_TEXT = 256 * 1024;
/** How deep brackets may nest in a policy. */
export const MAX_POLICY_DEPTH = 48;

const ANNOTATIONS: readonly string[] = ["decision", "description", "id"];
const ID = /^[!-~](?:[ -~]{0,78}[!-~])?$/;
/** Cedar warns of strings in several scripts; a file name may well be one, so this alone does not stop a start. */
const HARMLESS = /mixed scripts/;

/**
 * Finds every problem of a set of policies in strict mode against the schema of these tools (Cedar's validator,
 * docs.cedarpolicy.com/policies/validation): what does not parse, names an unknown action, type or attribute, may
 * fail on an optional attribute, can never apply, or hides bidirectional controls; sources without a policy,
 * templates, unknown or contradictory annotations, ids used twice. Empty means that the policies are sound.
 */
export function checkPolicies(
  policies: readonly PolicySource[],
  manifests: readonly ToolManifest[],
): readonly Problem[] {
  return readPolicies(policies, schemaOf(manifests)).problems;
}

/** Raised whenever the checks of policies become stricter, so that old digests vouch for nothing. */
const CHECK_REVISION = 1;

/** Names one check and all that it looks at: the policies, the schema, the checks and the Cedar that makes them. */
export const digestOfCheck = (policies: readonly PolicySource[], schema: SchemaJson<string>): Sha256 =>
  createHash("sha256")
    .update(JSON.stringify([CHECK_REVISION, CEDAR_VERSION, policies.map(({ name, text }) => ({ name, text })), schema]))
    .digest("hex");

/**
 * Reads and checks policies. `read` is complete only where no problem is an error. What was validated before, by the digest
 * of the same check, is not held against the schema again.
 */
export function readPolicies(
  sources: readonly PolicySource[],
  schema: SchemaJson<string>,
  wasValidated = false,
): { readonly problems: readonly Problem[]; readonly read: readonly ReadPolicy[] } {
  const problems: Problem[] = [];
  const read: ReadPolicy[] = [];
  if (sources.length === 0) problems.push(atStart("policies", "no policy source is given: nothing could be permitted"));
  for (const source of sources) {
    const early = textProblem(source);
    if (early !== undefined) {
      problems.push(early);
      continue;
    }
    try {
      const found = wasValidated ? [] : validate(source, schema);
      problems.push(...found);
      if (!found.some(({ severity }) => severity === "error")) readSource(source, read, problems);
    } catch (error) {
      dropCedar();
      const why = error instanceof Error ? error.message : String(error);
      problems.push(atStart(source.name, `cedar cannot evaluate this policy: ${why}`));
    }
  }
  return { problems: inTextOrder(problems, sources), read };
}

/** Cedar reports in no order of its own, and once per action that a policy speaks of: one problem a place is enough. */
function inTextOrder(problems: readonly Problem[], sources: readonly PolicySource[]): readonly Problem[] {
  const rank = ({ source }: Problem): number => sources.findIndex(({ name }) => name === source);
  const sorted = [...problems].sort(
    (a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column || (a.message < b.message ? -1 : 1),
  );
  return sorted.filter((problem, i) => {
    const last = sorted[i - 1];
    return (
      last === undefined ||
      last.source !== problem.source ||
      last.severity !== problem.severity ||
      last.line !== problem.line ||
      last.column !== problem.column
    );
  });
}

function validate({ name, text }: PolicySource, schema: SchemaJson<string>): Problem[] {
  const answer = cedar().validate({
    schema,
    policies: { staticPolicies: text },
    validationSettings: { mode: "strict" },
  });
  const problem = (severity: Problem["severity"], error: DetailedError): Problem => {
    const [location] = error.sourceLocations ?? [];
    const cause = error.message
      .replace(/^for policy `policy\d+`, /, "")
      .replace(/^failed to parse policies from string: /, "");
    const next = location?.label ?? error.help;
    return {
      severity,
      source: name,
      ...placeOf(text, location?.start ?? 0),
      message: next === null || next === undefined ? cause : `${cause}: ${next}`,
    };
  };
  if (answer.type === "failure") return answer.errors.map((error) => problem("error", error));
  const found = answer.validationErrors.map(({ error }) => problem("error", error));
  // An unknown name makes its policy impossible as well: the first cause is enough.
  const explained = new Set(answer.validationErrors.map(({ policyId }) => policyId));
  for (const { policyId, error } of answer.validationWarnings) {
    if (explained.has(policyId)) continue;
    explained.add(policyId);
    found.push(problem(HARMLESS.test(error.message) ? "warning" : "error", error));
  }
  found.push(...answer.otherWarnings.map((error) => problem("warning", error)));
  return found;
}

function readSource({ name, text }: PolicySource, read: ReadPolicy[], problems: Problem[]): void {
  const parts = cedar().policySetTextToParts(text);
  if (parts.type === "failure") throw new Error(parts.errors[0]?.message ?? "it does not parse");
  if (parts.policies.length === 0) {
    problems.push(atStart(name, "the source holds no policy: write one, or take it out of the list"));
  }
  let from = 0;
  for (const [ordinal, policy] of inSourceOrder(parts.policies).entries()) {
    const at = Math.max(from, text.indexOf(policy, from));
    from = at + policy.length;
    const place = placeOf(text, Buffer.byteLength(text.slice(0, at)));
    const complain = (message: string) => problems.push({ severity: "error", source: name, ...place, message });

    const parsed = cedar().policyToJson(policy);
    if (parsed.type === "failure") throw new Error(parsed.errors[0]?.message ?? "it does not parse");
    const { effect, annotations = {} } = parsed.json;
    for (const annotation of Object.keys(annotations)) {
      if (!ANNOTATIONS.includes(annotation)) {
        complain(`unknown annotation @${annotation}: known are @${ANNOTATIONS.join(", @")}`);
      }
    }
    const decision = Object.hasOwn(annotations, "decision") ? annotations.decision : undefined;
    if (decision !== undefined && decision !== "defer") {
      complain(`unknown decision "${decision}": @decision("defer") on a forbid asks a person`);
    } else if (decision !== undefined && effect !== "forbid") {
      complain(`@decision("defer") stands on a ${effect}: put it on a forbid`);
    }
    const id = Object.hasOwn(annotations, "id") ? (annotations.id as string) : `${name}#${ordinal + 1}`;
    if (!ID.test(id) && Object.hasOwn(annotations, "id")) {
      complain("@id is not 1 to 80 printable ASCII characters");
    }
    const paths = new Set<string>();
    collectPaths(parsed.json, paths);
    for (const path of paths) {
      if (!path.startsWith("/") || normalise(path) !== path) {
        complain(`Path::"${path}" never matches: write it absolute, as "${normalise(`/${path}`)}"`);
      }
    }
    if (read.some((other) => other.id === id)) complain(`the id ${id} is used twice`);
    read.push({ id, text: policy, effect, defers: decision === "defer", json: parsed.json });
  }
}

/** Cedar hands the policies out sorted by their generated ids as text: policy0, policy1, policy10, policy2, … */
function inSourceOrder(parts: readonly string[]): readonly string[] {
  const ids = parts.map((_, index) => `policy${index}`).sort();
  return parts.map((_, index) => parts[ids.indexOf(`policy${index}`)] as string);
}

function textProblem({ name, text }: PolicySource): Problem | undefined {
  if (text.length > MAX_POLICY_TEXT) return atStart(name, `the source is longer than ${MAX_POLICY_TEXT} characters`);
  if (/[\ud800-\udfff]/u.test(text)) return atStart(name, "the source is not well-formed Unicode");
  let depth = 0;
  // Strings and comments are stepped over; where one does not end, Cedar says so.
  for (const match of text.matchAll(/\/\/[^\n]*|"(?:[^"\\]|\\.)*"|[([{]|[)\]}]/g)) {
    const token = match[0];
    if (token === "(" || token === "[" || token === "{") depth++;
    else if (token === ")" || token === "]" || token === "}") depth--;
    if (depth > MAX_POLICY_DEPTH) {
      const place = placeOf(text, Buffer.byteLength(text.slice(0, match.index)));
      return { severity: "error", source: name, ...place, message: `brackets nest deeper than ${MAX_POLICY_DEPTH}` };
    }
  }
  return undefined;
}

const atStart = (source: string, message: string): Problem => ({
  severity: "error",
  source,
  line: 1,
  column: 1,
  message,
});
