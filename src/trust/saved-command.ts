import { createHash } from "node:crypto";
import type { Json } from "../contract/json.ts";
import { COMMAND_BYTES, type SavedCommand, SHELL_HOST_CALLS, type ToolManifest } from "../contract/manifest.ts";
import { safeText } from "../contract/safe-text.ts";

/** What a parameter must be called: a name of a shell variable that means nothing to the shell itself. */
const VARIABLE = /^[a-z][a-z0-9_]*$/;
const PLAIN_TYPES: readonly unknown[] = ["string", "integer", "number", "boolean"];

/** The first part of the names of saved commands, and of no other deployed tool. */
export const SHELL_FAMILY = "shell";

/** A saved command with the hash of what it says. */
export function stateCommand({ command, cwd, timeoutMs }: Omit<SavedCommand, "sha256">): SavedCommand {
  return {
    command,
    sha256: createHash("sha256").update(command, "utf8").digest("hex"),
    ...(cwd !== undefined && { cwd }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}

/** Says what in the manifest of a saved command cannot be believed, or nothing; of any other tool, whether it passes for one. */
export function savedCommandProblem(manifest: ToolManifest): string | undefined {
  const { name, shell, hostCalls, env = [], calls = [], http = [], limits, kind, result, asks } = manifest;
  const isNamedSo = name.startsWith(`${SHELL_FAMILY}.`);
  if (shell === undefined) {
    return isNamedSo
      ? `names that begin with ${SHELL_FAMILY}. are those of saved commands, and it has none`
      : undefined;
  }
  if (!isNamedSo) return `it is a saved command, and the names of those begin with ${SHELL_FAMILY}.`;
  if (String(hostCalls) !== String(SHELL_HOST_CALLS)) {
    return `its host calls are not those of the shell: leave hostCalls out, or list ${SHELL_HOST_CALLS.join(", ")}`;
  }
  if (kind !== undefined || result === "content" || asks === true)
    return "it is a saved command, which answers calls as the shell does: leave kind, result and asks out";
  if (env.length > 0) return "it asks for environment variables, which a saved command is not given";
  if (calls.length > 0 || http.length > 0)
    return "it names tools to call or places on the network, which a saved command does not reach";
  if (shell.timeoutMs !== undefined && shell.timeoutMs > limits.deadlineMs) {
    return `its command may take ${shell.timeoutMs} ms and its limit is a deadline of ${limits.deadlineMs}`;
  }
  return textProblem(shell.command) ?? placeProblem(manifest) ?? variablesProblem(manifest);
}

function textProblem(command: string): string | undefined {
  if (Buffer.byteLength(command) > COMMAND_BYTES) return `its command has over ${COMMAND_BYTES} bytes`;
  for (const line of command.split(/[\n\t]/)) {
    if (safeText(line, line.length + 1) !== line)
      return `its command holds characters that cannot be seen: "${safeText(line, 80)}"`;
  }
  return undefined;
}

function placeProblem({ shell, folders = [] }: ToolManifest): string | undefined {
  const cwd = shell?.cwd;
  if (cwd === undefined) return undefined;
  const parts = cwd.split("/");
  const isPlain = cwd === "." || parts.every((part) => part !== "" && part !== "." && part !== "..");
  const isHeld = folders.some(({ path }) => path === "." || path === cwd || cwd.startsWith(`${path}/`));
  return isPlain && isHeld ? undefined : `it begins in ${safeText(cwd, 80)}, which is in none of its folders`;
}

function variablesProblem({ parameters }: ToolManifest): string | undefined {
  for (const [name, schema] of Object.entries(parameters.properties as Record<string, Json>)) {
    const shown = safeText(name, 64);
    if (!VARIABLE.test(name)) {
      return `its parameter ${shown} can be no variable of its own: use small letters, digits and underscores`;
    }
    const type = memberOf(schema, "type");
    const plain = type === "array" ? memberOf(memberOf(schema, "items"), "type") : type;
    if (!PLAIN_TYPES.includes(plain)) {
      return `its parameter ${shown} has no value that a shell variable can have: its type is ${PLAIN_TYPES.join(", ")} or an array of one of them`;
    }
  }
  return undefined;
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, Json>>)[name]
    : undefined;
}
