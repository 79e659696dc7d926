import { createHash } from "node:crypto";
import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import type { ToolManifest } from "../contract/manifest.ts";
import type { ResolvedSettings } from "../host/config.ts";
import { readPolicyFile } from "../host/policy-files.ts";
import type { Ambient, HostSettings } from "../host/settings.ts";
import { openStateDirectory } from "../host/state-directory.ts";
import { type Damage, findDamage } from "../kernel/damage.ts";
import { takeInventory } from "../kernel/inventory.ts";
import { readChain } from "./read-chain.ts";

/** One line of the doctor's report. `next` is what to do about it. */
export interface Finding {
  readonly check: string;
  readonly status: "ok" | "warn" | "fail";
  readonly detail: string;
  readonly next?: string;
}

/** Rows that are damaged are told one by one up to so many. */
const SHOWN = 20;
const NODE_OLDEST = [20, 18] as const;

/** Whether this Node.js is one that tollgate is tested on. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > NODE_OLDEST[0] || (major === NODE_OLDEST[0] && minor >= NODE_OLDEST[1]);
  if (enough) return { check: "node", status: "ok", detail: version };
  return {
    check: "node",
    status: "fail",
    detail: `${version} is too old`,
    next: `install ${NODE_OLDEST.join(".")} or newer`,
  };
}

/** Which configuration is in force, or the one line that would stop a start. */
export function checkConfiguration(resolved: ResolvedSettings, ambient: Ambient): Finding {
  const check = "configuration";
  if (!resolved.ok) return { check, status: "fail", detail: resolved.fault.message };
  const { file, settings } = resolved;
  const origin = { flag: "named with --config", directory: "found in the current directory", user: "your own" };
  const from = file === undefined ? "no tollgate.json: defaults" : `${file.path} (${origin[file.origin]})`;
  const detail = `${from} · environment ${settings.environment}`;
  if (settings.sudo) {
    return { check, status: "warn", detail: `${detail} · sudo`, next: "leave --sudo out when you are done" };
  }
  const npx = ambient.packageRoot.pathname.includes("/_npx/");
  if (npx) return { check, status: "warn", detail, next: "npx may delete this copy: npm install -g tollgate" };
  return { check, status: "ok", detail };
}

/** Whether this user can use each root. */
export function checkRoots({ roots }: HostSettings): Finding[] {
  return roots.map((root): Finding => {
    const check = "root";
    if (!allowed(root, constants.R_OK | constants.X_OK)) {
      return { check, status: "fail", detail: `${root} cannot be read`, next: "change its mode, or name another" };
    }
    if (!allowed(root, constants.W_OK)) return { check, status: "warn", detail: `${root} cannot be written to` };
    return { check, status: "ok", detail: root };
  });
}

/** Whether the state directory is private and can be written to; makes it where it is missing, as a start does. */
export function checkState({ stateDirectory }: HostSettings): Finding {
  const check = "state";
  const state = openStateDirectory(stateDirectory);
  if (!state.ok) return { check, status: "fail", detail: state.fault.message };
  if (!allowed(state.directory, constants.R_OK | constants.W_OK | constants.X_OK)) {
    return {
      check,
      status: "fail",
      detail: `${stateDirectory} cannot be written to`,
      next: "look at its mode and file system",
    };
  }
  return { check, status: "ok", detail: `${stateDirectory} (private)` };
}

/** Whether every tool is there and its module is the sealed one. */
export async function checkInstallation(
  ambient: Ambient,
): Promise<{ readonly finding: Finding; readonly manifests?: readonly ToolManifest[] }> {
  const check = "tools";
  const { readProgram } = await import("../host/program.ts");
  const program = await readProgram(ambient.packageRoot);
  if (!program.ok) return { finding: { check, status: "fail", detail: program.fault.message } };
  // what a start reads is held to the seal by it; the large ones, which are read when they first run, are held to it here
  for (const { manifest, moduleHash, moduleBytes } of program.registry.values()) {
    if (moduleBytes instanceof Uint8Array) continue;
    const found = await moduleBytes().then(
      (bytes) => createHash("sha256").update(bytes).digest("hex"),
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
    if (found === moduleHash) continue;
    const detail = `module ${manifest.module} is ${found}, sealed as ${moduleHash}`;
    return { finding: { check, status: "fail", detail, next: "install tollgate again" } };
  }
  const manifests = [...program.registry.values()].map(({ manifest }) => manifest);
  const templates = manifests.filter(({ kind }) => kind === "template").length;
  const detail = `${manifests.length - templates} tools and ${templates} templates of agents, each module as sealed · tollgate ${program.version}`;
  return { finding: { check, status: "ok", detail }, manifests };
}

/** Whether the policy in force would be accepted. */
export async function checkPolicy(
  { policies }: HostSettings,
  { packageRoot }: Ambient,
  manifests: readonly ToolManifest[],
): Promise<Finding> {
  const check = "policy";
  const [{ checkPolicies }, { formatProblem }] = await Promise.all([
    import("../gate/policies.ts"),
    import("../gate/problem.ts"),
  ]);
  const files = policies.length > 0 ? policies : [new URL("policy/default.cedar", packageRoot)];
  const names = policies.length > 0 ? policies.join(", ") : "built-in default.cedar";
  const sources: { name: string; text: string }[] = [];
  for (const file of files) {
    const read = readPolicyFile(file);
    if (typeof read === "string") {
      return { check, status: "fail", detail: `${names} cannot be read: ${read}`, next: "give a readable .cedar file" };
    }
    sources.push(read);
  }
  const problems = checkPolicies(sources, manifests);
  const [worst] = [...problems].sort((a, b) => (a.severity < b.severity ? -1 : 1));
  if (worst === undefined) return { check, status: "ok", detail: names };
  const status = worst.severity === "error" ? "fail" : "warn";
  return { check, status, detail: formatProblem(worst), next: "tollgate policy check shows them all" };
}

/** Whether the chain that is there verifies; none yet is fine. */
export async function checkChain({ stateDirectory, witness }: HostSettings): Promise<Finding> {
  const check = "chain";
  if (!existsSync(join(stateDirectory, "state.mdb")) && (witness === undefined || !existsSync(witness))) {
    return { check, status: "ok", detail: "none yet: it begins with the first start" };
  }
  const { verifyChain } = await import("../chain/verify.ts");
  const report = verifyChain(stateDirectory, witness === undefined ? {} : { witness });
  const detail = `${report.verified_to} events verified, ${report.signed_to} under a signed checkpoint`;
  if (report.ok) return { check, status: "ok", detail };
  const [first] = report.problems;
  const next =
    witness !== undefined && !existsSync(witness)
      ? "the next start writes the witness; if it was there before, find out who removed it"
      : first?.code === "format"
        ? "install a newer tollgate, which can read it"
        : "tollgate chain verify shows all of it; restore the state directory from a backup";
  return { check, status: "fail", detail: first?.message ?? detail, next };
}

const strayKey = (key: string): Damage => ({
  what: `a key of the state cannot be read: what was under it is lost (${key.slice(0, 64)})`,
  next: "restore the state directory from a backup",
});

/** What agents, messages and jobs there are, and each row of theirs that is damaged; nothing where there is no state yet. */
export async function checkKernel({ stateDirectory, witness }: HostSettings, ambient: Ambient): Promise<Finding[]> {
  const check = "agents";
  if (!existsSync(join(stateDirectory, "state.mdb"))) return [];
  const opened = readChain({ directory: stateDirectory, witness }, ambient);
  if (!opened.ok) return [{ check, status: "fail", detail: opened.fault.message }];
  try {
    const [found, ofRows] = opened.chain.read((state) => [takeInventory(state), findDamage(state)]);
    const damage = [...ofRows, ...opened.chain.strayKeys().map(strayKey)];
    const { agents, jobs, messages, deadLetters } = found;
    const counted = [
      numbered(agents, "agent"),
      numbered(jobs, "job"),
      `${numbered(messages, "message")} ${messages === 1 ? "waits" : "wait"}`,
      numbered(deadLetters, "dead letter"),
    ].join(", ");
    const damaged = damage.slice(0, SHOWN).map(({ what, next }): Finding => {
      return { check, status: next === undefined ? "warn" : "fail", detail: what, ...(next !== undefined && { next }) };
    });
    const more = damage.length - damaged.length;
    return [
      damage.length === 0
        ? { check, status: "ok", detail: counted }
        : { check, status: "warn", detail: `${counted}, ${numbered(damage.length, "row")} damaged` },
      ...damaged,
      ...(more > 0 ? [{ check, status: "fail", detail: `and ${more} more`, next: "settle these first" } as const] : []),
    ];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [{ check, status: "fail", detail, next: "restore the state directory from a backup, or move it away" }];
  } finally {
    await opened.chain.close();
  }
}

const numbered = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

function allowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
