import type { EffectTerm } from "../contract/effect.ts";
import type { Json } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import type { CallSubject, PathSubject } from "./call-subject.ts";

const SECRET_NAME = 0.5;
const SECRET_CONTENT = 0.5;

/** Characters of text arguments that are scanned for secrets; what is beyond is not looked at. */
export const SCANNED = 256 * 1024;

const SECRET_FILES: ReadonlySet<string> = new Set([
  ".env",
  ".envrc",
  ".git-credentials",
  ".htpasswd",
  ".my.cnf",
  ".netrc",
  ".npmrc",
  ".pgpass",
  ".pypirc",
  ".vault-token",
  "_netrc",
  "credentials",
  "credentials.json",
  "credentials.toml",
  "gshadow",
  "kubeconfig",
  "shadow",
  "wp-config.php",
]);
const SECRET_DIRECTORIES: ReadonlySet<string> = new Set([
  ".aws",
  ".azure",
  ".gnupg",
  ".kube",
  ".password-store",
  ".ssh",
]);
const SECRET_ENDINGS = /\.(?:jks|kdbx|key|keystore|keytab|ovpn|p12|pem|pfx|ppk|tfstate)$/;
const ENVIRONMENT_FILE = /^\.env\.(?!(?:dist|example|sample|template)$)/;
const SECRET_WORD =
  /^(?:id_[a-z0-9_]+|(?:api[-_]?|access[-_]?|auth[-_]?)?(?:secrets?|tokens?)(?:\.[a-z0-9]+)?|service[-_]account.*\.json)$/;

/**
 * What tokens begin with, and their whole shape from there. Only shapes that hardly occur by chance. One pass finds
 * the beginnings, and each shape is anchored and bounded, so a scan is linear whatever the text holds.
 */
const TOKENS: readonly { marker: string; shape: RegExp; what: string }[] = [
  { marker: "-----BEGIN ", shape: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/y, what: "a private key" },
  { marker: "AKIA", shape: /AKIA[0-9A-Z]{16}/y, what: "an AWS access key" },
  { marker: "ASIA", shape: /ASIA[0-9A-Z]{16}/y, what: "an AWS access key" },
  { marker: "AIza", shape: /AIza[0-9A-Za-z_-]{35}/y, what: "a Google API key" },
  { marker: "ghp_", shape: /ghp_[0-9A-Za-z]{30}/y, what: "a GitHub token" },
  { marker: "gho_", shape: /gho_[0-9A-Za-z]{30}/y, what: "a GitHub token" },
  { marker: "ghs_", shape: /ghs_[0-9A-Za-z]{30}/y, what: "a GitHub token" },
  { marker: "github_pat_", shape: /github_pat_[0-9A-Za-z_]{30}/y, what: "a GitHub token" },
  { marker: "glpat-", shape: /glpat-[0-9A-Za-z_-]{20}/y, what: "a GitLab token" },
  { marker: "xox", shape: /xox[abeprs]-[0-9A-Za-z-]{20}/y, what: "a Slack token" },
  { marker: "sk-", shape: /sk-(?:[a-z]{2,8}-)?[0-9A-Za-z_-]{32}/y, what: "an API key" },
  { marker: "sk_live_", shape: /sk_live_[0-9A-Za-z]{20}/y, what: "a Stripe key" },
  { marker: "npm_", shape: /npm_[0-9A-Za-z]{36}/y, what: "an npm token" },
  { marker: ".eyJ", shape: /\.eyJ[0-9A-Za-z_-]{10}/y, what: "a signed web token" },
  { marker: "PuTTY-User-Key-File-", shape: /PuTTY-User-Key-File-\d/y, what: "a private key" },
];

const BY_MARKER = new Map(TOKENS.map((token) => [token.marker, token]));
const MARKERS = new RegExp([...BY_MARKER.keys()].map((marker) => marker.replace(".", "\\.")).join("|"), "g");

/** What raises privacy: a file whose name says that it holds a secret, and a text that has the shape of one. */
export function privacyTerms(subject: CallSubject): readonly EffectTerm[] {
  const terms: EffectTerm[] = [];
  const secret = subject.paths.find(namesSecret);
  if (secret !== undefined) {
    const { place } = secret;
    const shown = safeText(place.relative === "" ? place.path : place.relative, 120);
    terms.push(privacy(SECRET_NAME, `${shown} is where secrets are kept`));
  }
  const found = secretInArguments(subject);
  if (found !== undefined) {
    terms.push(privacy(SECRET_CONTENT, `argument ${safeText(found.argument, 60)} looks like it holds ${found.what}`));
  }
  return terms;
}

function namesSecret({ name, parts }: PathSubject): boolean {
  if (SECRET_FILES.has(name) || SECRET_ENDINGS.test(name)) return true;
  if (ENVIRONMENT_FILE.test(name) || SECRET_WORD.test(name)) return true;
  return parts.some((part) => SECRET_DIRECTORIES.has(part)) && !name.endsWith(".pub");
}

function secretInArguments(subject: CallSubject): { argument: string; what: string } | undefined {
  let budget = SCANNED;
  for (const argument of Object.keys(subject.args)) {
    if (subject.paths.some((path) => path.argument === argument)) continue;
    for (const text of textsOf(subject.args[argument] as Json, 0)) {
      if (text.length < 16) continue;
      const scanned = text.length > budget ? text.slice(0, budget) : text;
      budget -= scanned.length;
      const encoded = subject.args.encoding === "base64" && argument === "content";
      const what = secretIn(encoded ? Buffer.from(scanned, "base64").toString("latin1") : scanned);
      if (what !== undefined) return { argument, what };
      if (budget <= 0) return undefined;
    }
  }
  return undefined;
}

function* textsOf(value: Json, depth: number): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null && depth < 8) {
    for (const item of Object.values(value)) yield* textsOf(item as Json, depth + 1);
  }
}

/** Names the first secret that a text seems to hold. */
export function secretIn(text: string): string | undefined {
  MARKERS.lastIndex = 0;
  for (let found = MARKERS.exec(text); found !== null; found = MARKERS.exec(text)) {
    const token = BY_MARKER.get(found[0]) as (typeof TOKENS)[number];
    token.shape.lastIndex = found.index;
    if (token.shape.test(text)) return token.what;
  }
  return undefined;
}

const privacy = (amount: number, reason: string): EffectTerm => ({ dimension: "privacy", amount, reason });
