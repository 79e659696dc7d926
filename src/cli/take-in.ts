import { createHash } from "node:crypto";
import { type Fault, fault, isFault } from "../contract/fault.ts";
import type { JsonObject } from "../contract/json.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { examine } from "../host/tools/examine.ts";
import { keepModule } from "../host/tools/module-files.ts";
import { signingTrust } from "../host/tools/signing-trust.ts";
import { readToolSource, type ToolSource } from "../host/tools/tool-source.ts";
import { findSigner, sealStatement, type Vouched } from "../host/tools/vouch.ts";
import { activateVersion } from "../kernel/tools/activate.ts";
import { deployVersion } from "../kernel/tools/deploy.ts";
import type { VersionRecord } from "../kernel/tools/records.ts";
import { deployedTools } from "../kernel/tools/versions.ts";
import { keyIdOf } from "../trust/ed25519.ts";
import { nameProblem, TakenNames } from "../trust/names.ts";
import type { ToolStatement } from "../trust/statement.ts";
import type { CommandContext } from "./command.ts";
import { type Activation, lookAt, mustAccept } from "./tool-activation.ts";
import type { ToolDesk } from "./tool-desk.ts";
import { commandThatUses, differenceLines, manifestLines, recordLines } from "./tool-text.ts";

/** A version that was taken in. */
export interface TakenIn {
  readonly manifest: ToolManifest;
  readonly record: VersionRecord;
  /** It had been deployed before, just so. */
  readonly known: boolean;
  /** The event by which it became active; absent where it did not. */
  readonly activated: number | undefined;
  readonly since: Activation["since"];
  /** The command that comes next. */
  readonly next: string;
}

/** Takes in the tool of a folder after every check, and makes it active where the command says so and nothing is left to accept. */
export async function takeIn(
  desk: ToolDesk,
  { ambient, args }: CommandContext,
  folder: string,
): Promise<TakenIn | Fault> {
  const source = await readToolSource(folder, desk.check, desk.shell);
  if (isFault(source)) return source;
  return takeInSource(desk, ambient, source, { activate: args.flag("activate"), accept: args.flag("accept") });
}

/** Takes in a tool that was read from its folder, as {@link takeIn} does. */
export async function takeInSource(
  desk: ToolDesk,
  ambient: CommandContext["ambient"],
  source: ToolSource,
  { activate, accept }: { readonly activate: boolean; readonly accept: boolean },
): Promise<TakenIn | Fault> {
  const examined = await examine(source, desk.shipped, ambient.packageRoot);
  if (isFault(examined)) return examined;
  const { statement } = examined;
  const { manifest, module } = statement;
  const { name, version } = manifest;
  const clash = nameProblem(name, takenNames(desk, name), manifest.shell !== undefined);
  if (clash !== undefined) return fault("trust", "tool-name-refused", `${name} cannot be deployed: ${clash}`);
  const vouched = vouch(desk, statement, source, ambient.clock());
  if (isFault(vouched)) return vouched;

  const suffix = Buffer.from(ambient.random(8)).toString("hex");
  const unkept = keepModule(desk.stateDirectory, module.sha256, source.module, suffix);
  if (unkept !== undefined) return unkept;
  const done = await desk.commit((state) =>
    deployVersion(state, {
      name,
      version,
      moduleSha256: module.sha256,
      moduleBytes: module.size,
      statementSha256: statement.sha256,
      envelopeSha256: createHash("sha256").update(vouched.envelope).digest("hex"),
      ...vouched,
    }),
  );
  if (isFault(done)) return done;
  // Another command may have swept the same module away before the row named it.
  const lost = keepModule(desk.stateDirectory, module.sha256, source.module, suffix);
  if (lost !== undefined) return lost;
  const { record, known } = done.value;

  const activation = lookAt(desk, name, version);
  const since = isFault(activation) ? undefined : activation.since;
  const later = `tollgate tool activate ${name} ${version}${since === undefined ? "" : " --accept"}`;
  const taken = { manifest, record, known, since };
  if (!activate) return { ...taken, activated: undefined, next: later };
  if (isFault(activation)) return activation;
  if (!accept && mustAccept(name, version, activation) !== undefined) {
    return { ...taken, activated: undefined, next: later };
  }
  const activated = await desk.commit((state) => activateVersion(state, name, version));
  if (isFault(activated)) return activated;
  return { ...taken, activated: activated.sequence, next: commandThatUses(manifest) };
}

/** What was taken in, for a person. */
export function takenInLines({ manifest, record, known, activated, since, next }: TakenIn): string[] {
  return [
    ...manifestLines(manifest),
    ...recordLines(record),
    ...(since === undefined ? [] : [`differs from ${since.version}, which was accepted:`]),
    ...differenceLines(since?.differences ?? []),
    `${known ? "was deployed before" : "deployed"} · #${record.deployed.sequence}`,
    ...(activated === undefined ? [] : [`active · #${activated}`]),
    `next: ${next}`,
  ];
}

/** What was taken in, for a program. */
export function takenInJson({ manifest, record, known, activated, since, next }: TakenIn): JsonObject {
  return {
    tool: manifest.name,
    version: record.version,
    module_sha256: record.module_sha256,
    statement_sha256: record.statement_sha256,
    signer: record.signer.kind,
    signed_by: record.signer.keyid,
    unsigned: record.unsigned,
    known,
    sequence: record.deployed.sequence,
    ...(activated !== undefined && { activated }),
    ...(since !== undefined && { differs_from: since.version, differences: since.differences as never }),
    next,
  };
}

/** The names of all other tools, those that were removed among them. */
function takenNames({ shipped, chain }: ToolDesk, name: string): TakenNames {
  const taken = new TakenNames(shipped.map((tool) => tool.name));
  for (const other of chain.read(deployedTools)) if (other.name !== name) taken.add(other.name);
  return taken;
}

/** Whose signature the tool has; where it has none and needs none, the host signs for its operator. */
function vouch(desk: ToolDesk, statement: ToolStatement, source: ToolSource, now: number): Vouched | Fault {
  const { envelope, certificates, folder } = source;
  if (envelope !== undefined) {
    return desk.chain.read((state) =>
      findSigner(envelope, certificates, statement, signingTrust(state, desk.stateDirectory), now),
    );
  }
  const { name } = statement.manifest;
  if (desk.settings.requireSignatures) {
    const next =
      folder === undefined
        ? "save it into a folder with --in, and run tollgate tool sign there"
        : `if you made it, run tollgate tool sign ${folder}`;
    const message = `${name} has no signature, and signatures are required here: ${next}`;
    return fault("trust", "signature-required", message);
  }
  const key = desk.hostKey();
  if (isFault(key)) return key;
  const { publicKey } = key.verifier;
  const sealed = sealStatement(statement, { publicKey, signEnvelope: key.signEnvelope });
  return { signer: { kind: "host", keyid: keyIdOf(publicKey) }, envelope: sealed, unsigned: true };
}
