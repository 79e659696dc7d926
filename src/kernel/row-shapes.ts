import { IPC_REACHES } from "../contract/capabilities.ts";
import { AGENT_STATES } from "./records.ts";
import type { Rest, Tables } from "./rows.ts";

type Members = Readonly<Record<string, unknown>>;
type Shape = (row: unknown, key: Rest) => boolean;

/** Whether what was read from a row is what its table holds, as far as whoever reads it relies on that. */
export function isShaped(table: keyof Tables, row: unknown, key: Rest): boolean {
  return SHAPES[table](row, key);
}

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const orAbsent = (is: (value: unknown) => boolean, value: unknown): boolean => value === undefined || is(value);
const isOneOf = (values: readonly string[], value: unknown): boolean => isText(value) && values.includes(value);

function isCapabilities(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { tools, roots, ipc, env, limits, budget } = value;
  return (
    isTexts(tools) &&
    Array.isArray(roots) &&
    roots.every((root) => isObject(root) && isText(root.path) && isOneOf(["read-only", "read-write"], root.access)) &&
    isObject(ipc) &&
    isOneOf(IPC_REACHES, ipc.agents) &&
    isTexts(ipc.topics) &&
    isTexts(env) &&
    isObject(limits) &&
    Object.values(limits).every(isNumber) &&
    isObject(budget) &&
    Object.values(budget).every(isNumber)
  );
}

function isSupervision(value: unknown): boolean {
  return (
    isObject(value) &&
    isOneOf(["permanent", "transient", "temporary"], value.restart) &&
    isOneOf(["stop", "continue"], value.onParentExit) &&
    isWhole(value.maxRestarts) &&
    isWhole(value.withinSecs) &&
    isWhole(value.backoffMs)
  );
}

function isUsage(value: unknown): boolean {
  return (
    isObject(value) &&
    isWhole(value.messages_sent) &&
    isWhole(value.messages_handled) &&
    isWhole(value.tool_calls) &&
    isNumber(value.fuel) &&
    isNumber(value.cpu_time_ms)
  );
}

const isMinute = (value: unknown): boolean =>
  isObject(value) && isNumber(value.at) && isNumber(value.fuel) && isWhole(value.calls) && isWhole(value.messages);

const isExit = (value: unknown): boolean => isObject(value) && isNumber(value.code) && isText(value.reason);

function isAgent(row: unknown, [pid]: Rest): boolean {
  return (
    isObject(row) &&
    row.pid === pid &&
    isOneOf(["agent", "client"], row.kind) &&
    isText(row.agent_id) &&
    isOneOf(AGENT_STATES, row.state) &&
    isText(row.template) &&
    isOneOf(["wasm", "native"], row.backend) &&
    isWhole(row.parent_pid) &&
    isText(row.spawned_by) &&
    isCapabilities(row.capabilities) &&
    isSupervision(row.supervision) &&
    isText(row.host) &&
    isUsage(row.usage) &&
    isWhole(row.restarts) &&
    Array.isArray(row.recent_restarts) &&
    row.recent_restarts.every(isNumber) &&
    isNumber(row.resume_at) &&
    isWhole(row.attempts) &&
    orAbsent(isText, row.last_error) &&
    orAbsent(isMinute, row.minute) &&
    orAbsent(isExit, row.exit) &&
    isNumber(row.created)
  );
}

function isMessage(row: unknown, id: unknown): boolean {
  return (
    isObject(row) &&
    row.msg_id === id &&
    isText(row.from) &&
    isWhole(row.from_pid) &&
    orAbsent(isText, row.topic) &&
    isNumber(row.sent) &&
    orAbsent(isWhole, row.in_reply_to) &&
    isObject(row.message)
  );
}

function isDeadLetter(row: unknown): boolean {
  return (
    isObject(row) &&
    isObject(row.message) &&
    isMessage(row.message, row.message.msg_id) &&
    isWhole(row.message.msg_id) &&
    isWhole(row.to_pid) &&
    isText(row.reason) &&
    isNumber(row.died)
  );
}

function isJob(row: unknown, [id]: Rest): boolean {
  return (
    isObject(row) &&
    row.id === id &&
    isText(row.name) &&
    orAbsent(isWhole, row.interval_secs) &&
    orAbsent(isText, row.schedule) &&
    isText(row.command) &&
    orAbsent(isWhole, row.target_pid) &&
    isText(row.owner) &&
    isWhole(row.owner_pid) &&
    orAbsent(isText, row.owner_host) &&
    orAbsent(isCapabilities, row.capabilities) &&
    isTexts(row.roots) &&
    isNumber(row.created) &&
    orAbsent(isNumber, row.next) &&
    orAbsent(isNumber, row.last) &&
    orAbsent((run) => isObject(run) && isText(run.host) && isNumber(run.since), row.running) &&
    isWhole(row.runs) &&
    isWhole(row.failures) &&
    isWhole(row.skipped) &&
    orAbsent(isText, row.last_error)
  );
}

const isHash = (value: unknown): boolean => isText(value) && /^[0-9a-f]{64}$/.test(value);
const isOccurrence = (value: unknown): value is Members =>
  isObject(value) && isNumber(value.at) && isWhole(value.sequence);

const isTool = (row: unknown): boolean =>
  isObject(row) && isText(row.highest) && orAbsent(isText, row.active) && isTexts(row.before);

function isVersion(row: unknown, [, ...version]: Rest): boolean {
  return (
    isObject(row) &&
    row.version === version.join(".") &&
    isHash(row.module_sha256) &&
    isWhole(row.module_bytes) &&
    isHash(row.statement_sha256) &&
    isObject(row.signer) &&
    isOneOf(["host", "key", "certificate"], row.signer.kind) &&
    isHash(row.signer.keyid) &&
    orAbsent(isTexts, row.signer.via) &&
    typeof row.unsigned === "boolean" &&
    isOccurrence(row.deployed) &&
    orAbsent(isOccurrence, row.accepted) &&
    orAbsent((revoked) => isOccurrence(revoked) && isText(revoked.reason), row.revoked) &&
    orAbsent(isOccurrence, row.removed)
  );
}

function isTrustedKey(row: unknown, [keyid]: Rest): boolean {
  return (
    isObject(row) &&
    row.keyid === keyid &&
    isText(row.name) &&
    isText(row.public_key) &&
    isTexts(row.scopes) &&
    orAbsent(isNumber, row.expires) &&
    orAbsent(isNumber, row.max_effect) &&
    isWhole(row.may_issue) &&
    isOccurrence(row.trusted)
  );
}

const isRevokedKey = (row: unknown): boolean =>
  isObject(row) && orAbsent(isText, row.name) && isText(row.reason) && isOccurrence(row.revoked);

const isAny: Shape = () => true;

const SHAPES: Readonly<Record<keyof Tables, Shape>> = {
  agent: isAgent,
  "agent-id": isWhole,
  child: isAny,
  "agent-state": isAny,
  "agent-log": isTexts,
  "agent-exited": isWhole,
  "native-process": (row) => isObject(row) && isWhole(row.group) && isText(row.born) && isText(row.host),
  inbox: (row, [, id]) => isMessage(row, id),
  mail: isWhole,
  subscription: isAny,
  "subscription-of": isAny,
  client: isWhole,
  subscriptions: isText,
  dead: isDeadLetter,
  "dead-slot": isWhole,
  job: isJob,
  kv: (row) => isObject(row) && "value" in row && isWhole(row.version) && isWhole(row.bytes) && isText(row.sha256),
  tool: isTool,
  "tool-version": isVersion,
  "tool-envelope": isText,
  "tool-certificates": isText,
  "trusted-key": isTrustedKey,
  "revoked-key": isRevokedKey,
  "tree-change": isTexts,
  counter: isWhole,
};

/** All tables, and with them all rows of the kernel. */
export const TABLES = Object.keys(SHAPES) as readonly (keyof Tables)[];
