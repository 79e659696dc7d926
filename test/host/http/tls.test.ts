// Requests of deployed tools over real TLS, in the environment of an operator who trusts an authority of their own.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createPlain, type Server as Plain } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const ASKING = fileURLToPath(new URL("./asking.ts", import.meta.url));
const vector = (name: string) => new URL(`../../vectors/tls/${name}`, import.meta.url);
const AUTHORITY = fileURLToPath(vector("ca.pem"));

interface Place {
  /** Ports of servers with such a certificate, and of one that must never be asked. */
  ports: Record<"valid" | "expired" | "other" | "inner", number>;
  /** What reached a server: its certificate's name, method and path. */
  seen: string[];
  servers: (Server | Plain)[];
}
const test = suite<Place>("http over TLS");

test.before(async (context) => {
  context.seen = [];
  context.servers = [];
  const open = async (name: string, server: Server | Plain, address: string) => {
    server.on("request", (request, response) => {
      context.seen.push(`${name} ${request.method} ${request.url}`);
      if (request.url === "/away") return void response.writeHead(302, { location: "/there" }).end();
      response.end("secure");
    });
    server.on("connect", (request, socket) => {
      context.seen.push(`${name} CONNECT ${request.url}`);
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    context.servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  const secure = (name: string) =>
    createServer({ key: readFileSync(vector("server.key")), cert: readFileSync(vector(`${name}.pem`)) });
  context.ports = {
    valid: await open("valid", secure("valid"), "127.0.0.1"),
    expired: await open("expired", secure("expired"), "127.0.0.1"),
    other: await open("other", secure("other"), "127.0.0.1"),
    inner: await open("inner", createPlain(), "127.0.0.1"),
  };
});
test.before.each(({ seen }) => void seen.splice(0));
test.after(({ servers }) => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

// biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, member by member
type Answers = { readonly answers: readonly any[]; readonly looked: readonly string[] };

function ask(
  urls: readonly string[],
  env: Record<string, string>,
  { allow = ["127.0.0.1"], names = {} }: { allow?: string[]; names?: Record<string, string[][]> } = {},
): Promise<Answers> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ["--import", "tsx", ASKING, JSON.stringify({ urls, allow, names })],
      { env: { PATH: process.env.PATH, ...env } },
      (error, stdout, stderr) => (error === null ? resolve(JSON.parse(stdout)) : reject(new Error(stderr))),
    );
  });
}

const body = (answer: { body_base64: string }) => Buffer.from(answer.body_base64, "base64").toString();

test("a server is asked whose certificate the operator's authority issued; expired, for another name, or by nobody known, nothing is said to it", async ({
  ports,
  seen,
}) => {
  const urls = [
    `https://localhost:${ports.valid}/v1`,
    `https://localhost:${ports.valid}/away`,
    `https://localhost:${ports.expired}/v1`,
    `https://localhost:${ports.other}/v1`,
    `https://127.0.0.1:${ports.valid}/v1`,
    `https://localhost:${ports.inner}/v1`,
  ];
  const { answers } = await ask(urls, { NODE_EXTRA_CA_CERTS: AUTHORITY });
  assert.equal([answers[0].status, body(answers[0])], [200, "secure"]);
  assert.equal([answers[1].status, answers[1].headers.location], [302, "/there"], "and nobody follows it");
  for (const [at, says] of [
    [2, /certificate has expired/],
    [3, /does not match certificate's altnames/],
    [4, /does not match certificate's altnames/],
    [5, /SSL|packet|EPROTO/],
  ] as const) {
    assert.is(answers[at].code, "http-failed", urls[at]);
    assert.match(answers[at].message, says, urls[at]);
  }
  assert.equal(seen, ["valid GET /v1", "valid GET /away"]);
});

test("an authority that the operator did not name counts for nothing, and no variable turns the check off or sends the request elsewhere", async ({
  ports,
  seen,
}) => {
  const url = `https://localhost:${ports.valid}/v1`;
  const [unknown, unchecked, proxied] = await Promise.all([
    ask([url], {}),
    ask([url], { NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" }),
    ask([url], {
      NODE_EXTRA_CA_CERTS: AUTHORITY,
      NODE_USE_ENV_PROXY: "1",
      ...{ HTTPS_PROXY: `http://127.0.0.1:${ports.inner}`, https_proxy: `http://127.0.0.1:${ports.inner}` },
    }),
  ]);
  for (const { answers } of [unknown, unchecked])
    assert.match(answers[0].message, /unable to verify|self-signed|issuer/);
  assert.is(proxied.answers[0].status, 200);
  assert.equal(seen, ["valid GET /v1"], "only the one that trusts the authority has asked, and no proxy");
});

test("a name is looked up once, and what was looked at is what is connected to, whatever it means a moment later", async ({
  ports,
  seen,
}) => {
  const plain = `http://rebind.test:${ports.inner}/v1`;
  const { answers, looked } = await ask(
    [plain, `http://mixed.test:${ports.inner}/v1`, `http://again.test:${ports.inner}/v1`],
    {},
    {
      // Nothing listens on 127.0.0.9; the server is on 127.0.0.1, which here is the address that must not be reached.
      allow: ["127.0.0.9"],
      names: {
        "rebind.test": [["127.0.0.9"], ["127.0.0.1"]],
        "mixed.test": [["127.0.0.9", "127.0.0.1"]],
        "again.test": [["127.0.0.1"], ["127.0.0.9"]],
      },
    },
  );
  assert.match(answers[0].message, /ECONNREFUSED 127\.0\.0\.9/);
  for (const at of [1, 2]) assert.match(answers[at].message, /no public address/);
  assert.equal(looked, ["rebind.test", "mixed.test", "again.test"]);
  assert.equal(seen, []);
});

test.run();
