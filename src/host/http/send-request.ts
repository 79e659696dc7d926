import { lookup } from "node:dns";
import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { type Fault, fault } from "../../contract/fault.ts";
import { safeText } from "../../contract/safe-text.ts";
import type { AskedRequest } from "./asked-request.ts";
import { ANSWER_BODY_BYTES, type HttpAnswer } from "./http-answer.ts";

const HEADER_BYTES = 16 * 1024;
const TIMEOUT_MS = 30_000;
const MOST_HEADERS = 64;

/**
 * Sends one request to an address that is public, whatever its name resolves to: what was looked up is what is connected
 * to. Over TLS only to who holds a valid
 * certificate for the name, by the authorities of Node.js and of `NODE_EXTRA_CA_CERTS`. Follows nothing, keeps no connection,
 * uses no proxy. Ends with the signal, after 30 s, and beyond 4 MiB.
 */
export function sendRequest(
  asked: AskedRequest,
  signal: AbortSignal,
  isAllowed: (address: string) => boolean,
): Promise<HttpAnswer | Fault> {
  const { url, method, headers, body } = asked;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !isAllowed(host)) return Promise.resolve(notPublic(host));
  return new Promise((resolve) => {
    const request = (url.protocol === "http:" ? requestPlain : requestSecure)(
      url,
      {
        method,
        headers: { ...headers, ...(body !== undefined && { "content-length": String(body.length) }) },
        agent: false,
        // Else NODE_TLS_REJECT_UNAUTHORIZED could turn the check off.
        rejectUnauthorized: true,
        lookup: publicLookup(isAllowed),
        maxHeaderSize: HEADER_BYTES,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      },
      (response) => readBody(response).then(resolve),
    );
    request.on("error", (error) => resolve(error instanceof NotPublic ? notPublic(error.host) : failed(error)));
    request.end(body);
  });
}

class NotPublic extends Error {
  readonly host: string;

  constructor(host: string) {
    super("not a public address");
    this.host = host;
  }
}

/** Looks a name up, and refuses it where any address of it is not allowed: none of them is then connected to. */
function publicLookup(isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "", 0);
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) {
        return callback(new NotPublic(hostname), "", 0);
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

async function readBody(response: IncomingMessage): Promise<HttpAnswer | Fault> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > ANSWER_BODY_BYTES) {
        response.destroy();
        return fault("store", "answer-too-large", `the answer has over ${ANSWER_BODY_BYTES} bytes: ask for less`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    return failed(error);
  }
  const headers = Object.entries(response.headers).slice(0, MOST_HEADERS);
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    body: Buffer.concat(chunks),
  };
}

const notPublic = (host: string): Fault =>
  fault(
    "gate",
    "permission-denied",
    `${safeText(host, 120)} is no public address: tools reach nothing on this network`,
  );

const failed = (error: unknown): Fault =>
  fault(
    "host",
    "http-failed",
    `the request failed: ${safeText(error instanceof Error ? error.message : String(error), 200)}`,
  );
