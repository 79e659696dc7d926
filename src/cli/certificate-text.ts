import { type Fault, fault, isFault } from "../contract/fault.ts";
import type { JsonObject } from "../contract/json.ts";
import { safeText } from "../contract/safe-text.ts";
import type { Ambient } from "../host/settings.ts";
import { readPlainFile } from "../host/tools/tool-source.ts";
import { expandPath } from "../host/xdg.ts";
import { type Certificate, readCertificate, subjectIdOf } from "../trust/certificate.ts";
import { ENVELOPE_BYTES } from "../trust/dsse.ts";

/** Reads the certificate of a file. */
export function readCertificateFile(
  file: string,
  { cwd, env }: Pick<Ambient, "cwd" | "env">,
): { readonly certificate: Certificate; readonly text: string } | Fault {
  const bytes = readPlainFile(expandPath(file, cwd, env) ?? file, ENVELOPE_BYTES);
  if (bytes === undefined)
    return fault("trust", "certificate-refused", `${safeText(file, 200)} is not there: tollgate cert issue makes one`);
  if (isFault(bytes)) return bytes;
  const certificate = readCertificate(bytes);
  return isFault(certificate) ? certificate : { certificate, text: bytes.toString("utf8") };
}

/** What a certificate says, for a person. */
export function certificateLines(certificate: Certificate): string[] {
  const { subject, issuer, not_before, not_after, scopes, max_effect, may_issue, sha256 } = certificate;
  return [
    `${subject.name} · ${subjectIdOf(certificate)}`,
    `  issued by   ${issuer}`,
    `  valid       ${new Date(not_before).toISOString()} to ${new Date(not_after).toISOString()}`,
    `  may sign    ${scopes.join(", ")}${max_effect === undefined ? "" : ` up to an effect of ${max_effect}`}`,
    `  may issue   ${may_issue === 0 ? "nothing" : `certificates, ${may_issue} deep`}`,
    `  sha-256     ${sha256}`,
  ];
}

/** The same for a program. */
export function certificateJson(certificate: Certificate): JsonObject {
  const { subject, issuer, not_before, not_after, scopes, max_effect, may_issue, sha256 } = certificate;
  return {
    subject: { name: subject.name, key_id: subjectIdOf(certificate) },
    issuer,
    not_before: new Date(not_before).toISOString(),
    not_after: new Date(not_after).toISOString(),
    scopes: [...scopes],
    ...(max_effect !== undefined && { max_effect }),
    may_issue,
    sha256,
  };
}
