import type { EffectTerm } from "../contract/effect.ts";
import { safeText } from "../contract/safe-text.ts";
import type { CallSubject, PathSubject } from "./call-subject.ts";

const POLICY = 1;
const START_UP = 0.7;
const CI = 0.5;
const EXECUTABLE = 0.3;

const START_UP_FILES: ReadonlySet<string> = new Set([
  ".bash_aliases",
  ".bash_login",
  ".bash_logout",
  ".bash_profile",
  ".bashrc",
  ".cshrc",
  ".envrc",
  ".gitconfig",
  ".inputrc",
  ".kshrc",
  ".login",
  ".profile",
  ".tcshrc",
  ".vimrc",
  ".xinitrc",
  ".xprofile",
  ".xsessionrc",
  ".zlogin",
  ".zlogout",
  ".zprofile",
  ".zshenv",
  ".zshrc",
  "authorized_keys",
  "config.fish",
  "crontab",
  "profile.ps1",
  "microsoft.powershell_profile.ps1",
  "rc.local",
]);
const START_UP_DIRECTORIES: ReadonlySet<string> = new Set([
  "autostart",
  "cron.d",
  "init.d",
  "launchagents",
  "launchdaemons",
  "profile.d",
]);
const CI_FILES: ReadonlySet<string> = new Set([
  ".drone.yml",
  ".gitlab-ci.yml",
  ".travis.yml",
  "appveyor.yml",
  "azure-pipelines.yml",
  "bitbucket-pipelines.yml",
  "buildspec.yml",
  "cloudbuild.yaml",
  "jenkinsfile",
]);
const CI_DIRECTORIES: ReadonlySet<string> = new Set([".buildkite", ".ci", ".circleci", ".woodpecker"]);
const AGENT_FILES: ReadonlySet<string> = new Set([
  ".mcp.json",
  "claude_desktop_config.json",
  "mcp.json",
  "mcp_config.json",
  "seal.json",
  "tollgate.json",
]);
const EXECUTABLE_NAME =
  /\.(?:app|appimage|bash|bat|cmd|com|command|dll|dylib|exe|fish|jar|msi|ps1|psm1|scr|sh|so|vbs|wasm|zsh)$/;

/** What raises security: changing what runs by itself, what may run, or the rules that this host goes by. */
export function securityTerms(subject: CallSubject): readonly EffectTerm[] {
  if (!subject.effectful) return [];
  const terms: EffectTerm[] = [];
  for (const path of subject.paths) {
    const term = ofPath(path);
    if (term !== undefined) terms.push(term);
  }
  if (terms.length === 0 && beginsLikeProgram(subject)) {
    terms.push(security(EXECUTABLE, "argument content begins like a program"));
  }
  return terms;
}

function ofPath(path: PathSubject): EffectTerm | undefined {
  const { name, parts } = path;
  const shown = safeText(path.place.relative === "" ? path.place.path : path.place.relative, 120);
  if (name.endsWith(".cedar") || name.endsWith(".cedarschema") || AGENT_FILES.has(name)) {
    return security(POLICY, `${shown} is a policy, a manifest or the configuration of a tool host`);
  }
  if (START_UP_FILES.has(name) || parts.some((part) => START_UP_DIRECTORIES.has(part))) {
    return security(START_UP, `${shown} is run at start or login`);
  }
  if (isGitProgram(parts)) return security(START_UP, `${shown} is run by git`);
  if (CI_FILES.has(name) || parts.some((part) => CI_DIRECTORIES.has(part)) || isWorkflow(parts)) {
    return security(CI, `${shown} is run by continuous integration`);
  }
  if (EXECUTABLE_NAME.test(name)) return security(EXECUTABLE, `${shown} is a program`);
  return undefined;
}

function isGitProgram(parts: readonly string[]): boolean {
  const at = parts.indexOf(".git");
  if (at === -1) return parts.includes(".husky") || parts.includes(".githooks");
  return parts.includes("hooks") || parts[parts.length - 1] === "config";
}

function isWorkflow(parts: readonly string[]): boolean {
  const at = parts.findIndex((part) => part === ".github" || part === ".gitea" || part === ".forgejo");
  return at !== -1 && (parts[at + 1] === "workflows" || parts[at + 1] === "actions");
}

const PROGRAM = /^(?:#!|MZ|\x7fELF|\0asm|\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe)/;

function beginsLikeProgram({ args }: CallSubject): boolean {
  const content = Object.hasOwn(args, "content") ? args.content : undefined;
  if (typeof content !== "string") return false;
  const head = content.slice(0, 16);
  return PROGRAM.test(args.encoding === "base64" ? Buffer.from(head, "base64").toString("latin1") : head);
}

const security = (amount: number, reason: string): EffectTerm => ({ dimension: "security", amount, reason });
