// What a deployed tool may ask of the network: what it names, at public addresses, once, and on the chain.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EventDraft } from "../../../src/contract/chain-event.ts";
import { fault, isFault } from "../../../src/contract/fault.ts";
import { readRequest } from "../../../src/host/http/asked-request.ts";
import { ANSWER_BODY_BYTES } from "../../../src/host/http/http-answer.ts";
import { httpHostCall } from "../../../src/host/http/http-host-call.ts";
import { isPublicAddress } from "../../../src/host/http/public-address.ts";

const test = suite<{ server: Server; origin: string; seen: string[] }>("http");
test.before.each(async (context) => {
  context.seen = [];
  context.server = createServer((request, response) => {
    context.seen.push(`${request.method} ${request.url} ${request.headers["x-key"] ?? ""}`);
    if (request.url === "/v1/away") return void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
    if (request.url === "/v1/large") return void response.end(Buffer.alloc(ANSWER_BODY_BYTES + 1));
    if (request.url === "/v1/slow") return;
    readAll(request).then((body) => response.end(`${request.method} ${body}`));
  });
  await new Promise<void>((resolve) => context.server.listen(0, "127.0.0.1", resolve));
  context.origin = `http://127.0.0.1:${(context.server.address() as AddressInfo).port}`;
});
test.after.each(({ server }) => {
  server.closeAllConnections();
  server.close();
});

async function readAll(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

/** One request by a tool that may GET and POST below `/v1` of this origin. */
async function ask(
  origin: string,
  request: unknown,
  {
    allow = () => true,
    signal = new AbortController().signal,
    append = async () => ({}),
  }: {
    allow?: (address: string) => boolean;
    signal?: AbortSignal;
    append?: (draft: EventDraft) => Promise<object>;
  } = {},
) {
  const manifest = { name: "acme.ask", version: "1.0.0", http: [{ origin, methods: ["GET", "POST"], path: "/v1" }] };
  const call = httpHostCall(append, allow);
  const answer = await call.handler(bytes(request), {
    principal: "client:stdio",
    module: "00",
    signal,
    value: { manifest },
    depth: 0,
  });
  return isFault(answer) ? answer : JSON.parse(new TextDecoder().decode(answer));
}

test("a request that the tool names is sent, answered, and on the chain before and after by digests", async ({
  origin,
  seen,
}) => {
  const events: EventDraft[] = [];
  const append = async (draft: EventDraft) => {
    events.push(draft);
    return {};
  };
  const request = {
    method: "POST",
    url: `${origin}/v1/x?secret=1#part`,
    headers: { "x-key": "k" },
    body_base64: "aGk=",
  };
  const answer = await ask(origin, request, { append });
  assert.equal([answer.status, Buffer.from(answer.body_base64, "base64").toString()], [200, "POST hi"]);
  assert.equal(seen, ["POST /v1/x?secret=1 k"]);
  assert.equal(
    events.map(({ kind }) => kind),
    ["http.request", "http.response"],
  );
  const text = JSON.stringify(events);
  for (const hidden of ["secret", "aGk", "POST hi"]) assert.not.ok(text.includes(hidden), hidden);
  assert.is(events[1]?.payload.status, 200);
  const unrecorded = await ask(origin, request, { append: async () => fault("chain", "chain-unwritable", "full") });
  assert.is(unrecorded.code, "chain-unwritable");
  assert.is(seen.length, 1, "what could not be recorded was not sent");
});

test("a redirection is an answer, and nobody follows it; what is too large or takes too long ends", async ({
  origin,
  seen,
}) => {
  const away = await ask(origin, { method: "GET", url: `${origin}/v1/away` });
  assert.equal([away.status, away.headers.location], [302, "http://127.0.0.1:1/"]);
  assert.is((await ask(origin, { method: "GET", url: `${origin}/v1/large` })).code, "answer-too-large");
  const controller = new AbortController();
  const slow = ask(origin, { method: "GET", url: `${origin}/v1/slow` }, { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  assert.is((await slow).code, "http-failed");
  assert.is(seen.length, 3);
});

test("nothing is sent to an address that is not public, whether it is written or looked up", async ({
  origin,
  seen,
}) => {
  const port = origin.split(":")[2];
  const named = `http://localhost:${port}`;
  for (const [where, url] of [
    [origin, `${origin}/v1`],
    [named, `${named}/v1`],
    [`http://[::1]:${port}`, `http://[::1]:${port}/v1`],
  ] as const) {
    const refused = await ask(where, { method: "GET", url }, { allow: isPublicAddress });
    assert.is(refused.code, "permission-denied", url);
    assert.match(refused.message, /no public address/, url);
  }
  assert.equal(seen, []);
  assert.is((await ask(named, { method: "GET", url: `${named}/v1` }, { allow: () => true })).status, 200);
});

const ADDRESSES: readonly (readonly [address: string, isPublic: boolean])[] = [
  ...[
    "1.1.1.1",
    "8.8.8.8",
    "172.15.255.255",
    "172.32.0.1",
    "192.167.255.255",
    "100.128.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450::1",
  ].map((one) => [one, true] as const),
  ...[
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
  ].map((one) => [one, false] as const),
  ...[
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
  ].map((one) => [one, false] as const),
  ...[
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
  ].map((one) => [one, false] as const),
  ...["2002:7f00:1::", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "3fff::1", "5f00::1"].map(
    (one) => [one, false] as const,
  ),
  ...["", "localhost", "example.com", "1.2.3", "0x7f.1", "2130706433", "127.1"].map((one) => [one, false] as const),
];
test("an address is public or it is not, in every spelling", () => {
  for (const [address, expected] of ADDRESSES) assert.is(isPublicAddress(address), expected, address);
});

const NEEDS = [
  { origin: "https://api.example.com", methods: ["GET"], path: "/v1" },
  { origin: "https://api.example.com:8443", methods: ["POST"], path: "/" },
];
const asked: readonly (readonly [request: unknown, says: RegExp | undefined])[] = [
  [{ method: "GET", url: "https://api.example.com/v1" }, undefined],
  [{ method: "GET", url: "https://api.example.com/v1/x?y=../z" }, undefined],
  [{ method: "GET", url: "HTTPS://API.EXAMPLE.COM:443/v1/" }, undefined],
  [{ method: "POST", url: "https://api.example.com:8443/anything" }, undefined],
  [{ method: "GET", url: "https://api.example.com/v10" }, /not one of the places/],
  [{ method: "GET", url: "https://api.example.com/" }, /not one of the places/],
  [{ method: "GET", url: "https://api.example.com/v1/../admin" }, /not one of the places/],
  [{ method: "GET", url: "https://api.example.com/v1/%2e%2e/admin" }, /not one of the places/],
  [{ method: "GET", url: "https://api.example.com/v1/..%2fadmin" }, /not one of the places/],
  [{ method: "GET", url: "https://api.example.com/v1/..\\admin" }, /not one of the places/],
  [{ method: "POST", url: "https://api.example.com/v1" }, /not one of the places/],
  [{ method: "get", url: "https://api.example.com/v1" }, /not one of the places/],
  [{ method: "GET", url: "http://api.example.com/v1" }, /not one of the places/],
  [{ method: "GET", url: "https://api.example.com.evil.example/v1" }, /not one of the places/],
  [{ method: "GET", url: "https://evil.example/?https://api.example.com/v1" }, /not one of the places/],
  [{ method: "GET", url: "https://api.example.com@evil.example/v1" }, /names a user/],
  [{ method: "GET", url: "https://user:pw@api.example.com/v1" }, /names a user/],
  [{ method: "GET", url: "file:///etc/passwd" }, /not one of the places/],
  [{ method: "GET", url: "/v1" }, /url is none/],
  [{ method: "GET", url: `https://api.example.com/v1/${"x".repeat(5000)}` }, /url is none/],
  [{ method: "GET", url: "https://api.example.com/v1", headers: { Host: "evil.example" } }, /the host's to set/],
  [
    { method: "GET", url: "https://api.example.com/v1", headers: { "transfer-encoding": "chunked" } },
    /the host's to set/,
  ],
  [{ method: "GET", url: "https://api.example.com/v1", headers: { "proxy-authorization": "x" } }, /the host's to set/],
  [{ method: "GET", url: "https://api.example.com/v1", headers: { "x-a": "b\r\nx-c: d" } }, /is none/],
  [{ method: "GET", url: "https://api.example.com/v1", headers: { "x a": "b" } }, /is none/],
  [{ method: "GET", url: "https://api.example.com/v1", proxy: "http://x" }, /unknown key/],
  [{ url: "https://api.example.com/v1" }, /are texts/],
  ["[]", /not an object/],
  ["{", /not valid JSON/],
];
test("only what the manifest names can be asked for, by whole origins, methods and segments", () => {
  for (const [request, says] of asked) {
    const read = readRequest(bytes(request), NEEDS);
    const shown = JSON.stringify(request).slice(0, 120);
    if (says === undefined) assert.not.ok(isFault(read), shown);
    else assert.match(isFault(read) ? read.message : "it was let through", says, shown);
  }
  assert.ok(isFault(readRequest(bytes({ method: "GET", url: "https://api.example.com/v1" }), [])), "none are named");
});

test.run();
