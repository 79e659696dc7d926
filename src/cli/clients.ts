import { posix, win32 } from "node:path";

/** Where a client keeps its list of servers: for one project, or for the user. */
export type ClientScope = "project" | "user";

/** How a client's configuration is written. `mcpServers` and `servers` are the JSON members that hold the servers. */
export type ClientFormat = "mcpServers" | "servers" | "toml";

/** What a client's configuration depends on. */
export interface ClientPlace {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly cwd: string;
}

/** A program that starts MCP servers. */
export interface Client {
  readonly id: string;
  readonly title: string;
  readonly format: ClientFormat;
  /** The scopes that it has; the first is the usual one. */
  readonly scopes: readonly ClientScope[];
  /** Whether an entry says `"type": "stdio"`. */
  readonly statesType: boolean;
  /** The file, absolute; `undefined` where the client owns it and its own command has to be used. */
  file(scope: ClientScope, place: ClientPlace): string | undefined;
  /** What to do after the file was changed. */
  readonly afterwards: string;
}

/**
 * The clients that `tollgate init` knows, by their documentation of autumn 2026 (modelcontextprotocol.io,
 * code.claude.com/docs/en/mcp, code.visualstudio.com MCP configuration reference, cursor.com/docs/mcp, the Codex
 * configuration reference).
 */
export const CLIENTS: readonly Client[] = [
  {
    id: "claude-desktop",
    title: "Claude Desktop",
    format: "mcpServers",
    scopes: ["user"],
    statesType: false,
    file: (_scope, place) => joined(place, applicationData(place), "Claude", "claude_desktop_config.json"),
    afterwards: "quit Claude Desktop and start it again",
  },
  {
    id: "claude-code",
    title: "Claude Code",
    format: "mcpServers",
    scopes: ["project", "user"],
    statesType: true,
    // ~/.claude.json is rewritten by Claude Code all the time and holds far more than servers.
    file: (scope, place) => (scope === "project" ? joined(place, place.cwd, ".mcp.json") : undefined),
    afterwards: "start claude in this folder and approve the server; /mcp shows it",
  },
  {
    id: "vscode",
    title: "VS Code",
    format: "servers",
    scopes: ["project", "user"],
    statesType: true,
    file: (scope, place) =>
      scope === "project"
        ? joined(place, place.cwd, ".vscode", "mcp.json")
        : joined(place, applicationData(place), "Code", "User", "mcp.json"),
    afterwards: "run MCP: List Servers from the command palette and start tollgate",
  },
  {
    id: "cursor",
    title: "Cursor",
    format: "mcpServers",
    scopes: ["user", "project"],
    statesType: true,
    file: (scope, place) => joined(place, scope === "project" ? place.cwd : place.home, ".cursor", "mcp.json"),
    afterwards: "open Cursor's settings, Tools & MCP, and switch tollgate on",
  },
  {
    id: "codex",
    title: "Codex",
    format: "toml",
    scopes: ["user"],
    statesType: false,
    file: (_scope, place) =>
      joined(place, absolute(place, place.env.CODEX_HOME) ?? joined(place, place.home, ".codex"), "config.toml"),
    afterwards: "start codex again; /mcp shows it",
  },
];

/** Where applications keep the user's data on each platform. */
function applicationData(place: ClientPlace): string {
  if (place.platform === "darwin") return joined(place, place.home, "Library", "Application Support");
  if (place.platform === "win32") {
    return absolute(place, place.env.APPDATA) ?? joined(place, place.home, "AppData", "Roaming");
  }
  return absolute(place, place.env.XDG_CONFIG_HOME) ?? joined(place, place.home, ".config");
}

const flavour = ({ platform }: ClientPlace): typeof posix => (platform === "win32" ? win32 : posix);
const joined = (place: ClientPlace, ...parts: string[]): string => flavour(place).join(...parts);
const absolute = (place: ClientPlace, path: string | undefined): string | undefined =>
  path !== undefined && flavour(place).isAbsolute(path) ? path : undefined;
