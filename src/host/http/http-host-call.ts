import { createHash } from "node:crypto";
import type { EventDraft } from "../../contract/chain-event.ts";
import { type Fault, fault, isFault } from "../../contract/fault.ts";
import { KIB, MIB } from "../../contract/units.ts";
import type { HostCall, HostCallContext } from "../../store/host-calls.ts";
import type { RunContext } from "../stages.ts";
import { readRequest } from "./asked-request.ts";
import { ANSWER_BODY_BYTES } from "./http-answer.ts";

/** Whether requests may go to an address. */
export type AllowedAddress = (address: string) => boolean;

const CALLS_PER_RUN = 100;
const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/**
 * The host call `http.request` of deployed tools: only what the manifest of the tool that runs lists, to public addresses
 * only. Each request is on the chain before it is sent, by digests; what it came to, after.
 */
export function httpHostCall(append: (draft: EventDraft) => Promise<object>, isAllowed?: AllowedAddress): HostCall {
  return {
    handler: (request, context) => answer(request, context, append, isAllowed),
    requestBytes: 2 * MIB,
    answerBytes: Math.ceil((ANSWER_BODY_BYTES * 4) / 3) + 64 * KIB,
    callsPerRun: CALLS_PER_RUN,
  };
}

async function answer(
  bytes: Uint8Array,
  { value, signal }: HostCallContext,
  append: (draft: EventDraft) => Promise<object>,
  isAllowed: AllowedAddress | undefined,
): Promise<Uint8Array | Fault> {
  const { manifest } = value as RunContext;
  const asked = readRequest(bytes, manifest.http ?? []);
  if (isFault(asked)) return asked;
  const { method, url, body } = asked;
  const what = {
    tool: manifest.name,
    version: manifest.version ?? "",
    origin: url.origin,
    method,
    path_sha256: sha256(url.pathname + url.search),
    ...(body !== undefined && { body_sha256: sha256(body), body_bytes: body.length }),
  };
  const recorded = await append({ source: "host", kind: "http.request", payload: what });
  if (isFault(recorded))
    return fault("chain", "chain-unwritable", "the request could not be recorded, and was not sent");
  // No start loads what speaks to the network.
  const [{ sendRequest }, { isPublicAddress }] = await Promise.all([
    import("./send-request.ts"),
    import("./public-address.ts"),
  ]);
  const came = await sendRequest(asked, signal, isAllowed ?? isPublicAddress);
  const outcome = isFault(came)
    ? { ...what, fault: came.code }
    : { ...what, status: came.status, answer_sha256: sha256(came.body), answer_bytes: came.body.length };
  await append({ source: "host", kind: "http.response", payload: outcome });
  if (isFault(came)) return came;
  const { status, headers } = came;
  const document = { status, headers, body_base64: Buffer.from(came.body).toString("base64") };
  return new TextEncoder().encode(JSON.stringify(document));
}
