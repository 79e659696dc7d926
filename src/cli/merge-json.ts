import {
  applyEdits,
  type FormattingOptions,
  findNodeAtLocation,
  modify,
  type Node,
  type ParseError,
  parseTree,
} from "jsonc-parser";
import { lineAt } from "../host/config-lines.ts";
import { type MergeResult, refused, type ServerEntry } from "./merge-result.ts";

const SYNTAX = { allowTrailingComma: true, disallowComments: false };
const NESTING = 200;

/**
 * Puts a server into a client's JSON or JSON-with-comments text and keeps everything else as it is: comments, order,
 * trailing commas, line ends, a byte order mark. What comes out is read back and compared before it counts.
 *
 * Refuses text that is not JSON, has a member twice where it matters, or has another entry of that name; with
 * `replace` that entry's own members are kept and only command, arguments and type are set.
 */
export function mergeJson(
  before: string,
  member: "mcpServers" | "servers",
  name: string,
  entry: ServerEntry,
  replace: boolean,
): MergeResult {
  const mark = before.startsWith("\ufeff") ? "\ufeff" : "";
  const text = before.slice(mark.length);
  if (text.trim() === "") {
    return { kind: "changed", text: `${mark}${JSON.stringify({ [member]: { [name]: entry } }, null, 2)}\n` };
  }
  if (nesting(text) > NESTING) return refused("is nested too deeply to be a client's configuration");
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, SYNTAX);
  if (errors[0] !== undefined || root === undefined) {
    return refused(`is not valid JSON at line ${lineAt(text, errors[0]?.offset ?? 0)}: correct that first`);
  }
  if (root.type !== "object") return refused("is not a JSON object");
  const servers = findNodeAtLocation(root, [member]);
  if (isTwice(root, member)) return refused(`has "${member}" twice: remove one`);
  if (servers !== undefined && servers.type !== "object") return refused(`has a "${member}" that is not an object`);
  if (servers !== undefined && isTwice(servers, name)) return refused(`has "${name}" twice: remove one`);

  const there = servers === undefined ? undefined : findNodeAtLocation(servers, [name]);
  if (there !== undefined && outline(there) === outlineOf(entry)) return { kind: "unchanged" };
  if (there !== undefined && !replace) {
    return refused(`has another entry named "${name}": give --replace, or another --name`);
  }
  const keeps = replace && there?.type === "object";
  const formattingOptions = formatOf(text);
  let after = text;
  for (const [path, value] of keeps
    ? Object.entries(entry).map(([key, part]) => [[member, name, key], part] as const)
    : ([[[member, name], entry]] as const)) {
    after = applyEdits(after, modify(after, [...path], value, { formattingOptions }));
  }

  const result = parseTree(after, [], SYNTAX);
  const written = result === undefined ? undefined : findNodeAtLocation(result, [member, name]);
  const entryHolds =
    written !== undefined &&
    (keeps
      ? Object.entries(entry).every(([key, part]) => {
          const node = findNodeAtLocation(written, [key]);
          return node !== undefined && outline(node) === outlineOf(part);
        })
      : outline(written) === outlineOf(entry));
  if (result === undefined || !entryHolds || rest(result, member, name) !== rest(root, member, name)) {
    return refused("could not be changed without touching something else: add the snippet by hand");
  }
  return { kind: "changed", text: mark + after };
}

/** Everything but one server, as comparable text; no members and an empty object count the same. */
function rest(root: Node, member: string, name: string): string {
  return JSON.stringify(
    members(root).flatMap(([key, value]) => {
      if (key !== member) return [[key, outline(value)]];
      const others = members(value).filter(([server]) => server !== name);
      return others.length === 0 ? [] : [[key, others.map(([server, node]) => [server, outline(node)])]];
    }),
  );
}

/** A value as text that is equal for equal values, with members in their order and without objects of our own. */
function outline(node: Node): string {
  if (node.type === "object")
    return `{${members(node).map(([key, value]) => `${JSON.stringify(key)}:${outline(value)}`)}}`;
  if (node.type === "array") return `[${(node.children ?? []).map(outline)}]`;
  return JSON.stringify(node.value);
}

const outlineOf = (value: unknown): string => JSON.stringify(value);

function members(node: Node): [string, Node][] {
  return (node.children ?? []).flatMap(({ children }) => {
    const [key, value] = children ?? [];
    return key === undefined || value === undefined ? [] : [[key.value as string, value] as [string, Node]];
  });
}

const isTwice = (node: Node, key: string): boolean => members(node).filter(([name]) => name === key).length > 1;

function formatOf(text: string): FormattingOptions {
  const indent = /^([ \t]+)\S/m.exec(text)?.[1] ?? "  ";
  return {
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 4 : Math.min(indent.length, 8),
    eol: text.includes("\r\n") ? "\r\n" : "\n",
  };
}

/** An upper bound of how deep brackets nest; those in strings count too, which only a hostile file would notice. */
function nesting(text: string): number {
  let depth = 0;
  let most = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x7b || code === 0x5b) most = Math.max(most, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
  }
  return most;
}
