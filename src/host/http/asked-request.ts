import { type Fault, fault } from "../../contract/fault.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import type { HttpNeed } from "../../contract/manifest.ts";
import { safeText } from "../../contract/safe-text.ts";
import { parseJson } from "../../contract/strict-json.ts";

/** A request that a guest may make. */
export interface AskedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

const MEMBERS = ["method", "url", "headers", "body_base64"];
const URL_CHARACTERS = 4096;
const MOST_HEADERS = 32;
const HEADER_CHARACTERS = 4096;
const HEADER_NAME = /^[A-Za-z0-9-]{1,64}$/;
const HEADER_VALUE = /^[ -~]*$/;
/** What decides where a request goes and how long it is, and is the host's to say. */
const HOST_HEADERS =
  /^(?:host|connection|content-length|transfer-encoding|upgrade|te|trailer|expect|keep-alive|proxy-.*)$/i;
/** Servers differ in whether these end a segment. */
const AMBIGUOUS_PATH = /%2f|%5c|%00|\\/i;

/** Reads what a guest asks for, and refuses all that its manifest does not list: another origin, method or path. */
export function readRequest(bytes: Uint8Array, needs: readonly HttpNeed[]): AskedRequest | Fault {
  const parsed = parseJson(bytes);
  if (!parsed.ok) return invalid(parsed.reason);
  const { value } = parsed;
  if (!isObject(value)) return invalid("it is not an object");
  const odd = Object.keys(value).find((key) => !MEMBERS.includes(key));
  if (odd !== undefined) return invalid(`unknown key "${safeText(odd, 60)}"`);
  const { method, url: text, headers = {}, body_base64 } = value;
  if (typeof method !== "string" || typeof text !== "string") return invalid("method and url are texts");
  if (text.length > URL_CHARACTERS || !URL.canParse(text)) return invalid("its url is none");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return invalid("its url names a user");
  const listed = needs.some(
    (need) => need.origin === url.origin && need.methods.includes(method) && isBelow(need.path, url.pathname),
  );
  if (!listed || AMBIGUOUS_PATH.test(url.pathname)) {
    const shown = safeText(`${method} ${url.origin}${url.pathname}`, 200);
    return fault(
      "gate",
      "permission-denied",
      `${shown} is not one of the places that the tool names: it may ask ${shownNeeds(needs)}`,
    );
  }
  const read = readHeaders(headers);
  if (typeof read === "string") return invalid(read);
  if (body_base64 !== undefined && typeof body_base64 !== "string") return invalid("its body is not base64");
  const body = body_base64 === undefined ? undefined : new Uint8Array(Buffer.from(body_base64, "base64"));
  url.hash = "";
  return { method, url, headers: read, body };
}

/** By whole segments: `/v1` holds `/v1` and `/v1/x`, and not `/v10`. */
function isBelow(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
}

function readHeaders(value: Json): Record<string, string> | string {
  if (!isObject(value)) return "its headers are not an object";
  const entries = Object.entries(value);
  if (entries.length > MOST_HEADERS) return `it has more than ${MOST_HEADERS} headers`;
  const headers: Record<string, string> = {};
  for (const [name, text] of entries) {
    if (
      !HEADER_NAME.test(name) ||
      typeof text !== "string" ||
      !HEADER_VALUE.test(text) ||
      text.length > HEADER_CHARACTERS
    ) {
      return `its header ${safeText(name, 64)} is none`;
    }
    if (HOST_HEADERS.test(name)) return `its header ${name} is the host's to set`;
    headers[name] = text;
  }
  return headers;
}

const shownNeeds = (needs: readonly HttpNeed[]): string =>
  needs
    .slice(0, 4)
    .map(({ origin, methods, path }) => safeText(`${methods.join("|")} ${origin}${path}`, 160))
    .join(", ") + (needs.length > 4 ? ", …" : "");

const invalid = (why: string): Fault =>
  fault("request", "invalid-arguments", `a request is {method, url, headers?, body_base64?}: ${why}`);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
