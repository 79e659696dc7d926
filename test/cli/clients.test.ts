import { test } from "uvu";
import * as assert from "uvu/assert";
import { CLIENTS, type ClientPlace } from "../../src/cli/clients.ts";

const linux: ClientPlace = { platform: "linux", env: {}, home: "/home/u", cwd: "/p" };
const mac: ClientPlace = { ...linux, platform: "darwin", home: "/Users/u" };
const windows: ClientPlace = {
  platform: "win32",
  env: { APPDATA: "C:\\Users\\u\\AppData\\Roaming" },
  home: "C:\\Users\\u",
  cwd: "C:\\p",
};

const table: readonly (readonly [
  id: string,
  scope: "user" | "project",
  place: ClientPlace,
  file: string | undefined,
])[] = [
  ["claude-desktop", "user", mac, "/Users/u/Library/Application Support/Claude/claude_desktop_config.json"],
  ["claude-desktop", "user", linux, "/home/u/.config/Claude/claude_desktop_config.json"],
  ["claude-desktop", "user", { ...linux, env: { XDG_CONFIG_HOME: "/x" } }, "/x/Claude/claude_desktop_config.json"],
  [
    "claude-desktop",
    "user",
    { ...linux, env: { XDG_CONFIG_HOME: "x" } },
    "/home/u/.config/Claude/claude_desktop_config.json",
  ],
  ["claude-desktop", "user", windows, "C:\\Users\\u\\AppData\\Roaming\\Claude\\claude_desktop_config.json"],
  ["claude-code", "project", linux, "/p/.mcp.json"],
  ["claude-code", "user", linux, undefined],
  ["vscode", "project", windows, "C:\\p\\.vscode\\mcp.json"],
  ["vscode", "user", mac, "/Users/u/Library/Application Support/Code/User/mcp.json"],
  ["vscode", "user", linux, "/home/u/.config/Code/User/mcp.json"],
  ["cursor", "user", linux, "/home/u/.cursor/mcp.json"],
  ["cursor", "project", linux, "/p/.cursor/mcp.json"],
  ["codex", "user", linux, "/home/u/.codex/config.toml"],
  ["codex", "user", { ...linux, env: { CODEX_HOME: "/c" } }, "/c/config.toml"],
];
for (const [id, scope, place, file] of table) {
  test(`${id}, ${scope}, ${place.platform}: ${file}`, () => {
    assert.is(CLIENTS.find((client) => client.id === id)?.file(scope, place), file);
  });
}

test.run();
