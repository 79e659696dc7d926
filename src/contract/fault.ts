import type { Json, JsonObject } from "./json.ts";

/** The stage that refused or failed. `tool` means that the guest itself answered with an error. */
export type FaultLayer = "request" | "gate" | "chain" | "store" | "kernel" | "trust" | "tool" | "host";

/**
 * Every code that the host itself can answer with. A guest adds codes of its own (`file-not-found`, …);
 * they match {@link TOOL_ERROR_CODE} and always carry the layer `tool`.
 */
export type HostFaultCode =
  // request
  | "tool-not-found"
  | "invalid-arguments"
  | "overloaded"
  | "cancelled"
  | "input-required"
  | "input-invalid"
  // gate
  | "permission-denied"
  | "governance-denied"
  | "approval-required"
  | "approval-declined"
  | "approval-invalid"
  // chain
  | "chain-unwritable"
  // store
  | "module-invalid"
  | "module-refused"
  | "module-hash-mismatch"
  | "import-refused"
  | "permit-invalid"
  | "fuel-exhausted"
  | "memory-limit-exceeded"
  | "execution-timeout"
  | "output-limit-exceeded"
  | "stack-exhausted"
  | "host-call-refused"
  | "host-call-limit-exceeded"
  | "wasm-trap"
  | "worker-lost"
  // trust
  | "tool-quarantined"
  | "tool-revoked"
  // tool
  | "tool-failed"
  | "tool-output-invalid"
  // host
  | "shutting-down"
  | "internal";

/** The shape of an error code that a guest may answer with. */
export const TOOL_ERROR_CODE = /^[a-z][a-z0-9]*(-[a-z0-9]+){0,7}$/;

/**
 * A refusal or failure, as a value. Stages return it for anything that a caller, a guest or a policy can
 * cause; a throw is a bug.
 *
 * `message` is one lower-case sentence without a full stop: causes joined by colons, then what to do next
 * where there is something to do. `data` carries the figures (`{size, limit}`), never secrets.
 */
export interface Fault {
  readonly code: HostFaultCode | (string & {});
  readonly layer: FaultLayer;
  readonly message: string;
  readonly data?: JsonObject;
}

/** Makes a fault; `data` is left out when there is none. */
export function fault(layer: FaultLayer, code: Fault["code"], message: string, data?: Record<string, Json>): Fault {
  return data === undefined ? { code, layer, message } : { code, layer, message, data };
}

/** Tells a fault from any other value. */
export const isFault = (value: unknown): value is Fault =>
  typeof value === "object" && value !== null && "code" in value && "layer" in value && "message" in value;
