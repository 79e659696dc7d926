import type { Environment } from "../contract/decision.ts";
import { LARGEST_SCORE } from "../contract/effect.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { LIMIT_CEILINGS, type Limits, type ToolLimits } from "../contract/limits.ts";
import { safeText } from "../contract/safe-text.ts";
import { WASM_PAGE } from "../contract/units.ts";
import { nearest } from "./nearest.ts";
import type { CatchUp, ToolNames } from "./settings.ts";

export const ENVIRONMENTS: readonly Environment[] = ["development", "staging", "production"];
export const TOOL_NAMES: readonly ToolNames[] = ["underscore", "dotted"];
export const WORKERS_MAX = 64;
/** A host with more roots or policy files than this is a mistake. */
export const LIST_MAX = 64;
/** What can name a file: not empty, no NUL, within Linux PATH_MAX. */
/** A name that an environment variable can have everywhere (POSIX 8.1), either case. */
export const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** What a spawn calls a native template by. */
export const NATIVE_NAME = /^[a-z][a-z0-9_-]{0,62}$/;
/** A tool's dotted name. */
export const TOOL_NAME = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+$/;
export const AGENTS_MAX = 1024;
export const CATCH_UP: readonly CatchUp[] = ["once", "skip"];
const ARGUMENT_PATTERN = /^[^\0]{0,4096}$/u;
export const PATH_PATTERN = /^[^\0]{1,4096}$/u;

/** `tollgate.json` as written: paths are still relative to the file. `schema/tollgate.schema.json` says the same. */
export interface ConfigDocument {
  readonly $schema?: string;
  readonly roots?: readonly string[];
  readonly environment?: Environment;
  readonly policies?: readonly string[];
  readonly thresholds?: Partial<Record<Environment, number>>;
  readonly limits?: Partial<Limits>;
  readonly toolLimits?: ToolLimits;
  readonly stateDirectory?: string;
  readonly workers?: number;
  readonly toolNames?: ToolNames;
  readonly witness?: string;
  readonly requireSignatures?: boolean;
  readonly env?: readonly string[];
  readonly agents?: {
    readonly limit?: number;
    readonly native?: Readonly<Record<string, NativeCommandDocument>>;
  };
  readonly cron?: { readonly catchUp?: CatchUp };
}

/** A program that agents of one native template are. */
export interface NativeCommandDocument {
  readonly command: string;
  readonly args?: readonly string[];
  readonly directory?: string;
}

/** What is wrong, and the member or element where it is. */
export interface ConfigProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Check = (value: Json, path: ConfigProblem["path"]) => ConfigProblem | undefined;

/**
 * Accepts exactly the documents that the shipped JSON Schema accepts, and says of any other the first thing that is
 * wrong, in the order of the document.
 */
export function checkConfig(value: Json): ConfigProblem | undefined {
  return checkDocument(value, []);
}

const problem = (path: ConfigProblem["path"], message: string): ConfigProblem => ({ path, message });
const named = (path: ConfigProblem["path"]): string =>
  path.length === 0 ? "the configuration" : `"${safeText(path.join("."), 80)}"`;

function object(keys: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return problem(path, `${named(path)} must be an object, is ${kindOf(value)}`);
    }
    for (const [key, member] of Object.entries(value as JsonObject)) {
      const at = [...path, key];
      const check = Object.hasOwn(keys, key) ? keys[key] : undefined;
      if (check === undefined) return problem(at, unknownKey(key, path, Object.keys(keys)));
      const wrong = check(member, at);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

function unknownKey(key: string, path: ConfigProblem["path"], known: readonly string[]): string {
  const meant = nearest(key, known);
  const where = path.length === 0 ? "" : ` in ${named(path)}`;
  const next = meant === undefined ? `known are ${known.join(", ")}` : `did you mean "${meant}"?`;
  return `unknown key "${safeText(key, 60)}"${where}: ${next}`;
}

/** An object with keys of its user's own. */
function dictionary(key: RegExp, keys: string, member: Check, required?: string): Check {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return problem(path, `${named(path)} must be an object, is ${kindOf(value)}`);
    }
    const entries = Object.entries(value as JsonObject);
    if (entries.length > LIST_MAX) return problem(path, `${named(path)} has more than ${LIST_MAX} entries`);
    for (const [name, entry] of entries) {
      const at = [...path, name];
      if (!key.test(name)) return problem(at, `"${safeText(name, 60)}" in ${named(path)} is not a name of ${keys}`);
      const wrong = member(entry, at);
      if (wrong !== undefined) return wrong;
      if (required !== undefined && !Object.hasOwn(entry as JsonObject, required))
        return problem(at, `${named(at)} lacks "${required}"`);
    }
    return undefined;
  };
}

function list(item: Check, mayBeEmpty = false): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return problem(path, `${named(path)} must be a list, is ${kindOf(value)}`);
    if (value.length === 0 && !mayBeEmpty)
      return problem(path, `${named(path)} is empty and would grant nothing: name one or more`);
    if (value.length > LIST_MAX) return problem(path, `${named(path)} has more than ${LIST_MAX} entries`);
    for (let i = 0; i < value.length; i++) {
      const wrong = item(value[i] as Json, [...path, i]);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

function oneOf(values: readonly string[]): Check {
  return (value, path) => {
    if (typeof value === "string" && values.includes(value)) return undefined;
    const meant = typeof value === "string" ? nearest(value, values) : undefined;
    const next = meant === undefined ? "" : `: did you mean "${meant}"?`;
    return problem(path, `${named(path)} must be one of ${values.join(", ")}, is ${shown(value)}${next}`);
  };
}

function integer(min: number, max: number): Check {
  return (value, path) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : problem(path, `${named(path)} must be a whole number from ${min} to ${max}, is ${shown(value)}`);
}

const threshold: Check = (value, path) =>
  typeof value === "number" && value >= 0 && value <= LARGEST_SCORE
    ? undefined
    : problem(
        path,
        `${named(path)} must be a number from 0 to ${LARGEST_SCORE.toFixed(3)} (the largest score there is), is ${shown(value)}`,
      );

const flag: Check = (value, path) =>
  typeof value === "boolean" ? undefined : problem(path, `${named(path)} must be true or false, is ${shown(value)}`);

const text: Check = (value, path) =>
  typeof value === "string" ? undefined : problem(path, `${named(path)} must be a string, is ${kindOf(value)}`);

const filePath: Check = (value, path) =>
  text(value, path) ??
  (PATH_PATTERN.test(value as string)
    ? undefined
    : problem(path, `${named(path)} must be a path of 1 to 4096 characters without NUL`));

const matching =
  (pattern: RegExp, what: string): Check =>
  (value, path) =>
    text(value, path) ??
    (pattern.test(value as string) ? undefined : problem(path, `${named(path)} must be ${what}, is ${shown(value)}`));

const limits = object({
  fuel: integer(1, LIMIT_CEILINGS.fuel),
  memoryBytes: integer(WASM_PAGE, LIMIT_CEILINGS.memoryBytes),
  deadlineMs: integer(1, LIMIT_CEILINGS.deadlineMs),
  outputBytes: integer(1, LIMIT_CEILINGS.outputBytes),
});

const checkDocument = object({
  $schema: text,
  roots: list(filePath),
  environment: oneOf(ENVIRONMENTS),
  policies: list(filePath),
  thresholds: object({ development: threshold, staging: threshold, production: threshold }),
  limits,
  toolLimits: dictionary(TOOL_NAME, "a tool, such as acme.words", limits),
  stateDirectory: filePath,
  workers: integer(1, WORKERS_MAX),
  toolNames: oneOf(TOOL_NAMES),
  witness: filePath,
  requireSignatures: flag,
  env: list(matching(ENV_NAME, "the name of an environment variable")),
  agents: object({
    limit: integer(1, AGENTS_MAX),
    native: dictionary(
      NATIVE_NAME,
      "lower-case letters, digits, _ and -",
      object({
        command: filePath,
        args: list(matching(ARGUMENT_PATTERN, "an argument of at most 4096 characters without NUL"), true),
        directory: filePath,
      }),
      "command",
    ),
  }),
  cron: object({ catchUp: oneOf(CATCH_UP) }),
});

function kindOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const shown = (value: Json): string =>
  typeof value === "object" && value !== null ? kindOf(value) : safeText(JSON.stringify(value), 60);
