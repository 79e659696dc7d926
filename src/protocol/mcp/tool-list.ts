import type { Json } from "../../contract/json.ts";
import { answersObject, type ToolManifest } from "../../contract/manifest.ts";
import type { ToolNames } from "../names.ts";
import type { Revision } from "./revisions.ts";

/** Large, because clients exist that never ask for a second page. */
export const TOOLS_PER_PAGE = 128;
/** How long a client may keep the list that is not told of changes. */
const LIST_TTL_MS = 60_000;
const CURSOR = /^page:([1-9][0-9]{0,8})$/;

/** The answers to `tools/list`, encoded once for each revision and page. */
export interface ToolList {
  /** The members of the result for a cursor (absent: the first page), or `undefined` for a cursor that was never given. */
  page(revision: Revision, cursor: string | undefined): string | undefined;
}

/**
 * Lists the tools in their fixed order, in pages, with only the members that a revision knows. Cursors are opaque
 * to clients, stable between processes with the same tools, and checked (pagination, error handling).
 */
export function createToolList(tools: readonly ToolManifest[], names: ToolNames, pageSize = TOOLS_PER_PAGE): ToolList {
  const encoded = new Map<string, string>();
  return {
    page(revision, cursor) {
      const start = cursor === undefined ? 0 : readCursor(cursor, pageSize, tools.length);
      if (start === undefined) return undefined;
      const key = `${revision.version}:${start}`;
      let members = encoded.get(key);
      if (members === undefined) {
        members = encodePage(tools, names, revision, start, pageSize);
        encoded.set(key, members);
      }
      return members;
    },
  };
}

function encodePage(
  tools: readonly ToolManifest[],
  names: ToolNames,
  revision: Revision,
  start: number,
  size: number,
): string {
  const page = tools.slice(start, start + size).map((tool) => describe(tool, names, revision));
  const end = start + size;
  let members = `"tools":${JSON.stringify(page)}`;
  if (end < tools.length) members += `,"nextCursor":"${Buffer.from(`page:${end}`).toString("base64url")}"`;
  // Private: descriptions and defaults may name what only this user granted (2026-07-28, server/utilities/caching).
  if (revision.modern) members += `,"ttlMs":${LIST_TTL_MS},"cacheScope":"private"`;
  return members;
}

function readCursor(cursor: string, pageSize: number, total: number): number | undefined {
  const text = Buffer.from(cursor, "base64url").toString("latin1");
  const start = Number(CURSOR.exec(text)?.[1]);
  // Decoding is lenient; only the exact cursor that was given is one.
  const genuine = Buffer.from(text, "latin1").toString("base64url") === cursor;
  return genuine && start % pageSize === 0 && start < total ? start : undefined;
}

function describe(tool: ToolManifest, names: ToolNames, revision: Revision): Json {
  const listed: { [key: string]: Json } = { name: names.listed(tool.name) };
  if (revision.structured) listed.title = tool.title;
  listed.description = tool.description;
  listed.inputSchema = tool.parameters;
  if (revision.structured && answersObject(tool)) listed.outputSchema = tool.output;
  if (revision.annotations) {
    const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = tool.annotations;
    listed.annotations = { title: tool.title, readOnlyHint, destructiveHint, idempotentHint, openWorldHint };
  }
  if (revision.structured) {
    const effect: { [key: string]: Json } = { ...tool.effect };
    const about = { name: tool.name, category: tool.category, action: tool.action, effect };
    listed._meta = { "dev.tollgate/tool": tool.asks === true ? { ...about, asks: true } : about };
  }
  return listed;
}
