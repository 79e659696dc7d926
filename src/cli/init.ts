import { fileURLToPath } from "node:url";
import { fault } from "../contract/fault.ts";
import { safeText } from "../contract/safe-text.ts";
import { CONFIGURATION_INVALID } from "../host/config-file.ts";
import { resolveRoots } from "../host/roots.ts";
import { defaultStateDirectory } from "../host/state-directory.ts";
import { expandPath, homeDirectory } from "../host/xdg.ts";
import { CLIENTS, type Client, type ClientScope } from "./clients.ts";
import { type Command, type CommandContext, EXIT, type ExitCode } from "./command.ts";
import { mergeJson } from "./merge-json.ts";
import type { ServerEntry } from "./merge-result.ts";
import { mergeToml, tomlSnippet } from "./merge-toml.ts";
import { complain, misused, note, say, sayJson } from "./output.ts";
import { findFile, replaceFile } from "./replace-file.ts";
import { DIR_OPTION, SETTINGS_OPTIONS } from "./settings-options.ts";

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
const BARE_WORD = /^[A-Za-z0-9_./:@%+=-]+$/;

/** Prints what makes a client start tollgate, or merges it into the client's own file. */
export const init: Command = {
  spec: {
    name: "init",
    summary: "the snippet that makes a client start tollgate",
    usage: `<client> [--write] [options]`,
    details: `
Prints the snippet for a client on standard output, and where it belongs on standard error. With
--write it is merged into that file: everything else in it stays, comments included, the old file
is kept beside it with the time in its name, and a link to the file stays a link.

Clients: ${CLIENTS.map(({ id }) => id).join(", ")}.

The snippet names Node.js and tollgate by absolute paths, because desktop applications have no
PATH, and the roots as well, because they start servers in any folder.`,
    options: {
      write: { kind: "flag", description: "merge it into the client's file, with a backup" },
      scope: {
        kind: "value",
        placeholder: "SCOPE",
        description: "whose configuration; the usual one of the client where absent",
        choices: ["project", "user"],
      },
      name: { kind: "value", placeholder: "NAME", description: "the server's name in the client (tollgate)" },
      replace: { kind: "flag", description: "with --write: change an entry of that name that is there already" },
      ...DIR_OPTION,
      config: { kind: "value", placeholder: "FILE", description: "let the server read this tollgate.json" },
      "state-dir": SETTINGS_OPTIONS["state-dir"]!,
      json: { kind: "flag", description: "print {client, scope, file, snippet} as JSON" },
    },
    operands: [1, 1],
    examples: [
      ["tollgate init claude-desktop --dir ~/notes", "look first"],
      ["tollgate init claude-desktop --dir ~/notes --write", "then do it"],
      ["tollgate init vscode --scope user --dir ~/src --write", "for all workspaces"],
    ],
    exits: "With init, 1 means that the client's file cannot be changed safely, and says why.",
  },

  async run(context): Promise<ExitCode> {
    const { ambient, args } = context;
    const id = args.operands[0] as string;
    const client = CLIENTS.find((one) => one.id === id);
    const known = CLIENTS.map((one) => one.id).join(", ");
    if (client === undefined)
      return misused(ambient, `unknown client "${safeText(id, 60)}": known are ${known}`, "init");
    const scope = args.choice<ClientScope>("scope") ?? (client.scopes[0] as ClientScope);
    if (!client.scopes.includes(scope)) {
      return misused(ambient, `${client.title} has no configuration of scope ${scope}`, "init");
    }
    const name = args.value("name") ?? "tollgate";
    if (!NAME.test(name)) {
      return misused(ambient, "a name has letters, digits, - and _, at most 32, and begins with a letter", "init");
    }
    const entry = entryFor(client, context);
    if (typeof entry === "string") return complain(ambient, fault("host", CONFIGURATION_INVALID, entry));

    const { cwd, env } = ambient;
    const file = client.file(scope, { platform: process.platform, env, home: homeDirectory(env), cwd });
    const snippet = file === undefined ? claudeCommand(name, entry) : snippetFor(client, name, entry);
    if (args.flag("write")) return write(client, file, snippet, name, entry, context);
    if (args.flag("json")) {
      sayJson(ambient, { client: client.id, scope, file: file ?? null, snippet });
      return EXIT.ok;
    }
    note(ambient, file === undefined ? `run this for ${client.title}:` : `for ${client.title}, in ${file}:`);
    ambient.stdout.write(snippet);
    const how = file === undefined ? client.afterwards : `add --write to merge it there; then ${client.afterwards}`;
    note(ambient, how);
    return EXIT.ok;
  },
};

function write(
  client: Client,
  file: string | undefined,
  snippet: string,
  name: string,
  entry: ServerEntry,
  { ambient, args }: CommandContext,
): ExitCode {
  if (file === undefined) {
    note(ambient, `tollgate: ${client.title} keeps this scope in a file of its own making: run the command below`);
    ambient.stdout.write(snippet);
    return EXIT.no;
  }
  const shown = safeText(file, 300);
  const found = findFile(file);
  if (typeof found === "string") return refuse(ambient, `${shown} ${found}: nothing was changed`);
  const before = found.bytes.toString("utf8");
  const merged =
    client.format === "toml"
      ? mergeToml(before, name, entry)
      : mergeJson(before, client.format, name, entry, args.flag("replace"));
  if (merged.kind === "refused") return refuse(ambient, `${shown} ${merged.reason}: nothing was changed`);
  if (merged.kind === "unchanged") {
    say(ambient, `${shown} has this entry already`);
    return EXIT.ok;
  }
  const written = replaceFile(found, merged.text, ambient.clock());
  if (typeof written === "string") return refuse(ambient, `${shown} ${written}: nothing was changed`);
  say(ambient, `wrote ${shown}`);
  if (written.backup !== undefined) say(ambient, `backup ${safeText(written.backup, 300)}`);
  note(ambient, `now ${client.afterwards}`);
  return EXIT.ok;
}

function refuse(ambient: CommandContext["ambient"], message: string): ExitCode {
  note(ambient, `tollgate: ${message}`);
  return EXIT.no;
}

/** How the client is to start the server, or what is wrong with what was asked for. */
function entryFor(client: Client, { ambient, args }: CommandContext): ServerEntry | string {
  const { cwd, env } = ambient;
  const paths: string[] = [];
  for (const text of args.list("dir").length > 0 ? args.list("dir") : [cwd]) {
    const path = expandPath(text, cwd, env);
    if (path === undefined) return `"${safeText(text, 80)}" is not expanded: write the path in full`;
    paths.push(path);
  }
  const options: string[] = [];
  for (const option of ["config", "state-dir"]) {
    // A desktop application does not have this shell's environment: what it says about state must be in the snippet.
    const implied = option === "state-dir" && env.XDG_STATE_HOME ? defaultStateDirectory(env) : undefined;
    const text = args.value(option) ?? implied;
    const path = text === undefined ? undefined : expandPath(text, cwd, env);
    if (text !== undefined && path === undefined)
      return `"${safeText(text, 80)}" is not expanded: write the path in full`;
    if (path !== undefined) options.push(`--${option}=${path}`);
  }
  const state = args.value("state-dir") ?? defaultStateDirectory(env);
  const roots = resolveRoots(
    paths.map((path) => ({ path, explicit: args.list("dir").length > 0 })),
    expandPath(state, cwd, env) ?? state,
  );
  if ("message" in roots) return roots.message;
  const main = fileURLToPath(new URL("dist/main.js", ambient.packageRoot));
  const entry = { command: ambient.execPath, args: [main, "serve", ...new Set(paths), ...options] };
  return client.statesType ? { type: "stdio", ...entry } : entry;
}

function snippetFor(client: Client, name: string, entry: ServerEntry): string {
  if (client.format === "toml") return tomlSnippet(name, entry);
  return `${JSON.stringify({ [client.format]: { [name]: entry } }, null, 2)}\n`;
}

/** Claude Code's own command, for the scope whose file only Claude Code should write. */
function claudeCommand(name: string, { command, args }: ServerEntry): string {
  return `${["claude", "mcp", "add", "--scope", "user", name, "--", command, ...args].map(quote).join(" ")}\n`;
}

/** A word for a POSIX shell. */
const quote = (word: string): string => (BARE_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
