// Chains of certificates: the whole of one counts, or nothing does.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { noteSigner } from "../../src/chain/signed-note.ts";
import { isFault } from "../../src/contract/fault.ts";
import { boundsProblem, isScope, scopesWithin } from "../../src/trust/bounds.ts";
import {
  CERTIFICATE_PAYLOAD,
  type Certificate,
  type CertificateClaims,
  certificatePayload,
  readCertificate,
} from "../../src/trust/certificate.ts";
import { type Anchor, readChain, verifyChain } from "../../src/trust/certificate-chain.ts";
import { encodeEnvelope, preAuthEncoding, TOOL_PAYLOAD } from "../../src/trust/dsse.ts";
import { keyIdOf } from "../../src/trust/ed25519.ts";

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;

function party(name: string, seed: number) {
  const { verifier, signEnvelope } = noteSigner(name, new Uint8Array(32).fill(seed));
  return { name, key: verifier.publicKey, id: keyIdOf(verifier.publicKey), sign: signEnvelope };
}
type Party = ReturnType<typeof party>;
const [root, team, ci, mallory] = [party("root", 1), party("team", 2), party("ci", 3), party("mallory", 4)];

interface Wish {
  readonly by?: Party;
  readonly claims?: Partial<CertificateClaims>;
  readonly type?: string;
  readonly keyid?: string;
}

function envelope(
  subject: Party,
  issuer: Party,
  { by = issuer, claims = {}, type = CERTIFICATE_PAYLOAD, keyid }: Wish = {},
): string {
  const payload = certificatePayload({
    subject: { name: subject.name, key: subject.key },
    issuer: issuer.id,
    not_before: NOW - DAY,
    not_after: NOW + DAY,
    scopes: ["acme.*"],
    may_issue: 0,
    ...claims,
  });
  const sig = by.sign(preAuthEncoding(type, payload));
  return encodeEnvelope({
    payloadType: CERTIFICATE_PAYLOAD,
    payload,
    signatures: [{ keyid: keyid ?? issuer.id, sig }],
  });
}

function certificate(subject: Party, issuer: Party, wish: Wish = {}): Certificate {
  const read = readCertificate(envelope(subject, issuer, wish));
  if (isFault(read)) throw new Error(read.message);
  return read;
}

const anchorOf = (bounds: Anchor["bounds"] = { scopes: ["acme.*"] }, mayIssue = 2): Anchor => ({
  publicKey: root.key,
  bounds,
  mayIssue,
});
function judge(
  chain: readonly Certificate[],
  more: { anchor?: Anchor; revoked?: Party; trusted?: Party; now?: number } = {},
) {
  return verifyChain(
    chain,
    {
      anchor: (id) =>
        id === root.id
          ? (more.anchor ?? anchorOf())
          : id === more.trusted?.id
            ? { ...anchorOf(), publicKey: (more.trusted as Party).key }
            : undefined,
      isRevoked: (id) => id === more.revoked?.id,
    },
    more.now ?? NOW,
  );
}

const teamCert = certificate(team, root, { claims: { may_issue: 1 } });
const ciCert = certificate(ci, team);

test("a chain of one and of two leads to the trusted key", () => {
  const one = judge([certificate(ci, root)]);
  assert.not.ok(isFault(one), isFault(one) ? one.message : "");
  const two = judge([ciCert, teamCert]);
  assert.not.ok(isFault(two), isFault(two) ? two.message : "");
  if (!isFault(two)) assert.equal([two.leaf.keyid, two.via], [ci.id, [team.id, root.id]]);
});

const narrow = certificate(team, root, { claims: { may_issue: 1, scopes: ["acme.a.*"] } });
const capped = certificate(team, root, { claims: { may_issue: 1, max_effect: 0.3 } });
const refused: readonly (readonly [what: string, fault: () => ReturnType<typeof judge>, says: RegExp])[] = [
  ["nothing", () => judge([]), /empty/],
  ["a missing link", () => judge([ciCert]), /not trusted: a certificate is missing/],
  ["the wrong order", () => judge([teamCert, ciCert]), /twice/],
  ["a wrong issuer", () => judge([certificate(ci, mallory), teamCert]), /issued by another than the next/],
  [
    "signed by another than its issuer",
    () => judge([certificate(ci, team, { by: mallory }), teamCert]),
    /has not signed/,
  ],
  ["a root that signed nothing", () => judge([certificate(ci, root, { by: mallory })]), /has not signed/],
  ["signed as something else", () => judge([certificate(ci, root, { type: TOOL_PAYLOAD })]), /has not signed/],
  ["signed under another id", () => judge([certificate(ci, root, { keyid: mallory.id })]), /has not signed/],
  ["expired", () => judge([certificate(ci, root, { claims: { not_after: NOW } })]), /expired/],
  ["not yet valid", () => judge([certificate(ci, root, { claims: { not_before: NOW + 1 } })]), /valid from/],
  [
    "an issuer that has expired",
    () => judge([ciCert, certificate(team, root, { claims: { may_issue: 1, not_after: NOW } })]),
    /expired/,
  ],
  [
    "a trusted key that has expired",
    () => judge([ciCert, teamCert], { anchor: anchorOf({ scopes: ["acme.*"], expires: NOW }) }),
    /has expired/,
  ],
  ["a leaf that issues", () => judge([ciCert, certificate(team, root)]), /may not issue/],
  [
    "a trusted key that may not issue",
    () => judge([certificate(ci, root)], { anchor: anchorOf({ scopes: ["*"] }, 0) }),
    /may not issue/,
  ],
  [
    "a chain longer than the trusted key allows",
    () => judge([ciCert, teamCert], { anchor: anchorOf({ scopes: ["*"] }, 1) }),
    /may not issue/,
  ],
  ["a cycle", () => judge([certificate(ci, team), certificate(team, ci, { claims: { may_issue: 1 } })]), /twice/],
  ["issued by itself", () => judge([certificate(ci, ci)]), /twice/],
  [
    "an extra root",
    () =>
      judge(
        [
          certificate(team, root, { claims: { may_issue: 1 } }),
          certificate(root, mallory, { claims: { may_issue: 2 } }),
        ],
        { trusted: mallory },
      ),
    /more certificates follow/,
  ],
  [
    "the trusted key above itself",
    () => judge([certificate(ci, root), certificate(root, root, { claims: { may_issue: 2 } })]),
    /twice/,
  ],
  ["a revoked leaf", () => judge([ciCert, teamCert], { revoked: ci }), /revoked/],
  ["a revoked issuer", () => judge([ciCert, teamCert], { revoked: team }), /revoked/],
  ["a revoked root", () => judge([ciCert, teamCert], { revoked: root }), /revoked/],
  ["wider scopes than its issuer", () => judge([ciCert, narrow]), /reach further/],
  [
    "wider scopes than the trusted key",
    () => judge([certificate(ci, root, { claims: { scopes: ["*"] } })]),
    /reach further/,
  ],
  [
    "a scope beside",
    () => judge([certificate(ci, root, { claims: { scopes: ["acme.*", "other.*"] } })]),
    /reach further/,
  ],
  ["no bound on effects where its issuer has one", () => judge([ciCert, capped]), /larger effects/],
  [
    "a larger effect than its issuer",
    () => judge([certificate(ci, team, { claims: { max_effect: 0.4 } }), capped]),
    /larger effects/,
  ],
];
test("every other chain is refused, with the certificate and what is wrong with it", () => {
  for (const [what, look, says] of refused) {
    const fault = look();
    assert.ok(isFault(fault), what);
    if (isFault(fault)) assert.match(fault.message, says, what);
  }
});

test("a certificate is read from its one text only, and a chain from a short list", () => {
  const text = envelope(ci, root);
  assert.not.ok(isFault(readCertificate(text)));
  const payloadOf = (change: (claims: Record<string, unknown>) => void): string => {
    const document = JSON.parse(text);
    const claims = JSON.parse(Buffer.from(document.payload, "base64").toString());
    change(claims);
    return JSON.stringify({ ...document, payload: Buffer.from(JSON.stringify(claims)).toString("base64") });
  };
  for (const [what, other] of [
    ["another member", payloadOf((claims) => Object.assign(claims, { sudo: true }))],
    ["no scopes", payloadOf((claims) => Object.assign(claims, { scopes: [] }))],
    ["a scope that is none", payloadOf((claims) => Object.assign(claims, { scopes: ["acme*"] }))],
    ["a time that is none", payloadOf((claims) => Object.assign(claims, { not_after: "2026-13-01T00:00:00.000Z" }))],
    [
      "a time without milliseconds",
      payloadOf((claims) => Object.assign(claims, { not_after: "2027-01-01T00:00:00Z" })),
    ],
    ["valid at no time", payloadOf((claims) => Object.assign(claims, { not_after: claims.not_before }))],
    ["a negative depth", payloadOf((claims) => Object.assign(claims, { may_issue: -1 }))],
    ["an endless depth", payloadOf((claims) => Object.assign(claims, { may_issue: 99 }))],
    ["a key of another length", payloadOf((claims) => Object.assign(claims, { subject: { name: "ci", key: "AAAA" } }))],
    ["an effect that is no score", payloadOf((claims) => Object.assign(claims, { max_effect: 9 }))],
    ["a tool's payload", text.replace("certificate.v1", "tool.v1")],
  ] as const) {
    assert.ok(isFault(readCertificate(other)), what);
  }
  const list = (count: number) => JSON.stringify(Array.from({ length: count }, () => JSON.parse(text)));
  assert.not.ok(isFault(readChain(list(4))));
  for (const chain of [list(0), list(5), "{}", text, "[1]"]) assert.ok(isFault(readChain(chain)), chain.slice(0, 40));
});

test("bounds hold by whole names, to the moment and to the thousandth", () => {
  const tool = { name: "acme.greet", effect: { risk: 0.3, fairness: 0, privacy: 0.4, novelty: 0, security: 0 } };
  const ok = { scopes: ["acme.*"], expires: NOW + 1, max_effect: 0.5 };
  assert.is(boundsProblem("it", ok, tool, NOW), undefined);
  assert.match(
    boundsProblem("it", { ...ok, scopes: ["acm.*", "acme", "acme.gree"] }, tool, NOW) ?? "",
    /not for acme\.greet/,
  );
  assert.match(boundsProblem("it", { ...ok, expires: NOW }, tool, NOW) ?? "", /expired/);
  assert.match(
    boundsProblem("it", { ...ok, max_effect: 0.49 }, tool, NOW) ?? "",
    /up to 0\.49, and that of acme\.greet is 0\.5/,
  );
  for (const scope of ["*", "acme.*", "acme.greet", "a.b.*"]) assert.ok(isScope(scope), scope);
  for (const scope of ["", "acme*", "*.greet", "acme.", ".*", "acme.*.*", "Acme.*", "acme.**", "a".repeat(65)])
    assert.not.ok(isScope(scope), scope);
  assert.ok(scopesWithin(["acme.a", "acme.b.*"], ["acme.*"]));
  for (const [inner, outer] of [
    ["acmex.a", "acme.*"],
    ["*", "acme.*"],
    ["acme.*", "acme.a.*"],
    ["acme", "acme.*"],
    ["acme.*", "acme"],
  ]) {
    assert.not.ok(scopesWithin([inner as string], [outer as string]), `${inner} in ${outer}`);
  }
});

test.run();
