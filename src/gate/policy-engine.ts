import { LRUCache } from "lru-cache";
import { cedar, compileCedar, dropCedar, type SchemaJson, type StatefulAuthorizationCall } from "./cedar.ts";
import { type PolicySource, type ReadPolicy, readPolicies } from "./policies.ts";
import { type PolicyReads, READS_ALL, readsOf } from "./policy-reads.ts";
import type { Problem } from "./problem.ts";

/** What Cedar says of one action on one resource. */
export interface PolicyVerdict {
  readonly kind: "allow" | "defer" | "deny" | "error";
  /** Ids of the policies that determined it, sorted; empty where no permit matched. */
  readonly rules: readonly string[];
  /** For `error`: what went wrong, in Cedar's words. */
  readonly cause?: string;
}

/** One question to the policies. `key` names all of it that they can tell apart: equal keys mean equal answers. */
export interface PolicyQuestion {
  readonly key: string;
  request(): Pick<StatefulAuthorizationCall, "principal" | "action" | "resource" | "context" | "entities">;
}

/** Decides by a fixed set of policies. Pure but for its memory of answers: the same question has the same answer. */
export interface PolicyEngine {
  /** Never throws. Loads Cedar where it is not loaded yet. */
  decide(question: PolicyQuestion): PolicyVerdict;
  /** What the policies can tell apart. Loads Cedar. */
  reads(): PolicyReads;
  /** Reads and checks the policies now; the problems found stay the answer of every later question. */
  validate(): readonly Problem[];
  /** Loads and exercises Cedar in steps that leave the event loop free between them. */
  warm(): Promise<void>;
}

interface Prepared {
  readonly instance: object;
  readonly policies: ReadonlyMap<string, ReadPolicy>;
  readonly reads: PolicyReads;
}

const REMEMBERED = 4096;
let engines = 0;

export interface EngineOptions {
  readonly sources: readonly PolicySource[];
  readonly schema: SchemaJson<string>;
  /** Whether these policies were held against this schema before. */
  readonly wasValidated: boolean;
  /** A question that warms the engine up. */
  readonly rehearsal: PolicyQuestion | undefined;
}

/** Makes an engine over policies; nothing is loaded or parsed before it is needed. */
export function createPolicyEngine({ sources, schema, wasValidated, rehearsal }: EngineOptions): PolicyEngine {
  // Cedar keeps what it has parsed by name, for all engines of the process.
  const name = `engine${engines++}`;
  const answers = new LRUCache<string, PolicyVerdict>({ max: REMEMBERED });
  let state: Prepared | undefined;
  let broken: string | undefined;
  let problems: readonly Problem[] | undefined;

  function load(): Prepared {
    // Another engine may have dropped the instance that this one was prepared in.
    if (state !== undefined && state.instance === cedar()) return state;
    if (broken !== undefined) throw new Error(broken);
    const found = readPolicies(sources, schema, wasValidated);
    problems = found.problems;
    if (problems.some(({ severity }) => severity === "error")) {
      broken = "the policies do not pass their check: run tollgate policy check";
      throw new Error(broken);
    }
    const texts = (kept: readonly ReadPolicy[]) => Object.fromEntries(kept.map(({ id, text }) => [id, text]));
    prepared(cedar().preparseSchema(name, schema));
    prepared(cedar().preparsePolicySet(name, { staticPolicies: texts(found.read) }));
    if (found.read.some(({ defers }) => defers)) {
      const firm = found.read.filter(({ defers }) => !defers);
      prepared(cedar().preparsePolicySet(`${name}-firm`, { staticPolicies: texts(firm) }));
    }
    state = {
      instance: cedar(),
      policies: new Map(found.read.map((policy) => [policy.id, policy])),
      reads: readsOf(found.read.map(({ json }) => json)),
    };
    return state;
  }

  function ask(question: PolicyQuestion): PolicyVerdict {
    const { policies } = load();
    const request = question.request();
    const whole = authorize(request, name);
    if (whole.kind !== "deny" || whole.rules.length === 0) return whole;
    if (!whole.rules.every((id) => policies.get(id)?.defers === true)) return whole;
    // Only deferring rules forbid. A person may lift those, and nothing but those.
    const firm = authorize(request, `${name}-firm`);
    return firm.kind === "allow" ? { kind: "defer", rules: whole.rules } : firm;
  }

  function authorize(request: ReturnType<PolicyQuestion["request"]>, policySet: string): PolicyVerdict {
    const answer = cedar().statefulIsAuthorized({
      ...request,
      preparsedSchemaName: name,
      preparsedPolicySetId: policySet,
      validateRequest: true,
    });
    if (answer.type === "failure") return { kind: "error", rules: [], cause: answer.errors[0]?.message ?? "no answer" };
    const { decision, diagnostics } = answer.response;
    // Cedar leaves a policy that errors out of its decision. What cannot be evaluated refuses here.
    const [failed] = diagnostics.errors;
    if (failed !== undefined) {
      const rules = [...new Set(diagnostics.errors.map(({ policyId }) => policyId))].sort();
      return { kind: "error", rules, cause: failed.error.message };
    }
    return { kind: decision === "allow" ? "allow" : "deny", rules: [...diagnostics.reason].sort() };
  }

  return {
    decide(question) {
      const known = answers.get(question.key);
      if (known !== undefined) return known;
      try {
        const verdict = ask(question);
        answers.set(question.key, verdict);
        return verdict;
      } catch (error) {
        if (broken === undefined) {
          // A trap leaves Cedar's memory in doubt: the next question starts from a new instance.
          dropCedar();
          state = undefined;
        }
        return { kind: "error", rules: [], cause: error instanceof Error ? error.message : String(error) };
      }
    },
    reads() {
      try {
        return load().reads;
      } catch {
        return READS_ALL;
      }
    },
    validate() {
      try {
        load();
      } catch (error) {
        if (problems === undefined) {
          broken = error instanceof Error ? error.message : String(error);
          return [{ severity: "error", source: "policies", line: 1, column: 1, message: broken }];
        }
      }
      return problems ?? [];
    },
    async warm() {
      const turn = () => new Promise((resolve) => setImmediate(resolve));
      try {
        await compileCedar();
        await turn();
        load();
        await turn();
        if (rehearsal !== undefined) ask(rehearsal);
      } catch {
        // The first decision meets the same cause and refuses with it.
      }
    },
  };
}

function prepared(answer: { type: "success" } | { type: "failure"; errors: readonly { message: string }[] }): void {
  if (answer.type === "failure") throw new Error(answer.errors[0]?.message ?? "cedar refused the policies");
}
