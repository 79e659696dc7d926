import type { Principal } from "../../contract/call.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { safeText } from "../../contract/safe-text.ts";
import { asObject } from "./message.ts";

const MAX_CLAIM = 64;
const MAX_ROOTS_TOLD = 16;
const MAX_ROOT_LENGTH = 512;

/** How this server names itself. Static, so that it can be told before the host is open. */
export function serverInfo(version: string): { readonly [key: string]: Json } {
  return { name: "tollgate", title: "tollgate", version };
}

/** What the model is told about this server: where it may work, and how to read a refusal. */
export function instructions(roots: readonly string[]): string {
  const told = roots.slice(0, MAX_ROOTS_TOLD).map((root) => safeText(root, MAX_ROOT_LENGTH));
  if (roots.length > MAX_ROOTS_TOLD) told.push(`${roots.length - MAX_ROOTS_TOLD} more`);
  const where =
    told.length === 0
      ? ""
      : ` Files are reachable only under: ${told.join(", ")}; a relative path starts at the first.`;
  return (
    `Each call is decided by a policy and runs in a metered sandbox.${where} ` +
    "A result with isError that reads 'code: reason (layer; rules; because)' is a refusal or a failure: follow the next step it names, " +
    "and do not repeat a denied call unchanged. approval-required means that a person has to agree. " +
    "When an answer says truncated, go on with offset and limit."
  );
}

/** The principal of this connection. What the peer claims is bounded, made plain, and never decided upon. */
export function clientPrincipal(clientInfo: JsonObject | undefined): Principal {
  const { name, version } = clientInfo ?? {};
  if (typeof name !== "string" || typeof version !== "string") return { kind: "client", id: "stdio" };
  return {
    kind: "client",
    id: "stdio",
    claimed: { name: safeText(name, MAX_CLAIM), version: safeText(version, MAX_CLAIM) },
  };
}

/** Whether the client can show a form (2025-11-25, client/elicitation: an empty object means form mode). */
export function canShowForm(capabilities: JsonObject): boolean {
  if (!Object.hasOwn(capabilities, "elicitation")) return false;
  const elicitation = asObject(capabilities.elicitation);
  if (elicitation === undefined) return false;
  return Object.hasOwn(elicitation, "form") || !Object.hasOwn(elicitation, "url");
}
