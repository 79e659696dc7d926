import { isDeepStrictEqual } from "node:util";
import { parse, type TomlTable, type TomlValue } from "smol-toml";
import { safeText } from "../contract/safe-text.ts";
import { type MergeResult, refused, type ServerEntry } from "./merge-result.ts";

/** The table that Codex reads a server from. `name` is a bare key. */
export function tomlSnippet(name: string, { command, args }: ServerEntry): string {
  return `[mcp_servers.${name}]\ncommand = ${quote(command)}\nargs = [${args.map(quote).join(", ")}]\n`;
}

/**
 * Appends a server to Codex's `config.toml`. What was there stays byte for byte; what comes out is parsed again and
 * must be what was there and the one new table. Refuses text that is not TOML and another table of that name, which
 * has to be changed by hand.
 */
export function mergeToml(before: string, name: string, entry: ServerEntry): MergeResult {
  const table = read(before);
  if (typeof table === "string") return refused(`is not valid TOML: ${table}: correct that first`);
  const servers = member(table, "mcp_servers");
  const there = isTable(servers) ? member(servers, name) : undefined;
  const wanted = { command: entry.command, args: [...entry.args] };
  if (isTable(there) && isDeepStrictEqual({ ...there }, wanted)) return { kind: "unchanged" };
  if (there !== undefined) {
    return refused(`has another table [mcp_servers.${name}]: change it by hand, or give another --name`);
  }

  const eol = before.includes("\r\n") ? "\r\n" : "\n";
  const gap = before.trim() === "" ? "" : before.endsWith("\n") ? eol : eol + eol;
  const text = before + gap + tomlSnippet(name, entry).replaceAll("\n", eol);
  const after = read(text);
  const written = typeof after === "string" ? undefined : member(after, "mcp_servers");
  if (
    typeof after === "string" ||
    !isTable(written) ||
    !isDeepStrictEqual({ ...(member(written, name) as TomlTable) }, wanted)
  ) {
    return refused("cannot take a table at its end: add the snippet by hand");
  }
  delete written[name];
  if (servers === undefined) delete after.mcp_servers;
  if (!isDeepStrictEqual(after, table)) return refused("would change in meaning: add the snippet by hand");
  return { kind: "changed", text };
}

function read(text: string): TomlTable | string {
  try {
    // Integers beyond 2^53 are legal TOML and none of our business: they must not be a reason to refuse.
    return parse(text.startsWith("\ufeff") ? text.slice(1) : text, {
      integersAsBigInt: true,
      maxDepth: 100,
    }) as TomlTable;
  } catch (error) {
    return safeText(error instanceof Error ? (error.message.split("\n")[0] as string) : String(error), 200);
  }
}

const member = (table: TomlTable, key: string): TomlValue | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

const isTable = (value: TomlValue | undefined): value is TomlTable =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);

/** A basic string (TOML 1.0.0, "String"): JSON's escapes are TOML's, but for DEL, which JSON leaves as it is. */
const quote = (text: string): string => JSON.stringify(text).replaceAll("\u007f", "\\u007f");
